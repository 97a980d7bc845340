// SPDX-License-Identifier: Apache-2.0
// Real processes with real supervisors, started and killed. Waits for conditions, never for time.
#include "adapters/process/process_workloads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <filesystem>

#include "adapters/files/files.h"
#include "adapters/supervise/cgroup.h"
#include "adapters/supervise/json_server.h"
#include "testing/contracts/workloads_contract.h"
#include "testing/fake_blobs.h"
#include "testing/fake_clock.h"
#include "testing/fake_workloads.h"
#include "testing/temporary_folder.h"

namespace tuesday::process {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

// The state folder of one test, and whatever still runs in it when the test ends is killed.
class Machine {
 public:
  Machine() { Restart(); }
  ~Machine() {
    workloads_.reset();
    for (const auto& id : Instances()) {
      ::kill(SupervisorOf(id), SIGKILL);
      if (const auto record = RecordOf(id)) {
        supervise::KillGroupOf(record->process);
        supervise::KillGroups(record->groups);
        WaitUntil([&] {
          supervise::RemoveGroups(record->groups);
          return record->groups.empty() || !files::Exists(record->groups.front());
        });
      }
    }
  }

  // What a new daemon starts with.
  void Restart() {
    workloads_.reset();
    ProcessWorkloads::Settings settings;
    settings.state_folder = folder_.path();
    settings.supervise_argv = {INSTANCE_SUPERVISOR};
    settings.user = "";
    settings.policy.back_off_first = milliseconds(20);
    settings.policy.back_off_max = milliseconds(100);
    settings.policy.log_bytes_max = 8192;
    workloads_ = std::make_unique<ProcessWorkloads>(settings, artifacts_);
  }

  Workloads& workloads() { return *workloads_; }
  const TemporaryFolder& folder() const { return folder_; }

  InstancesTarget Target(const std::string& revision, std::uint64_t generation, int count,
                         const std::string& script = "echo begun; while :; do sleep 1000; done") const {
    InstancesTarget target;
    target.rollout = {Namespace("default"), "api"};
    target.uid = Uid("uid-1");
    target.revision = RevisionId(revision);
    target.generation = {generation};
    target.count = count;
    target.pod.termination_grace = milliseconds(200);
    manifest::Container container;
    container.name = "main";
    container.command = {"sh", "-c", script};
    target.pod.containers = {container};
    return target;
  }

  bool WaitUntil(const std::function<bool()>& condition) const {
    const Instant end = supervise::BootNow() + seconds(20);
    while (!condition()) {
      if (supervise::BootNow() > end) return false;
      ::poll(nullptr, 0, 5);
    }
    return true;
  }

  std::vector<std::string> Instances() const {
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path("instances"), ignored)) {
      names.push_back(entry.path().filename());
    }
    return names;
  }
  InstanceFolder FolderOf(const std::string& id) const { return {folder_.path("instances/" + id)}; }
  std::optional<InstanceRecord> RecordOf(const std::string& id) const {
    const auto text = files::ReadFile(FolderOf(id).state());
    if (!text.has_value()) return std::nullopt;
    auto record = ParseRecord(*text);
    return record.has_value() ? std::optional(*record) : std::nullopt;
  }
  pid_t SupervisorOf(const std::string& id) const {
    const auto answer = supervise::Call(FolderOf(id).socket(), {{"do", "hello"}}, seconds(5));
    return answer.has_value() ? static_cast<pid_t>(answer->At("pid").IntOr(0)) : 1 << 30;
  }

 private:
  TemporaryFolder folder_;
  testing::FakeArtifacts artifacts_;
  std::unique_ptr<ProcessWorkloads> workloads_;
};

