// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/container/options.h"

#include <gmock/gmock.h>

namespace tuesday::workflow {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ContainerOptions, AreThoseOfDockerCreate) {
  const auto options = ParseContainerOptions(
      "--health-cmd \"pg_isready -U 'me'\" --health-interval=10s --health-timeout 1m30s --health-retries 5 -u 1001 --cpus 1.5 "
      "-m 512m "
      "-e A=b -eC=d --tmpfs /run:size=1m --read-only -it");
  ASSERT_TRUE(options.has_value()) << options.error();
  EXPECT_EQ(options->health_command, "pg_isready -U 'me'");
  EXPECT_EQ(options->health_interval, std::chrono::seconds(10));
  EXPECT_EQ(options->health_timeout, std::chrono::seconds(90));
  EXPECT_EQ(options->health_retries, 5);
  EXPECT_EQ(options->user, "1001");
  EXPECT_EQ(options->cpus, 1.5);
  EXPECT_EQ(options->memory_bytes, 512U << 20);
  EXPECT_EQ(options->environment, (std::map<std::string, std::string>{{"A", "b"}, {"C", "d"}}));
  EXPECT_EQ(options->memory_folders.at("/run"), "size=1m");
  EXPECT_TRUE(options->read_only);
}

TEST(ContainerOptions, ThatWouldReachTheMachineAreRefusedByName) {
  const std::pair<const char*, const char*> rows[] = {{"--privileged", "--privileged is refused"},
                                                      {"--cap-add SYS_ADMIN", "--cap-add is refused"},
                                                      {"--device=/dev/kvm", "--device is refused"},
                                                      {"--security-opt seccomp=unconfined", "--security-opt is refused"},
                                                      {"--network host", "--network is not supported"},
                                                      {"--pid host", "--pid is not one of the options"},
                                                      {"-p 80:80", "-p is refused"},
                                                      {"--user", "--user has no value"},
                                                      {"--cpus many", "--cpus cannot be 'many'"},
                                                      {"image", "'image' stands where"},
                                                      {"--user 'a", "a quote does not end"}};
  for (const auto& [text, problem] : rows) {
    const auto options = ParseContainerOptions(text);
    ASSERT_FALSE(options.has_value()) << text;
    EXPECT_THAT(options.error(), HasSubstr(problem));
  }
}

TEST(ContainerPort, HasTwoNumbersOrOne) {
  EXPECT_EQ(ParseContainerPort("5433:5432").value(), (ContainerPort{5433, 5432, "tcp"}));
  EXPECT_EQ(ParseContainerPort("5432").value(), (ContainerPort{0, 5432, "tcp"}));
  EXPECT_EQ(ParseContainerPort("127.0.0.1:0:53/udp").value(), (ContainerPort{0, 53, "udp"}));
  for (const char* wrong : {"", "a", "0", "70000", "1:2/icmp", "1:"})
    EXPECT_FALSE(ParseContainerPort(wrong).has_value()) << wrong;
}

TEST(ContainerVolume, IsNeverAFolderOfTheMachine) {
  EXPECT_EQ(ParseContainerVolume("data:/var/lib:ro").value(), (ContainerVolume{"data", "/var/lib", true}));
  EXPECT_EQ(ParseContainerVolume("/var/lib").value(), (ContainerVolume{"", "/var/lib", false}));
  for (const char* wrong : {"/etc:/etc", "../x:/y", "./x:/y", "data", "a:/b/../c", "..:/x"})
    EXPECT_FALSE(ParseContainerVolume(wrong).has_value()) << wrong;
}

TEST(SplitCommand, TakesWordsAsAShellDoes) {
  EXPECT_THAT(SplitCommand("a 'b c' \"d \\\" e\" f\\ g ''").value(), ElementsAre("a", "b c", "d \" e", "f g", ""));
}

}  // namespace
}  // namespace tuesday::workflow
