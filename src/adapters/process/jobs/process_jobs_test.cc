// SPDX-License-Identifier: Apache-2.0
// Real commands with real supervisors, started and killed. Waits for conditions, never for time.
#include "adapters/process/jobs/process_jobs.h"

#include <gmock/gmock.h>
#include <poll.h>
#include <signal.h>

#include "adapters/files/file_lock.h"
#include "adapters/files/files.h"
#include "adapters/process/instance/instance_log.h"
#include "adapters/process/instance/spec_file.h"
#include "adapters/supervise/cgroup.h"
#include "adapters/supervise/poll_loop.h"
#include "testing/contracts/jobs_contract.h"
#include "testing/fake_blobs.h"
#include "testing/fake_clock.h"
#include "testing/fake_jobs.h"
#include "testing/temporary_folder.h"

namespace tuesday::process {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class Machine {
 public:
  Machine() { Restart(); }
  ~Machine() {
    static_cast<void>(jobs_->Keep({}));
    WaitUntil([this] { return jobs_->Observe().has_value() && files::NamesIn(folder_.path() + "/jobs").empty(); });
  }

  // What a new daemon starts with.
  void Restart() {
    ProcessJobs::Settings settings;
    settings.state_folder = folder_.path();
    settings.supervise_argv = {JOB_SUPERVISOR};
    settings.user = "";
    settings.back_off_first = milliseconds(10);
    jobs_ = std::make_unique<ProcessJobs>(settings, artifacts_);
  }

  bool WaitUntil(const std::function<bool()>& holds) {
    const Instant patience = supervise::BootNow() + std::chrono::seconds(120);
    while (!holds()) {
      if (supervise::BootNow() > patience) return false;
      ::poll(nullptr, 0, 5);
    }
    return true;
  }

  Jobs& jobs() { return *jobs_; }
  std::string path() const { return folder_.path(); }
  JobFolder FolderOf(const std::string& id) const { return {{folder_.path() + "/jobs/" + id}}; }

 private:
  TemporaryFolder folder_;
  testing::FakeArtifacts artifacts_;
  std::unique_ptr<ProcessJobs> jobs_;
};

class FakeMachine {
 public:
  Jobs& jobs() { return jobs_; }
  bool WaitUntil(const std::function<bool()>& holds) {
    for (int i = 0; i < 100 && !holds(); ++i) clock_.Set(clock_.Now() + milliseconds(50));
    return holds();
  }

 private:
  testing::FakeClock clock_;
  testing::FakeJobs jobs_{clock_};
};

}  // namespace
}  // namespace tuesday::process

namespace tuesday::testing {
using JobHarnesses = ::testing::Types<process::Machine, process::FakeMachine>;
INSTANTIATE_TYPED_TEST_SUITE_P(Adapters, JobsContract, JobHarnesses);
}  // namespace tuesday::testing

namespace tuesday::process {
namespace {

class ProcessJobsTest : public ::testing::Test {
 protected:
  static JobSpec Job(const std::string& script) {
    JobSpec spec;
    spec.id = JobId("job-u.1-0-background-0-0-1");
    spec.rollout = {Namespace("default"), "api"};
    spec.command = {"sh", "-c", script};
    spec.grace = milliseconds(200);
    return spec;
  }
  void Start(const JobSpec& spec) {
    const Result<void> started = machine_.jobs().Start(spec);
    ASSERT_TRUE(started.has_value()) << started.error().message;
  }
  JobState Seen() { return machine_.jobs().Observe()->at(0); }
  JobFolder Folder() const { return machine_.FolderOf(Job("").id.str()); }
  bool WaitForPhase(JobPhase phase) {
    return machine_.WaitUntil([&] { return Seen().phase == phase; });
  }
  pid_t Process() const { return ReadJobRecord(Folder())->value_or(JobRecord()).process.pid; }
  std::string Marks() const { return files::ReadFile(machine_.path() + "/marks").value_or(""); }
  std::string MarkAnd(const std::string& script) const { return "echo begun >> " + machine_.path() + "/marks; " + script; }

