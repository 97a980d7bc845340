// SPDX-License-Identifier: Apache-2.0
// Instances as containers of a real podman: what the process runtime must do, and what goes wrong with engines and images.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <filesystem>

#include "adapters/containers/podman_test_service.h"
#include "adapters/files/files.h"
#include "adapters/process/containers/image_pull.h"
#include "adapters/process/instance/port_reservation.h"
#include "adapters/process/process_workloads.h"
#include "adapters/supervise/json_server.h"
#include "testing/contracts/workloads_contract.h"
#include "testing/fake_blobs.h"
#include "testing/temporary_folder.h"

namespace tuesday::process {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kTiny = "localhost/tiny:1";
constexpr const char* kServes = "echo begun; exec httpd -f -p 8080 -h /tmp";

// One engine for all tests: its start costs a second.
containers::PodmanTestService& Service() {
  static containers::PodmanTestService service;
  return service;
}

// By digest; empty: there is no podman here.
const std::string& TinyImage() {
  static const std::string pinned = [] {
    if (!containers::PodmanTestService::Missing().empty()) return std::string();
    const auto built = Service().BuildTiny(kTiny);
    EXPECT_TRUE(built.has_value()) << ErrorText(built.error());
    const auto pin = PinImage(Service().engine(), kTiny, {});
    EXPECT_TRUE(pin.has_value()) << ErrorText(pin.error());
    return pin.value_or("");
  }();
  return pinned;
}

// The state folder of one test. Whatever runs in it when the test ends is ended.
class ContainerMachine {
 public:
  ContainerMachine() { Restart(); }
  ~ContainerMachine() {
    workloads_.reset();
    for (const auto& id : Instances()) ::kill(SupervisorOf(id), SIGKILL);
    if (TinyImage().empty()) return;
    for (const auto& one : Containers()) static_cast<void>(Service().engine().Remove(one.id));
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
    settings.engine_socket = Service().socket();
    workloads_ = std::make_unique<ProcessWorkloads>(settings, artifacts_);
  }

  Workloads& workloads() { return *workloads_; }
  ProcessWorkloads& output() { return *workloads_; }

  InstancesTarget Target(const std::string& revision, std::uint64_t generation, int count,
                         const std::string& script = kServes) const {
    InstancesTarget target;
    target.rollout = {Namespace("default"), "api"};
    target.uid = Uid("uid-1");
    target.revision = RevisionId(revision);
    target.generation = {generation};
    target.count = count;
    target.pod.termination_grace = milliseconds(200);
    manifest::Container container;
    container.name = "main";
    container.ports = {{"http", 8080}};
    container.command = {"sh", "-c", script};
    target.pod.containers = {container};
    target.artifacts["main"] = TinyImage();
    return target;
  }

  bool WaitUntil(const std::function<bool()>& condition) const {
    const Instant end = supervise::BootNow() + seconds(60);
    while (!condition()) {
      if (supervise::BootNow() > end) return false;
      ::poll(nullptr, 0, 10);
    }
    return true;
  }

  std::vector<std::string> Instances() const { return files::NamesIn(folder_.path("instances")); }
  InstanceFolder FolderOf(const std::string& id) const { return {folder_.path("instances/" + id)}; }
  InstanceRecord RecordOf(const std::string& id) const {
    const auto text = files::ReadFile(FolderOf(id).state());
    return text.has_value() ? ParseRecord(*text).value_or(InstanceRecord()) : InstanceRecord();
  }
  pid_t SupervisorOf(const std::string& id) const {
    const auto answer = supervise::Call(FolderOf(id).socket(), {{"do", "hello"}}, seconds(5));
    return answer.has_value() ? static_cast<pid_t>(answer->At("pid").IntOr(0)) : 1 << 30;
  }
  // Of this machine's instances, in any state.
  std::vector<containers::ContainerFacts> Containers() const {
    std::vector<containers::ContainerFacts> ours;
    for (auto& one : Service().engine().List({}).value_or(std::vector<containers::ContainerFacts>())) {
      const auto folder = one.labels.find("tuesday.folder");
      if (folder != one.labels.end() && folder->second.starts_with(folder_.path())) ours.push_back(one);
    }
    return ours;
  }