class Processes : public ::testing::Test {
 protected:
  InstanceState One() {
    auto seen = machine_.workloads().Observe();
    EXPECT_TRUE(seen.has_value());
    return seen.has_value() && !seen->empty() ? seen->front() : InstanceState{};
  }
  bool WaitForOne(const std::function<bool(const InstanceState&)>& condition) {
    return machine_.WaitUntil([&] { return condition(One()); });
  }
  bool WaitReady() {
    return WaitForOne([](const InstanceState& state) { return state.ready; });
  }
  void Set(const InstancesTarget& target) {
    const auto set = machine_.workloads().SetInstances(target);
    ASSERT_TRUE(set.has_value()) << ErrorText(set.error());
  }

  Machine machine_;
};

TEST_F(Processes, CrashLoopBacksOffAndSaysHowItEnded) {
  Set(machine_.Target("aaaaaaaaaa", 1, 1, "echo dying; exit 3"));
  ASSERT_TRUE(WaitForOne([](const InstanceState& state) { return state.restarts >= 3; }));
  ASSERT_TRUE(WaitForOne([](const InstanceState& state) { return state.phase == InstancePhase::kBackOff; }));
  const auto record = machine_.RecordOf(One().id.str());
  EXPECT_EQ(record->seen.last_exit, "exit 3");
}

TEST_F(Processes, SignalIsToldFromAnExit) {
  Set(machine_.Target("aaaaaaaaaa", 1, 1, "kill -SEGV $$$$"));
  ASSERT_TRUE(WaitForOne([](const InstanceState& state) { return state.restarts >= 1; }));
  EXPECT_EQ(One().last_exit, "signal 11 (SEGV)");
}

TEST_F(Processes, CommandThatIsMissingOrRefusedIsNamedInTheMessage) {
  auto target = machine_.Target("aaaaaaaaaa", 1, 1);
  target.pod.containers[0].command = {"no-such-command"};
  Set(target);
  ASSERT_TRUE(WaitForOne([](const InstanceState& state) { return state.phase == InstancePhase::kBackOff; }));
  EXPECT_THAT(One().message, HasSubstr("no-such-command"));
}

TEST_F(Processes, MissingArtifactIsNamedInTheMessage) {
  auto target = machine_.Target("aaaaaaaaaa", 1, 1);
  target.artifacts["main"] = "0123456789abcdef";
  Set(target);
  ASSERT_TRUE(WaitForOne([](const InstanceState& state) { return state.phase == InstancePhase::kBackOff; }));
  EXPECT_THAT(One().message, HasSubstr("0123456789abcdef"));
}

TEST_F(Processes, WorkloadThatNeverListensIsNeverReadyAndSaysWhy) {
  auto target = machine_.Target("aaaaaaaaaa", 1, 1);
  target.pod.containers[0].ports = {{"http", 8080}};
  Set(target);
  ASSERT_TRUE(WaitForOne([](const InstanceState& state) { return state.message.find("readiness") != std::string::npos; }));
  EXPECT_FALSE(One().ready);
  EXPECT_THAT(One().message, HasSubstr("refused"));
}

TEST_F(Processes, LivenessProbeThatFailsRestartsTheProcess) {
  auto target = machine_.Target("aaaaaaaaaa", 1, 1);
  target.pod.containers[0].liveness =
      manifest::Probe{.action = manifest::ExecCommand{{"false"}}, .period = milliseconds(20), .failure_threshold = 2};
  Set(target);
  ASSERT_TRUE(WaitForOne([](const InstanceState& state) { return state.restarts >= 1; }));
  EXPECT_EQ(One().last_exit, "signal 15 (TERM)");
}