  Machine machine_;
};

TEST_F(ProcessJobsTest, ADaemonThatComesBackFindsTheJobRunning) {
  Start(Job(MarkAnd("while [ ! -e " + machine_.path() + "/go ]; do sleep 0.01; done; exit 0")));
  ASSERT_TRUE(machine_.WaitUntil([&] { return Marks() == "begun\n"; }));
  machine_.Restart();
  Start(Job("exit 9"));
  EXPECT_EQ(Seen().phase, JobPhase::kRunning);
  ASSERT_TRUE(files::WriteFileDurably(machine_.path() + "/go", "").has_value());
  ASSERT_TRUE(WaitForPhase(JobPhase::kSucceeded));
  EXPECT_EQ(Marks(), "begun\n");
}

TEST_F(ProcessJobsTest, ALostSupervisorCostsATryAndNeverASecondOne) {
  Start(Job(MarkAnd("sleep 6000")));
  ASSERT_TRUE(machine_.WaitUntil([&] { return Process() != 0 && Marks() == "begun\n"; }));
  const pid_t command = Process();
  const Result<std::string> stat = files::ReadFile("/proc/" + std::to_string(command) + "/stat");
  ASSERT_TRUE(stat.has_value());
  const pid_t supervisor = std::atoi(stat->substr(stat->rfind(')') + 4).c_str());
  ASSERT_EQ(::kill(supervisor, SIGKILL), 0);
  ASSERT_TRUE(WaitForPhase(JobPhase::kFailed));
  EXPECT_EQ(Marks(), "begun\n");
  EXPECT_THAT(Seen().message, HasSubstr("supervisor was lost"));
  EXPECT_TRUE(machine_.WaitUntil([&] { return ::kill(command, 0) != 0; })) << "nobody watches it";
}

TEST_F(ProcessJobsTest, ALostTryIsFollowedByTheNextOne) {
  JobSpec spec = Job(MarkAnd("[ $(wc -l < " + machine_.path() + "/marks) = 2 ] || sleep 6000"));
  spec.backoff_limit = 1;
  Start(spec);
  ASSERT_TRUE(machine_.WaitUntil([&] { return Process() != 0 && Marks() == "begun\n"; }));
  const std::string stat = *files::ReadFile("/proc/" + std::to_string(Process()) + "/stat");
  ASSERT_EQ(::kill(std::atoi(stat.substr(stat.rfind(')') + 4).c_str()), SIGKILL), 0);
  ASSERT_TRUE(WaitForPhase(JobPhase::kSucceeded));
  EXPECT_EQ(Seen().tries, 2);
}

TEST_F(ProcessJobsTest, ACommandThatIsNotThereFailsAndIsNamed) {
  JobSpec spec = Job("");
  spec.command = {"/no/such/command"};
  Start(spec);
  ASSERT_TRUE(WaitForPhase(JobPhase::kFailed));
  EXPECT_EQ(Seen().exit_code, 127);
  EXPECT_THAT(Seen().message, HasSubstr("/no/such/command"));
}

TEST_F(ProcessJobsTest, ItsVariablesAreSealedOnDiskAndReachItsProcess) {
  JobSpec spec = Job("echo token is $TOKEN; exit 0");
  spec.environment = {{"TOKEN", "s3cret"}};
  Start(spec);
  ASSERT_TRUE(WaitForPhase(JobPhase::kSucceeded));
  EXPECT_EQ(Seen().last_line, "token is s3cret");
  EXPECT_THAT(files::ReadFile(Folder().spec()).value(), Not(HasSubstr("s3cret")));
}

TEST_F(ProcessJobsTest, WhatACommandLeavesBehindIsEndedWithIt) {
  Start(Job("sleep 6000 & echo $!; exit 0"));
  ASSERT_TRUE(WaitForPhase(JobPhase::kSucceeded));
  const pid_t left = std::atoi(Seen().last_line.c_str());
  ASSERT_GT(left, 0);
  EXPECT_TRUE(machine_.WaitUntil([&] { return ::kill(left, 0) != 0; }));
}

TEST_F(ProcessJobsTest, OneThatIgnoresTheSignalIsKilledAfterItsGrace) {
  JobSpec spec = Job("trap '' TERM; echo ready; while :; do sleep 0.05; done");
  Start(spec);
  ASSERT_TRUE(machine_.WaitUntil([&] { return Seen().last_line == "ready"; }));
  ASSERT_TRUE(machine_.jobs().Keep({.running = {}, .kept = {spec.id}}).has_value());
  EXPECT_TRUE(WaitForPhase(JobPhase::kFailed));
}

TEST_F(ProcessJobsTest, AJobThatWasBegunAndNotWrittenWholeIsMadeWhole) {
  // Killed between the folder and its spec.
  ASSERT_TRUE(files::MakeFolders(Folder().path, 0700).has_value());
  ASSERT_TRUE(WritePlan(Folder(), {}).has_value());
  EXPECT_TRUE(machine_.jobs().Observe()->empty());
  Start(Job("exit 0"));
  EXPECT_TRUE(WaitForPhase(JobPhase::kSucceeded));
}

TEST_F(ProcessJobsTest, ADamagedRecordIsAFailureAndNoSecondRun) {
  Start(Job(MarkAnd("exit 0")));
  ASSERT_TRUE(WaitForPhase(JobPhase::kSucceeded));
  ASSERT_TRUE(machine_.WaitUntil([&] { return !files::FileLock::IsHeld(Folder().lock()); }));
  ASSERT_TRUE(files::WriteFileDurably(Folder().state(), "{\"format\":").has_value());
  EXPECT_EQ(Seen().phase, JobPhase::kFailed);
  EXPECT_THAT(Seen().message, HasSubstr("does not read back"));
  EXPECT_EQ(Marks(), "begun\n");
}

TEST_F(ProcessJobsTest, AnIdThatIsNoNameIsRefused) {
  JobSpec spec = Job("exit 0");
  for (const char* id : {"", "../x", "a/b", ".hidden"}) {
    spec.id = JobId(id);
    EXPECT_EQ(machine_.jobs().Start(spec).error().code, ErrorCode::kInvalid) << id;
  }
}

}  // namespace
}  // namespace tuesday::process