 private:
  TemporaryFolder folder_;
  testing::FakeArtifacts artifacts_;
  std::unique_ptr<ProcessWorkloads> workloads_;
};

class Containers : public ::testing::Test {
 protected:
  void SetUp() override {
    if (TinyImage().empty()) GTEST_SKIP() << containers::PodmanTestService::Missing();
    machine_ = std::make_unique<ContainerMachine>();
  }
  InstanceState One() {
    auto seen = machine_->workloads().Observe();
    EXPECT_TRUE(seen.has_value());
    return seen.has_value() && !seen->empty() ? seen->front() : InstanceState{};
  }
  bool WaitForOne(const std::function<bool(const InstanceState&)>& condition) {
    return machine_->WaitUntil([&] { return condition(One()); });
  }
  bool WaitReady() {
    return WaitForOne([](const InstanceState& state) { return state.ready; });
  }
  bool WaitGone() {
    return machine_->WaitUntil([&] { return machine_->workloads().Observe()->empty(); });
  }
  void Set(const InstancesTarget& target) {
    const auto set = machine_->workloads().SetInstances(target);
    ASSERT_TRUE(set.has_value()) << ErrorText(set.error());
  }
  std::vector<std::string> Lines() { return machine_->workloads().Logs(One().id, 1000).value_or(std::vector<std::string>()); }