TEST_F(Processes, StopEscalatesToKillForTheWholeTreeAndLeavesNothing) {
  Set(machine_.Target("aaaaaaaaaa", 1, 1,
                      "trap '' TERM; setsid sh -c 'echo $$$$ > " + machine_.folder().path("stray") +
                          "; while :; do sleep 1000; done' & while :; do sleep 1000; done"));
  ASSERT_TRUE(WaitReady());
  ASSERT_TRUE(machine_.WaitUntil([&] { return files::ReadFile(machine_.folder().path("stray")).value_or("").size() > 1; }));
  const pid_t stray_pid = std::stoi(files::ReadFile(machine_.folder().path("stray")).value());
  const supervise::Process stray{stray_pid, supervise::StartTicksOf(stray_pid)};
  const auto record = machine_.RecordOf(One().id.str());
  ASSERT_TRUE(supervise::IsAlive(stray));
  Set(machine_.Target("aaaaaaaaaa", 2, 0));
  ASSERT_TRUE(machine_.WaitUntil([&] { return machine_.workloads().Observe()->empty(); }));
  EXPECT_FALSE(supervise::IsAlive(record->process));
  EXPECT_FALSE(supervise::IsAlive(stray));
  EXPECT_TRUE(machine_.Instances().empty());
  for (const auto& group : record->groups) EXPECT_FALSE(files::Exists(group)) << group;
}

TEST_F(Processes, LogsOfAnInstanceThatIsGoneAreKept) {
  Set(machine_.Target("aaaaaaaaaa", 1, 1));
  ASSERT_TRUE(WaitReady());
  const InstanceId id = One().id;
  ASSERT_TRUE(machine_.WaitUntil([&] { return machine_.workloads().Logs(id, 5)->size() == 1; }));
  Set(machine_.Target("aaaaaaaaaa", 2, 0));
  ASSERT_TRUE(machine_.WaitUntil([&] { return machine_.workloads().Observe()->empty(); }));
  EXPECT_THAT(machine_.workloads().Logs(id, 5).value(), ::testing::ElementsAre("begun"));
}

TEST_F(Processes, LogsStayWithinTheirBound) {
  Set(machine_.Target("aaaaaaaaaa", 1, 1, "i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done; sleep 1000"));
  ASSERT_TRUE(WaitReady());
  const InstanceId id = One().id;
  ASSERT_TRUE(machine_.WaitUntil([&] {
    const auto lines = machine_.workloads().Logs(id, 1).value();
    return !lines.empty() && lines.front() == "line 2999";
  }));
  EXPECT_LE(std::filesystem::file_size(machine_.FolderOf(id.str()).log()), 8192u);
  EXPECT_LE(std::filesystem::file_size(machine_.FolderOf(id.str()).older_log()), 8192u);
}

TEST_F(Processes, InstancesOutliveTheDaemonAndAreAdopted) {
  Set(machine_.Target("aaaaaaaaaa", 1, 1));
  ASSERT_TRUE(WaitReady());
  const auto before = machine_.RecordOf(One().id.str());
  machine_.Restart();
  ASSERT_TRUE(One().ready);
  EXPECT_EQ(machine_.RecordOf(One().id.str()), before);
  EXPECT_EQ(machine_.workloads().SetInstances(machine_.Target("aaaaaaaaaa", 0, 1)).error().code, ErrorCode::kStale);
}

TEST_F(Processes, KilledChildIsStartedAgainOnItsPort) {
  Set(machine_.Target("aaaaaaaaaa", 1, 1));
  ASSERT_TRUE(WaitReady());
  const auto before = machine_.RecordOf(One().id.str());
  ::kill(before->process.pid, SIGKILL);
  ASSERT_TRUE(WaitForOne([](const InstanceState& state) { return state.restarts == 1 && state.ready; }));
  EXPECT_EQ(One().last_exit, "signal 9 (KILL)");
  EXPECT_EQ(One().port, before->seen.port);
  EXPECT_EQ(One().started_at, before->seen.started_at);
}

TEST_F(Processes, KilledSupervisorTakesItsChildWithItAndBothComeBackOnTheirPort) {
  Set(machine_.Target("aaaaaaaaaa", 1, 1));
  ASSERT_TRUE(WaitReady());
  const std::string id = One().id.str();
  const auto before = machine_.RecordOf(id);
  ::kill(machine_.SupervisorOf(id), SIGKILL);
  ASSERT_TRUE(machine_.WaitUntil([&] { return !supervise::IsAlive(before->process); }));
  machine_.Restart();
  ASSERT_TRUE(WaitForOne([](const InstanceState& state) { return state.ready && state.restarts == 1; }));
  EXPECT_EQ(One().port, before->seen.port);
  EXPECT_NE(machine_.RecordOf(id)->process, before->process);
}

