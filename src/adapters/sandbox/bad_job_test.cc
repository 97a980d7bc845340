// SPDX-License-Identifier: Apache-2.0
// Jobs that loop, print, fork, fill the disk, leave daemons, print secrets and turn their files elsewhere.
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "adapters/sandbox/place_job_test.h"
#include "adapters/supervise/cgroup.h"
#include "adapters/supervise/unix_address.h"
#include "base/digest.h"

namespace tuesday::sandbox {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

using BadJobTest = JobTest;

// As hashFiles() does: the digest of the digests, as bytes, one after the other.
std::string HashOfDigests(const std::vector<std::string>& files) {
  std::string all;
  for (const std::string& file : files) {
    const std::string hex = Sha256Hex(file);
    for (std::size_t i = 0; i < hex.size(); i += 2) all += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return Sha256Hex(all);
}

TEST_F(BadJobTest, AForkBombIsBoundedAndEndsAtItsTimeout) {
  spec_.limits.processes = 200;
  Open();
  StepOrder bomb = Order("bomb() { bomb | bomb & }; bomb; while :; do sleep 1 || true; done");
  bomb.timeout = std::chrono::seconds(1);
  bomb.environment["MARK"] = "fork-bomb-171717";
  EXPECT_EQ(Run(bomb).end, StepEnd::kTimedOut);
  EXPECT_EQ(Run("echo well").exit_code, 0);
  EXPECT_THAT(LogOf("ls -d /proc/[0-9]* | wc -l"), ::testing::ContainsRegex(" [0-9]\n"));
}

TEST_F(BadJobTest, WhatIsPrintedBeyondTheLimitIsCountedAndDropped) {
  spec_.limits.log_bytes = 100'000;
  Open();
  const StepReport report = Run("yes 0123456789012345678901234567890123456789 | head -c 20000000");
  EXPECT_EQ(report.exit_code, 0);
  EXPECT_THAT(report.problem, HasSubstr("more than the 100000 that its log holds"));
  const std::string log = Log(ordinal_);
  EXPECT_LT(log.size(), 101'000U);
  EXPECT_THAT(log, HasSubstr("what follows is dropped"));
}

TEST_F(BadJobTest, AFileBeyondTheDiskLimitIsRefusedToItsWriter) {
  spec_.limits.disk_bytes = 10 << 20;
  Open();
  EXPECT_NE(Run("head -c 30M /dev/zero > /tmp/big").exit_code, 0);
  EXPECT_THAT(Log(ordinal_), HasSubstr("File size limit exceeded"));
}

TEST_F(BadJobTest, ManyFilesBeyondTheDiskLimitEndTheStep) {
  spec_.limits.disk_bytes = 10 << 20;
  Open();
  const StepReport report = Run("for i in $(seq 30); do head -c 1M /dev/zero > $i; done; sleep 6000");
  EXPECT_EQ(report.exit_code, 137);
  EXPECT_THAT(report.problem, HasSubstr("more than its 10485760 bytes of disk"));
}

TEST_F(BadJobTest, MemoryBeyondTheLimitEndsTheProcessAndTheStepSaysWhy) {
  if (supervise::DescribeLimits().find("enforced (") == std::string::npos || ::geteuid() != 0) {
    GTEST_SKIP() << "no cgroups here";
  }
  spec_.limits.memory_bytes = 256 << 20;
  Open();
  const StepReport report = Run("perl -e '$x = \"a\" x 1_000_000_000; print length $x'");
  EXPECT_NE(report.exit_code, 0);
  EXPECT_THAT(report.problem, HasSubstr("268435456 bytes of memory"));
}

TEST_F(BadJobTest, ADaemonLivesOnAfterItsStepAndNotAfterItsJob) {
  Open();
  const StepReport report = Run("sleep 363636 & setsid sleep 363637 & (while :; do echo x; sleep 0.01; done) & echo begun");
  EXPECT_EQ(report.exit_code, 0);
  EXPECT_EQ(Run("true").exit_code, 0);
  EXPECT_EQ(ProcessesWith("363636"), 1);
  EXPECT_EQ(ProcessesWith("363637"), 1);
  ASSERT_TRUE(machine_.places().Close(spec_.id).has_value());
  EXPECT_EQ(ProcessesWith("363636") + ProcessesWith("363637"), 0);
}

TEST_F(BadJobTest, OneThatTakesNoSignalIsKilledWithAllItStarted) {
  Open();
  StepOrder deaf = Order("trap '' INT TERM; setsid sleep 373737 & while :; do sleep 0.1; done");
  deaf.timeout = milliseconds(100);
  const StepReport report = Run(deaf);
  EXPECT_EQ(report.end, StepEnd::kTimedOut);
  EXPECT_EQ(report.exit_code, 137);
  EXPECT_GE(report.ended - report.began, std::chrono::seconds(10));
  EXPECT_TRUE(machine_.WaitUntil([&] { return ProcessesWith("373737") == 0; }));
}

TEST_F(BadJobTest, KillingTheSupervisorEndsEverythingInThePlace) {
  Open();
  Start(Order("sleep 383838 & setsid sleep 383839 & wait"));
  ASSERT_TRUE(machine_.WaitUntil([&] { return ProcessesWith("383838") + ProcessesWith("383839") == 2; }));
  machine_.Lose(spec_.id);
  EXPECT_TRUE(machine_.WaitUntil([&] { return ProcessesWith("383838") + ProcessesWith("383839") == 0; }));
}

TEST_F(BadJobTest, ANewDaemonGoesOnWithThePlace) {
  Open();
  Start(Order("sleep 0.3; exit 7"));
  machine_.Restart();
  EXPECT_EQ(Ended(1).exit_code, 7);
  EXPECT_EQ(Run("exit 8").exit_code, 8);
}

TEST_F(BadJobTest, SecretsAreNowhereOnDisk) {
  spec_.masks = {"correct-horse-battery"};
  Open();
  StepOrder step = Order(
      "printf correct-; sleep 0.05; printf 'horse-battery\\n'; echo $TOKEN; echo $TOKEN | base64; echo $TOKEN >> "
      "$GITHUB_STEP_SUMMARY");
  step.environment["TOKEN"] = "correct-horse-battery";
  const StepReport report = Run(step);
  EXPECT_THAT(Log(ordinal_), HasSubstr(" ***\n"));
  EXPECT_THAT(Log(ordinal_), Not(HasSubstr("horse")));
  EXPECT_THAT(Log(ordinal_), Not(HasSubstr("Y29ycmVjdC1ob3JzZS1iYXR0ZX")));
  EXPECT_EQ(report.summary, "***\n");
  for (const std::string& path : {machine_.FolderOf(spec_.id).spec(), machine_.FolderOf(spec_.id).record(),
                                  machine_.FolderOf(spec_.id).steps(), machine_.FolderOf(spec_.id).supervisor_log()}) {
    EXPECT_THAT(files::ReadFile(path).value_or(""), Not(HasSubstr("correct-horse"))) << path;
  }
}

TEST_F(BadJobTest, AFileThatWasTurnedElsewhereIsNotRead) {
  Open();
  EXPECT_THAT(Run("rm $GITHUB_OUTPUT; ln -s /etc/passwd $GITHUB_OUTPUT").problem, HasSubstr("something else"));
  EXPECT_THAT(Run("rm $GITHUB_ENV; mkfifo $GITHUB_ENV").problem, HasSubstr("something else"));
  EXPECT_THAT(Run("rm $GITHUB_STATE; mkdir $GITHUB_STATE").problem, HasSubstr("something else"));
  EXPECT_EQ(Run("rm $GITHUB_OUTPUT").problem, "");
  EXPECT_THAT(Run("head -c 5M /dev/zero > $GITHUB_OUTPUT").problem, HasSubstr("5242880 bytes"));
  Run("rm -rf $(dirname $GITHUB_OUTPUT)");
  EXPECT_EQ(Run("true").problem, "");
}

TEST_F(BadJobTest, NothingIsReadThroughALinkThatLeadsOut) {
  Open();
  Run("ln -s /etc/shadow s; ln -s /proc/1/environ e; ln -s " + machine_.path() + " m; mkfifo p; echo plain > f; ln -s f l");
  const auto read = [&](const std::string& name) {
    return machine_.places().ReadFile(spec_.id, spec_.workspace + "/" + name, 100);
  };
  EXPECT_EQ(read("f").value_or("?"), "plain\n");
  EXPECT_EQ(read("l").value_or("?"), "plain\n");
  EXPECT_FALSE(read("s").has_value());
  EXPECT_FALSE(read("e").has_value());
  EXPECT_FALSE(read("m").has_value());
  EXPECT_EQ(read("p").error().code, ErrorCode::kInvalid);
  EXPECT_EQ(machine_.places().ReadFile(spec_.id, spec_.workspace + "/f", 3).error().code, ErrorCode::kLimit);
}

TEST_F(BadJobTest, FilesAreHashedAsTheHostedRunnerDoes) {
  Open();
  Run("mkdir -p a/b; printf one > a/1.txt; printf two > a/b/2.txt; printf three > c.md; ln -s a d; ln -s /nowhere n.txt");
  EXPECT_EQ(machine_.places().HashFiles(spec_.id, {"**/*.txt"}).value_or("?"), HashOfDigests({"one", "two"}));
  EXPECT_EQ(machine_.places().HashFiles(spec_.id, {"**/*.txt", "!**/2.txt"}).value_or("?"), HashOfDigests({"one"}));
  EXPECT_EQ(machine_.places().HashFiles(spec_.id, {"**/*.none"}).value_or("?"), "");
  EXPECT_EQ(machine_.places().HashFiles(spec_.id, {"/etc/passwd"}).value_or("?"), "");
}

TEST_F(BadJobTest, TheWorkspaceOfTheMachineIsLentAndGivenBack) {
  const TemporaryFolder workspace;
  ASSERT_TRUE(files::ReplaceFile(workspace.path("given"), "given").has_value());
  spec_.workspace_host = workspace.path();
  Open();
  EXPECT_EQ(Run("cat given; echo more >> given; mkdir made; echo new > made/new").exit_code, 0);
  ASSERT_TRUE(machine_.places().Close(spec_.id).has_value());
  EXPECT_EQ(files::ReadFile(workspace.path("given")).value_or(""), "givenmore\n");
  struct stat facts{};
  ASSERT_EQ(::stat(workspace.path("made/new").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_uid, ::geteuid());
}

TEST_F(BadJobTest, NamesAndPathsOfTheOrderAreThere) {
  spec_.hosts = {{"staging.example.com", "10.1.2.3"}};
  Open();
  EXPECT_THAT(LogOf("getent hosts staging.example.com"), HasSubstr("10.1.2.3"));
  StepOrder step = Order("echo $PATH; pwd; echo $HOME; echo $WORD");
  step.path_first = {"/opt/first", "/opt/second"};
  step.environment["WORD"] = "a word\nof two lines";
  Run(step);
  EXPECT_THAT(Log(ordinal_), HasSubstr(" /opt/first:/opt/second:/usr/local/sbin:"));
  EXPECT_THAT(Log(ordinal_), HasSubstr(" /home/runner/work/app/app\n"));
  EXPECT_THAT(Log(ordinal_), HasSubstr(" /home/runner\n"));
  EXPECT_THAT(Log(ordinal_), HasSubstr(" of two lines\n"));
}

TEST_F(BadJobTest, TheServiceIsReachedThroughTheSupervisor) {
  const std::string path = machine_.path() + "/service";
  const auto address = supervise::MakeUnixAddress(path);
  const files::Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(listener.get(), address->get(), address->size()), 0);
  ASSERT_EQ(::listen(listener.get(), 4), 0);
  std::thread service([&] {
    const files::Fd client(::accept(listener.get(), nullptr, nullptr));
    char question[5] = {};
    EXPECT_EQ(::recv(client.get(), question, 5, MSG_WAITALL), 5);
    const std::string answer(3'000'000, 'y');
    for (std::size_t sent = 0; sent < answer.size();) {
      const ssize_t now = ::send(client.get(), answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
      if (now <= 0) break;
      sent += static_cast<std::size_t>(now);
    }
  });
  spec_.service_socket = path;
  spec_.service_port = 7777;
  Open();
  EXPECT_THAT(LogOf("exec 3<>/dev/tcp/127.0.0.1/7777; printf hello >&3; wc -c <&3"), HasSubstr(" 3000000\n"));
  service.join();
}

TEST_F(BadJobTest, OrdersThatWouldOpenTheWallAreRefused) {
  for (const char* workspace : {"relative", "/", "/proc/x", "/run", "/home/../etc/x", "/dev/shm"}) {
    spec_.workspace = workspace;
    EXPECT_EQ(machine_.places().Open(spec_).error().code, ErrorCode::kInvalid) << workspace;
  }
  spec_.workspace = "/home/runner/work/app/app";
  spec_.mounts = {{"/etc", "/run/tuesday", Mount::Access::kRead}};
  EXPECT_EQ(machine_.places().Open(spec_).error().code, ErrorCode::kInvalid);
  spec_.mounts = {{"/no/such/folder", "/opt/x", Mount::Access::kRead}};
  EXPECT_EQ(machine_.places().Open(spec_).error().code, ErrorCode::kNotFound);
  spec_.mounts.clear();
  spec_.hosts = {{"a\n127.0.0.1 b", "10.0.0.1"}};
  EXPECT_EQ(machine_.places().Open(spec_).error().code, ErrorCode::kInvalid);
  spec_.hosts.clear();
  for (const char* id : {"", "../x", "a/b", ".hidden"}) {
    spec_.id = PlaceId(id);
    EXPECT_EQ(machine_.places().Open(spec_).error().code, ErrorCode::kInvalid) << id;
  }
  EXPECT_TRUE(machine_.sandboxes().Known().empty());
}

TEST_F(BadJobTest, WithoutBubblewrapNoPlaceOpens) {
  const std::string path = ::getenv("PATH");
  ::setenv("PATH", "/nowhere", 1);
  const Result<void> opened = machine_.places().Open(spec_);
  ::setenv("PATH", path.c_str(), 1);
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(opened.error().hint, HasSubstr("apt-get install bubblewrap"));
  EXPECT_TRUE(machine_.sandboxes().Known().empty());
}

}  // namespace
}  // namespace tuesday::sandbox
