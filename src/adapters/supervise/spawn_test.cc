// SPDX-License-Identifier: Apache-2.0
#include "adapters/supervise/spawn.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapters/files/fd.h"
#include "adapters/files/files.h"
#include "adapters/supervise/poll_loop.h"
#include "adapters/supervise/process.h"
#include "testing/temporary_folder.h"

namespace tuesday::supervise {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

const std::map<std::string, std::string> kPath = {{"PATH", "/usr/bin:/bin"}};

// What the program writes to its standard output until it ends.
std::string OutputOf(SpawnPlan plan) {
  int ends[2];
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const files::Fd reading(ends[0]);
  files::Fd writing(ends[1]);
  plan.standard_output = writing.get();
  const auto child = Spawn(plan);
  EXPECT_TRUE(child.has_value()) << ErrorText(child.error());
  writing.Close();
  std::string output;
  char buffer[4096];
  ssize_t got = 0;
  while ((got = ::read(reading.get(), buffer, sizeof buffer)) > 0) output.append(buffer, static_cast<std::size_t>(got));
  ::waitpid(child->pid, nullptr, 0);
  return output;
}

template <typename Condition>
bool WaitFor(Condition condition) {
  PollLoop loop;
  const Instant end = BootNow() + seconds(10);
  while (!condition()) {
    if (BootNow() > end) return false;
    loop.RunOnce(milliseconds(2));
  }
  return true;
}

TEST(Spawn, GivesExactlyTheNamedEnvironmentFolderAndDescriptors) {
  const TemporaryFolder folder;
  ASSERT_TRUE(files::ReplaceFile(folder.path("file"), "from 5").has_value());
  const files::Fd file(::open(folder.path("file").c_str(), O_RDONLY));
  SpawnPlan plan;
  plan.argv = {"sh", "-c", "pwd; env | grep -c GREETING; cat <&5; ls /proc/self/fd | wc -l"};
  plan.environment = kPath;
  plan.environment["GREETING"] = "hello";
  plan.working_folder = folder.path();
  plan.descriptors[5] = file.get();
  EXPECT_EQ(OutputOf(plan), folder.path() + "\n1\nfrom 55\n");
}

TEST(Spawn, DescriptorsMayChangePlaces) {
  const TemporaryFolder folder;
  ASSERT_TRUE(files::ReplaceFile(folder.path("a"), "a").has_value());
  ASSERT_TRUE(files::ReplaceFile(folder.path("b"), "b").has_value());
  const files::Fd a(::open(folder.path("a").c_str(), O_RDONLY));
  const files::Fd b(::open(folder.path("b").c_str(), O_RDONLY));
  SpawnPlan plan;
  plan.argv = {"sh", "-c",
               "cat <&" + std::to_string(a.get()) + " <&" + std::to_string(a.get()) + "; cat <&" + std::to_string(b.get())};
  plan.environment = kPath;
  plan.descriptors[a.get()] = b.get();
  plan.descriptors[b.get()] = a.get();
  EXPECT_EQ(OutputOf(plan), "ba");
}

TEST(Spawn, FailuresNameTheThingAndLeaveNoZombie) {
  const TemporaryFolder folder;
  ASSERT_TRUE(files::ReplaceFile(folder.path("not-executable"), "x", 0644).has_value());
  ASSERT_TRUE(files::ReplaceFile(folder.path("no-format"), "x", 0755).has_value());
  ASSERT_TRUE(files::ReplaceFile(folder.path("no-interpreter"), "#!/no/such/thing\n", 0755).has_value());
  struct Row {
    std::string program;
    ErrorCode code;
    std::string text;
  };
  for (const auto& [program, code, text] : std::vector<Row>{
           {"no-such-command", ErrorCode::kNotFound, "not found in PATH"},
           {folder.path("nothing"), ErrorCode::kNotFound, "No such file"},
           {folder.path("not-executable"), ErrorCode::kDenied, "executable"},
           {folder.path("no-format"), ErrorCode::kInvalid, "#!/bin/sh"},
           {folder.path("no-interpreter"), ErrorCode::kNotFound, "interpreter"},
       }) {
    SpawnPlan plan;
    plan.argv = {program};
    plan.environment = kPath;
    const auto child = Spawn(plan);
    ASSERT_FALSE(child.has_value()) << program;
    EXPECT_EQ(child.error().code, code) << ErrorText(child.error());
    EXPECT_THAT(ErrorText(child.error()), HasSubstr(text));
  }
  SpawnPlan elsewhere;
  elsewhere.argv = {"true"};
  elsewhere.environment = kPath;
  elsewhere.working_folder = folder.path("gone");
  EXPECT_THAT(ErrorText(Spawn(elsewhere).error()), HasSubstr("working folder"));
  EXPECT_TRUE(OwnChildren().empty());
}

TEST(Spawn, RunsAsTheGivenUserWithoutItsStartersGroups) {
  const auto nobody = FindUser("nobody");
  if (::geteuid() != 0 || !nobody.has_value()) GTEST_SKIP() << "needs root and the user nobody";
  SpawnPlan plan;
  plan.argv = {"sh", "-c", "id -u; id -G"};
  plan.environment = kPath;
  plan.user = nobody;
  EXPECT_EQ(OutputOf(plan), std::to_string(nobody->uid) + "\n" + std::to_string(nobody->gid) + "\n");
}

TEST(Spawn, ChildDiesWithItsParentWhenItIsToldTo) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const files::Fd reading(ends[0]);
  files::Fd writing(ends[1]);
  const pid_t starter = ::fork();
  if (starter == 0) {
    SpawnPlan plan;
    plan.argv = {"sleep", "1000"};
    plan.environment = kPath;
    plan.on_parent_death = OnParentDeath::kDie;
    const auto child = Spawn(plan);
    if (!child.has_value() || ::write(writing.get(), &*child, sizeof *child) <= 0) ::_exit(1);
    ::pause();
    ::_exit(0);
  }
  Process child;
  ASSERT_EQ(::read(reading.get(), &child, sizeof child), static_cast<ssize_t>(sizeof child));
  EXPECT_TRUE(IsAlive(child));
  ::kill(starter, SIGKILL);
  ::waitpid(starter, nullptr, 0);
  EXPECT_TRUE(WaitFor([&] { return !IsAlive(child); }));
}