TEST_F(Processes, SupervisorKilledWhileItsInstanceStopsLeavesNothing) {
  Set(machine_.Target("aaaaaaaaaa", 1, 1, "trap '' TERM; while :; do sleep 1000; done"));
  ASSERT_TRUE(WaitReady());
  const std::string id = One().id.str();
  const auto before = machine_.RecordOf(id);
  const pid_t supervisor = machine_.SupervisorOf(id);
  Set(machine_.Target("aaaaaaaaaa", 2, 0));
  ::kill(supervisor, SIGKILL);
  ASSERT_TRUE(machine_.WaitUntil([&] { return machine_.workloads().Observe()->empty(); }));
  ASSERT_TRUE(machine_.WaitUntil([&] { return !supervise::IsAlive(before->process); }));
}

TEST_F(Processes, DaemonThatDiedBetweenTheTargetAndTheInstancesGoesOnWhenAskedAgain) {
  const auto target = machine_.Target("aaaaaaaaaa", 1, 2);
  // What a daemon leaves that died after it made the first folder and wrote half of what it wanted.
  const std::string first = InstanceIdOf(target.rollout, target.uid, target.revision, 0).str();
  ASSERT_TRUE(files::MakeFolders(machine_.FolderOf(first).path).has_value());
  ASSERT_TRUE(machine_.workloads().Observe()->empty());
  Set(target);
  EXPECT_TRUE(machine_.WaitUntil([&] {
    const auto seen = machine_.workloads().Observe().value();
    return seen.size() == 2 && seen[0].ready && seen[1].ready;
  }));
}

TEST_F(Processes, CorruptStateFileIsWrittenAnew) {
  Set(machine_.Target("aaaaaaaaaa", 1, 1));
  ASSERT_TRUE(WaitReady());
  const std::string id = One().id.str();
  const pid_t supervisor = machine_.SupervisorOf(id);
  const auto before = machine_.RecordOf(id);
  ASSERT_TRUE(files::ReplaceFile(machine_.FolderOf(id).state(), "\x01\x02 not json").has_value());
  ::kill(supervisor, SIGKILL);
  ASSERT_TRUE(machine_.WaitUntil([&] { return !supervise::IsAlive(before->process); }));
  EXPECT_TRUE(WaitReady());
}