  std::unique_ptr<ContainerMachine> machine_;
};

TEST_F(Containers, CrashLoopBacksOffAndSaysHowItEnded) {
  Set(machine_->Target("aaaaaaaaaa", 1, 1, "echo dying; exit 3"));
  ASSERT_TRUE(WaitForOne([](const InstanceState& state) { return state.restarts >= 2; }));
  EXPECT_EQ(One().last_exit, "exit 3");
  EXPECT_THAT(Lines(), ::testing::Contains("dying"));
  EXPECT_LE(machine_->Containers().size(), 1u) << "What has ended is removed before the next.";
}

TEST_F(Containers, StopEscalatesToKillAndLeavesNothing) {
  Set(machine_->Target("aaaaaaaaaa", 1, 1, "trap '' TERM; httpd -p 8080 -h /tmp; while :; do sleep 1000; done"));
  ASSERT_TRUE(WaitReady());
  Set(machine_->Target("aaaaaaaaaa", 2, 0));
  ASSERT_TRUE(WaitGone());
  EXPECT_THAT(machine_->Containers(), IsEmpty());
  EXPECT_THAT(machine_->Instances(), IsEmpty());
}

TEST_F(Containers, AContainerOutlivesItsSupervisorAndIsAdopted) {
  Set(machine_->Target("aaaaaaaaaa", 1, 1,
                       "httpd -p 8080 -h /tmp; i=0; while :; do i=$((i+1)); echo line $i; sleep 0.1; done"));
  ASSERT_TRUE(WaitReady());
  const InstanceState before = One();
  const auto record = machine_->RecordOf(before.id.str());
  const auto old_supervisor = machine_->SupervisorOf(before.id.str());
  ::kill(old_supervisor, SIGKILL);
  machine_->Restart();
  ASSERT_TRUE(machine_->WaitUntil([&] {
    const bool ready = One().ready;  // The look starts a new supervisor.
    const pid_t now = machine_->SupervisorOf(before.id.str());
    return ready && now != old_supervisor && now != 1 << 30;
  }));
  const auto after = machine_->RecordOf(before.id.str());
  EXPECT_EQ(after.process, record.process) << "the same process";
  EXPECT_EQ(after.container, record.container);
  EXPECT_EQ(One().restarts, 0);
  EXPECT_EQ(One().port, before.port);
  const std::size_t heard = Lines().size();
  ASSERT_TRUE(machine_->WaitUntil([&] { return Lines().size() > heard + 5; }));
  // What was written between the two supervisors came too, each line once and in order.
  const auto lines = Lines();
  for (std::size_t i = 1; i < lines.size(); ++i) {
    EXPECT_EQ(std::stoi(lines[i].substr(5)), std::stoi(lines[i - 1].substr(5)) + 1) << lines[i - 1] << " before " << lines[i];
  }
}

TEST_F(Containers, AContainerThatEndedWithoutASupervisorIsOneRestart) {
  Set(machine_->Target("aaaaaaaaaa", 1, 1));
  ASSERT_TRUE(WaitReady());
  const std::string id = One().id.str();
  const auto record = machine_->RecordOf(id);
  const pid_t supervisor = machine_->SupervisorOf(id);
  ::kill(supervisor, SIGSTOP);
  ::kill(record.process.pid, SIGKILL);
  ASSERT_TRUE(machine_->WaitUntil([&] { return !Service().engine().Inspect(record.container)->running; }));
  ::kill(supervisor, SIGKILL);
  ASSERT_TRUE(WaitForOne([](const InstanceState& state) { return state.ready && state.restarts == 1; }));
  EXPECT_EQ(One().last_exit, "signal 9 (KILL)");
}

TEST_F(Containers, SupervisorKilledWhileItsInstanceStopsLeavesNothing) {
  Set(machine_->Target("aaaaaaaaaa", 1, 1, "trap '' TERM; httpd -p 8080 -h /tmp; while :; do sleep 1000; done"));
  ASSERT_TRUE(WaitReady());
  const pid_t supervisor = machine_->SupervisorOf(One().id.str());
  Set(machine_->Target("aaaaaaaaaa", 2, 0));
  ::kill(supervisor, SIGKILL);
  ASSERT_TRUE(WaitGone());
  EXPECT_THAT(machine_->Containers(), IsEmpty());
}

TEST_F(Containers, MemoryLimitEndsTheContainerAndIsNamed) {
  auto target = machine_->Target("aaaaaaaaaa", 1, 1, "sleep 0.3; x=x; while :; do x=$x$x; done");
  target.pod.containers[0].resources.memory_limit_bytes = 16 << 20;
  Set(target);
  ASSERT_TRUE(WaitForOne([](const InstanceState& state) { return state.restarts >= 1; }));
  EXPECT_EQ(One().last_exit, "signal 9 (OOM)");
}

TEST_F(Containers, ProbesRunInsideTheContainerAndAFailingLivenessRestartsIt) {
  auto target = machine_->Target("aaaaaaaaaa", 1, 1, "touch /tmp/well; httpd -p 8080 -h /tmp; sleep 1000");
  target.pod.containers[0].readiness =
      manifest::Probe{.action = manifest::ExecCommand{{"test", "-e", "/tmp/well"}}, .timeout = seconds(10)};
  target.pod.containers[0].liveness = manifest::Probe{.action = manifest::ExecCommand{{"test", "-e", "/tmp/alive"}},
                                                      .initial_delay = seconds(1),
                                                      .period = milliseconds(100),
                                                      .timeout = seconds(10),
                                                      .failure_threshold = 2};
  Set(target);
  ASSERT_TRUE(WaitReady());
  ASSERT_TRUE(WaitForOne([](const InstanceState& state) { return state.restarts >= 1; }));
}

TEST_F(Containers, AProbesCommandThatTakesTooLongIsEnded) {
  auto target = machine_->Target("aaaaaaaaaa", 1, 1);
  target.pod.containers[0].readiness =
      manifest::Probe{.action = manifest::ExecCommand{{"sleep", "4711"}}, .period = seconds(1000), .timeout = seconds(5)};
  Set(target);
  ASSERT_TRUE(WaitForOne([](const InstanceState& state) { return state.message.find("no answer") != std::string::npos; }));
  EXPECT_TRUE(machine_->WaitUntil([] {
    return supervise::RunProgram({"sh", "-c", "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '"})
               .value_or(supervise::Printed())
               .output.find("sleep 4711") == std::string::npos;
  }));
}

TEST_F(Containers, AnotherPortOfTheContainerIsReachedByAProbe) {
  auto target =
      machine_->Target("aaaaaaaaaa", 1, 1, "httpd -p 8080 -h /tmp; echo x > /tmp/well; exec httpd -f -p 9090 -h /tmp");
  target.pod.containers[0].ports.push_back({"health", 9090});
  target.pod.containers[0].readiness = manifest::Probe{.action = manifest::HttpGet{.path = "/well", .port = "health"}};
  Set(target);
  EXPECT_TRUE(WaitReady());
}

TEST_F(Containers, APortThatNobodyListensAtIsNeverReadyAndSaysWhy) {
  Set(machine_->Target("aaaaaaaaaa", 1, 1, "echo begun; exec httpd -f -p 9999 -h /tmp"));
  ASSERT_TRUE(WaitForOne([](const InstanceState& state) { return state.message.find("readiness") != std::string::npos; }));
  EXPECT_FALSE(One().ready);
  EXPECT_THAT(One().message, HasSubstr("refused"));
}

TEST_F(Containers, AnImageThatIsGoneIsNamedAndIsNoRestart) {
  auto target = machine_->Target("aaaaaaaaaa", 1, 1);
  target.artifacts["main"] = "localhost/tiny@sha256:" + std::string(64, '0');
  Set(target);
  ASSERT_TRUE(WaitForOne([](const InstanceState& state) { return state.phase == InstancePhase::kBackOff; }));
  EXPECT_THAT(One().message, HasSubstr(target.artifacts["main"]));
  EXPECT_EQ(One().restarts, 0);
}

TEST_F(Containers, ARegistryThatIsDownIsNamedAndTriedAgain) {
  auto target = machine_->Target("aaaaaaaaaa", 1, 1);
  target.artifacts["main"] = "127.0.0.1:1/tiny@sha256:" + std::string(64, '0');
  Set(target);
  ASSERT_TRUE(
      WaitForOne([](const InstanceState& state) { return state.message.find("cannot be pulled") != std::string::npos; }));
  EXPECT_EQ(One().restarts, 0);
}

TEST_F(Containers, AStopDoesNotWaitForARegistryThatNeverAnswers) {
  auto silent = ReservePort(0);
  ASSERT_TRUE(silent.has_value());
  ASSERT_EQ(::listen(silent->socket.get(), 8), 0);
  auto target = machine_->Target("aaaaaaaaaa", 1, 1);
  target.artifacts["main"] = "127.0.0.1:" + std::to_string(silent->port) + "/tiny@sha256:" + std::string(64, '0');
  Set(target);
  ASSERT_TRUE(
      WaitForOne([](const InstanceState& state) { return state.message.find("is being pulled") != std::string::npos; }));
  EXPECT_EQ(One().phase, InstancePhase::kStarting);
  Set(machine_->Target("aaaaaaaaaa", 2, 0));
  EXPECT_TRUE(WaitGone());
  EXPECT_THAT(machine_->Containers(), IsEmpty());
}

TEST_F(Containers, ACommandThatTheImageDoesNotHaveIsNamedAndIsARestart) {
  auto target = machine_->Target("aaaaaaaaaa", 1, 1);
  target.pod.containers[0].command = {"no-such-command"};
  Set(target);
  ASSERT_TRUE(WaitForOne([](const InstanceState& state) { return state.restarts >= 1; }));
  ASSERT_TRUE(
      WaitForOne([](const InstanceState& state) { return state.message.find("no-such-command") != std::string::npos; }));
}

TEST_F(Containers, AnEngineThatIsAwayChangesNothingAndWhatHappenedMeanwhileIsSeenAfterwards) {
  Set(machine_->Target("aaaaaaaaaa", 1, 1));
  ASSERT_TRUE(WaitReady());
  const auto record = machine_->RecordOf(One().id.str());
  Service().StopEngine(SIGKILL);
  ASSERT_TRUE(WaitForOne([](const InstanceState& state) { return state.message.find("cannot be seen") != std::string::npos; }));
  EXPECT_TRUE(One().ready) << "It still answers.";
  EXPECT_EQ(One().phase, InstancePhase::kRunning);
  Service().StartEngine();
  ASSERT_TRUE(WaitForOne([](const InstanceState& state) { return state.ready && state.message.empty(); }));
  EXPECT_EQ(machine_->RecordOf(One().id.str()).process, record.process);

  Service().StopEngine(SIGKILL);
  ASSERT_TRUE(WaitForOne([](const InstanceState& state) { return !state.message.empty(); }));
  ::kill(record.process.pid, SIGKILL);
  ASSERT_TRUE(machine_->WaitUntil([&] { return !supervise::IsAlive(record.process); }));
  EXPECT_EQ(One().restarts, 0);
  EXPECT_NE(One().phase, InstancePhase::kStopped);
  Service().StartEngine();
  ASSERT_TRUE(WaitForOne([](const InstanceState& state) { return state.ready && state.restarts == 1; }));
  EXPECT_EQ(One().last_exit, "signal 9 (KILL)");
}

TEST_F(Containers, AStopWaitsForAnEngineThatIsAwayAndIsNotSaidToBeDone) {
  Set(machine_->Target("aaaaaaaaaa", 1, 1));
  ASSERT_TRUE(WaitReady());
  Service().StopEngine(SIGKILL);
  Set(machine_->Target("aaaaaaaaaa", 2, 0));
  ASSERT_TRUE(WaitForOne([](const InstanceState& state) { return state.message.find("is to stop") != std::string::npos; }));
  EXPECT_EQ(One().phase, InstancePhase::kStopping);
  Service().StartEngine();
  ASSERT_TRUE(WaitGone());
  EXPECT_THAT(machine_->Containers(), IsEmpty());
}

TEST_F(Containers, WhatAnInstanceNeedsToBeEnteredIsAProgramOfItsOwn) {
  Set(machine_->Target("aaaaaaaaaa", 1, 1));
  ASSERT_TRUE(WaitReady());
  const auto room = machine_->output().RoomOf(One().id);
  ASSERT_TRUE(room.has_value()) << ErrorText(room.error());
  EXPECT_THAT(room->environment, IsEmpty());
  std::vector<std::string> words = room->enter;
  words.front() = INSTANCE_SUPERVISOR;  // The test is no program that takes commands in.
  for (const char* word : {"sh", "-c", "echo $PORT; exit 7"}) words.push_back(word);
  const auto printed = supervise::RunProgram(words);
  ASSERT_TRUE(printed.has_value());
  EXPECT_EQ(printed->output, "8080\n");
  EXPECT_EQ(printed->exit_code, 7);
}

TEST_F(Containers, TheEnvironmentIsResolvedAndSecretsAreSealedOnDisk) {
  auto target = machine_->Target("aaaaaaaaaa", 1, 1, "echo $PORT $NAME $FROM_SECRET; exec httpd -f -p 8080 -h /tmp");
  target.environment["FROM_SECRET"] = "s3cret";
  target.registry_logins = {R"({"auths": {"r": {"auth": "bWU6Z2VoZWlt"}}})"};
  auto& env = target.pod.containers[0].env;
  env.push_back({.name = "NAME", .field_path = "metadata.name"});
  env.push_back({.name = "FROM_SECRET", .secret_key = std::pair("keys", "key")});
  Set(target);
  ASSERT_TRUE(WaitReady());
  EXPECT_THAT(Lines(), ElementsAre("8080 " + One().id.str() + " s3cret"));
  const std::string spec = files::ReadFile(machine_->FolderOf(One().id.str()).spec()).value_or("");
  EXPECT_THAT(spec, HasSubstr("sealed_logins"));
  for (const char* secret : {"s3cret", "bWU6Z2VoZWlt"}) EXPECT_EQ(spec.find(secret), std::string::npos);
}

TEST_F(Containers, WithoutAnEngineInTheSettingsAnImageIsRefusedByName) {
  TemporaryFolder folder;
  testing::FakeArtifacts artifacts;
  ProcessWorkloads workloads({.state_folder = folder.path(), .supervise_argv = {INSTANCE_SUPERVISOR}}, artifacts);
  const auto refused = workloads.SetInstances(machine_->Target("aaaaaaaaaa", 1, 1));
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(ErrorText(refused.error()), HasSubstr("containers.socket"));
}

}  // namespace
}  // namespace tuesday::process

namespace tuesday::testing {

// The same contract that processes keep. Where there is no podman its tests are not instantiated.
INSTANTIATE_TYPED_TEST_SUITE_P(Engine, WorkloadsContract, ::testing::Types<process::ContainerMachine>);

}  // namespace tuesday::testing