TEST(SpawnDetached, SurvivesTheKillOfItsStarterAndLogsToItsFile) {
  const TemporaryFolder folder;
  const pid_t starter = ::fork();
  if (starter == 0) {
    SpawnPlan plan;
    plan.argv = {"sh", "-c", "echo $$ > pid; echo said; exec sleep 1000"};
    plan.environment = kPath;
    plan.working_folder = folder.path();
    if (!SpawnDetached(plan, folder.path("log")).has_value()) ::_exit(1);
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(starter, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  ASSERT_TRUE(WaitFor([&] { return files::ReadFile(folder.path("log")).value_or("") == "said\n"; }));
  const pid_t pid = std::stoi(files::ReadFile(folder.path("pid")).value());
  const Process program{pid, StartTicksOf(pid)};
  EXPECT_TRUE(IsAlive(program));
  EXPECT_EQ(::getsid(pid), pid);
  EXPECT_TRUE(KillGroupOf(program));
  EXPECT_TRUE(WaitFor([&] { return !IsAlive(program); }));
}

TEST(SpawnDetached, FailureOfTheProgramReachesTheCaller) {
  const TemporaryFolder folder;
  SpawnPlan plan;
  plan.argv = {folder.path("nothing")};
  EXPECT_EQ(SpawnDetached(plan, folder.path("log")).error().code, ErrorCode::kNotFound);
}

TEST(Process, AnotherProcessWithTheSameNumberIsNotOurs) {
  SpawnPlan plan;
  plan.argv = {"sleep", "1000"};
  plan.environment = kPath;
  const auto child = Spawn(plan);
  ASSERT_TRUE(child.has_value());
  const Process impostor{child->pid, child->start_ticks + 1};
  EXPECT_FALSE(IsAlive(impostor));
  EXPECT_FALSE(KillGroupOf(impostor));
  EXPECT_TRUE(IsAlive(*child));
  EXPECT_TRUE(KillGroupOf(*child));
  int status = 0;
  ::waitpid(child->pid, &status, 0);
  EXPECT_EQ(ExitText(status), "signal 9 (KILL)");
}

}  // namespace
}  // namespace tuesday::supervise