TEST_F(Processes, EnvironmentIsResolvedAndThePortIsTheInstances) {
  auto target = machine_.Target("aaaaaaaaaa", 1, 1, "echo $PORT $NAME $SPACE $APP $FROM_SECRET $LITERAL; sleep 1000");
  target.pod.labels["app"] = "api";
  target.environment["FROM_SECRET"] = "s3cret";
  auto& env = target.pod.containers[0].env;
  env.push_back({.name = "NAME", .field_path = "metadata.name"});
  env.push_back({.name = "SPACE", .field_path = "metadata.namespace"});
  env.push_back({.name = "APP", .field_path = "metadata.labels['app']"});
  env.push_back({.name = "FROM_SECRET", .secret_key = std::pair("keys", "key")});
  env.push_back({.name = "LITERAL", .value = "at-$(PORT)"});
  Set(target);
  ASSERT_TRUE(WaitReady());
  const InstanceState state = One();
  const std::string port = std::to_string(state.port);
  ASSERT_TRUE(machine_.WaitUntil([&] { return machine_.workloads().Logs(state.id, 1)->size() == 1; }));
  EXPECT_EQ(machine_.workloads().Logs(state.id, 1)->front(), port + " " + state.id.str() + " default api s3cret at-" + port);
  struct stat facts{};
  ASSERT_EQ(::stat(machine_.FolderOf(state.id.str()).spec().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777u, 0600u);
  // The kernel counts pages late: a small process has none at first.
  EXPECT_TRUE(WaitForOne([](const InstanceState& seen) { return seen.memory_bytes > 0; }));
}

TEST_F(Processes, MemoryLimitEndsTheProcessAndIsNamed) {
  if (supervise::DescribeLimits().find("enforced (") == std::string::npos) GTEST_SKIP() << supervise::DescribeLimits();
  auto target = machine_.Target("aaaaaaaaaa", 1, 1, "x=x; while :; do x=$x$x; done");
  target.pod.containers[0].resources.memory_limit_bytes = 16 << 20;
  Set(target);
  ASSERT_TRUE(WaitForOne([](const InstanceState& state) { return state.restarts >= 1; }));
  EXPECT_EQ(One().last_exit, "signal 9 (OOM)");
}

TEST_F(Processes, WhatOneMachineCannotDoIsRefusedByNameAndChangesNothing) {
  auto two = machine_.Target("aaaaaaaaaa", 1, 1);
  two.pod.containers.push_back(two.pod.containers[0]);
  EXPECT_EQ(machine_.workloads().SetInstances(two).error().code, ErrorCode::kUnsupported);
  auto missing = machine_.Target("aaaaaaaaaa", 1, 1);
  missing.pod.containers[0].env.push_back({.name = "KEY", .config_map_key = std::pair("settings", "key")});
  EXPECT_THAT(ErrorText(machine_.workloads().SetInstances(missing).error()), HasSubstr("KEY"));
  EXPECT_TRUE(machine_.Instances().empty());
}

TEST_F(Processes, FullDiskFailsTheCallAndTheSameCallWorksOnceThereIsSpace) {
  const std::string folder = machine_.folder().path();
  if (::mount("none", folder.c_str(), "tmpfs", 0, "size=256k") != 0) GTEST_SKIP() << "no right to mount a tmpfs";
  std::string filler(4096, 'x');
  std::string all;
  while (files::FreeBytes(folder).value() > 0 && files::ReplaceFile(folder + "/fill", all, 0600).has_value()) all += filler;
  while (files::ReplaceFile(folder + "/fill-" + std::to_string(all.size()), filler).has_value()) all += "x";
  const auto full = machine_.workloads().SetInstances(machine_.Target("aaaaaaaaaa", 1, 1));
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().filename().string().starts_with("fill")) ::unlink(entry.path().c_str());
  }
  const auto again = machine_.workloads().SetInstances(machine_.Target("aaaaaaaaaa", 1, 1));
  const bool ready = WaitReady();
  Set(machine_.Target("aaaaaaaaaa", 2, 0));
  const bool gone = machine_.WaitUntil([&] { return machine_.workloads().Observe()->empty(); });
  ::umount2(folder.c_str(), MNT_DETACH);
  ASSERT_FALSE(full.has_value());
  EXPECT_EQ(full.error().code, ErrorCode::kUnavailable) << ErrorText(full.error());
  EXPECT_TRUE(again.has_value());
  EXPECT_TRUE(ready);
  EXPECT_TRUE(gone);
}

}  // namespace
}  // namespace tuesday::process

namespace tuesday::testing {

// The fake on a clock that the harness moves.
class FakeHarness {
 public:
  Workloads& workloads() { return workloads_; }
  InstancesTarget Target(const std::string& revision, std::uint64_t generation, int count) const {
    InstancesTarget target;
    target.rollout = {Namespace("default"), "api"};
    target.revision = RevisionId(revision);
    target.generation = {generation};
    target.count = count;
    return target;
  }
  bool WaitUntil(const std::function<bool()>& condition) {
    for (int i = 0; i < 1000 && !condition(); ++i) clock_.Set(clock_.Now() + std::chrono::milliseconds(100));
    return condition();
  }

 private:
  FakeClock clock_;
  FakeWorkloads workloads_{clock_};
};

using Harnesses = ::testing::Types<process::Machine, FakeHarness>;
INSTANTIATE_TYPED_TEST_SUITE_P(Adapters, WorkloadsContract, Harnesses);

}  // namespace tuesday::testing
