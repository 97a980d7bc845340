// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/jobs/job_supervisor.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "adapters/files/file_lock.h"
#include "adapters/files/files.h"
#include "adapters/process/instance/instance_log.h"
#include "adapters/process/instance/instance_process.h"
#include "adapters/process/instance/spec_file.h"
#include "adapters/process/jobs/job_record.h"
#include "adapters/supervise/cgroup.h"
#include "adapters/supervise/children.h"
#include "adapters/supervise/json_server.h"
#include "base/digest.h"

namespace tuesday::process {
namespace {

using supervise::BootNow;

constexpr int kExitNotStarted = 127;  // As a shell says of a command that is not there.
constexpr int kExitLost = 137;        // As of a process that was killed.
constexpr Duration kWriteAgain = std::chrono::seconds(1);

int ExitCodeOf(int wait_status) { return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status); }

class JobSupervisor {
 public:
  JobSupervisor(JobFolder folder, InstanceSpec spec, JobPlan plan)
      : folder_(std::move(folder)), spec_(std::move(spec)), plan_(plan), log_(folder_, spec_.policy.log_bytes_max) {}

  Result<void> Run();

 private:
  Result<void> Prepare();
  Result<void> TakeOver();
  Result<void> OpenPipe();
  Result<void> OpenSignals();
  void NextTry();
  Result<void> StartChild();
  void TryEnded(int exit_code, const std::string& why);
  void Finish(JobPhase phase, int exit_code, std::string message);
  void WriteEnd();
  void Terminate(std::string why);
  void KillRemaining();
  void OnSignal();
  void OnOutput();

  JobFolder folder_;
  InstanceSpec spec_;
  JobPlan plan_;
  InstanceLog log_;
  JobRecord record_;
  supervise::PollLoop loop_;
  files::Fd output_;
  files::Fd output_write_;
  files::Fd signals_;
  std::unique_ptr<supervise::JsonServer> server_;
  supervise::PollLoop::TimerId kill_timer_ = 0;
  supervise::PollLoop::TimerId retry_timer_ = 0;
  std::string ending_;        // Why no further try is made; empty: tries go on.
  bool keep_wanted_ = false;  // We end; the job is to go on with another supervisor.
};

// What an earlier supervisor left: its process is ended, and its try is over.
Result<void> JobSupervisor::TakeOver() {
  TRY(const std::optional<JobRecord> before, ReadJobRecord(folder_));
  if (before) record_ = *before;
  const std::string boot_id = supervise::BootId();
  if (record_.boot_id == boot_id) {
    if (record_.process.pid != 0) supervise::KillGroupOf(record_.process);
    supervise::KillGroups(record_.groups);
  }
  if (!before || record_.boot_id != boot_id) record_.begun = BootNow();
  record_.boot_id = boot_id;
  record_.process = {};
  return {};
}

Result<void> JobSupervisor::OpenPipe() {
  TRY(supervise::OutputPipe pipe, supervise::MakeOutputPipe());
  output_ = std::move(pipe.ours);
  output_write_ = std::move(pipe.child_end);
  loop_.Watch(output_.get(), POLLIN, [this](short) { OnOutput(); });
  return {};
}

Result<void> JobSupervisor::OpenSignals() {
  TRY(signals_, supervise::OpenSignals());
  loop_.Watch(signals_.get(), POLLIN, [this](short) { OnSignal(); });
  return {};
}

Result<void> JobSupervisor::Prepare() {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  TRY_OK(TakeOver());
  if (record_.phase != JobPhase::kRunning) return {};
  record_.groups =
      supervise::MakeGroups(spec_.instance.str() + "-" + Sha256Hex(folder_.path).substr(0, 8), spec_.resources).folders;
  TRY_OK(OpenPipe());
  TRY_OK(OpenSignals());
  TRY(server_, supervise::JsonServer::Listen(loop_, folder_.socket(), [this](const Json& request) {
        if (request.At("do").StringOr("") != "stop")
          return supervise::ErrorAnswer({ErrorCode::kUnsupported, "The job's supervisor knows only 'stop'.", {}});
        loop_.After(Duration::zero(), [this] { Terminate("It was ended: nobody waits for it any more."); });
        return Json(supervise::OkAnswer());
      }));
  return {};
}

Result<void> JobSupervisor::Run() {
  TRY_OK(Prepare());
  if (record_.phase != JobPhase::kRunning) return {};
  if (plan_.deadline) {
    loop_.At(record_.begun + *plan_.deadline, [this] { Terminate("It was ended at its deadline."); });
  }
  if (files::Exists(folder_.stop())) {
    Terminate("It was ended: nobody waits for it any more.");
  } else if (record_.tries > 0) {
    TryEnded(kExitLost, "Its supervisor was lost in the middle of a try.");
  } else {
    NextTry();
  }
  if (record_.phase == JobPhase::kRunning || kill_timer_ != 0) loop_.Run();
  return {};
}

void JobSupervisor::NextTry() {
  retry_timer_ = 0;
  ++record_.tries;
  // First on disk: a try that nobody counted could be made once too often.
  if (const auto written = WriteJobRecord(folder_, record_); !written.has_value()) {
    --record_.tries;
    retry_timer_ = loop_.After(kWriteAgain, [this] { NextTry(); });
    return;
  }
  if (const auto started = StartChild(); !started.has_value()) return TryEnded(kExitNotStarted, ErrorText(started.error()));
  static_cast<void>(WriteJobRecord(folder_, record_));  // Only to find the process again; it dies with us anyway.
}

Result<void> JobSupervisor::StartChild() {
  TRY(supervise::SpawnPlan plan, PlanProcess(spec_, 0));
  plan.environment.erase("PORT");  // It serves nobody.
  plan.standard_output = output_write_.get();
  plan.standard_error = output_write_.get();
  plan.join_groups = record_.groups;
  TRY(record_.process, supervise::Spawn(plan));
  return {};
}

void JobSupervisor::TryEnded(int exit_code, const std::string& why) {
  record_.process = {};
  loop_.Cancel(kill_timer_);
  kill_timer_ = 0;
  if (keep_wanted_) return loop_.Stop();
  if (exit_code == 0 && ending_.empty()) return Finish(JobPhase::kSucceeded, 0, "");
  if (!ending_.empty()) return Finish(JobPhase::kFailed, exit_code, ending_);
  if (record_.tries > plan_.backoff_limit) return Finish(JobPhase::kFailed, exit_code, why);
  Duration wait = plan_.back_off_first;
  for (int i = 1; i < record_.tries && wait < kJobBackOffMax; ++i) wait *= 2;
  record_.exit_code = exit_code;
  record_.message = why;
  static_cast<void>(WriteJobRecord(folder_, record_));
  retry_timer_ = loop_.After(std::min(wait, kJobBackOffMax), [this] { NextTry(); });
}

void JobSupervisor::Finish(JobPhase phase, int exit_code, std::string message) {
  KillRemaining();
  supervise::RemoveGroups(record_.groups);
  record_.phase = phase;
  record_.exit_code = exit_code;
  record_.message = std::move(message);
  WriteEnd();
}

// On a full disk it is tried again: without its end on disk the job would be run again.
void JobSupervisor::WriteEnd() {
  if (WriteJobRecord(folder_, record_).has_value()) return loop_.Stop();
  kill_timer_ = loop_.After(kWriteAgain, [this] { WriteEnd(); });
}

// SIGTERM, and SIGKILL to all that is left after the grace. The end comes as a signal.
void JobSupervisor::Terminate(std::string why) {
  if (!ending_.empty() || record_.phase != JobPhase::kRunning) return;
  ending_ = std::move(why);
  loop_.Cancel(retry_timer_);
  retry_timer_ = 0;
  if (record_.process.pid == 0) return TryEnded(record_.tries == 0 ? 128 + SIGTERM : kExitLost, ending_);
  ::kill(record_.process.pid, SIGTERM);
  kill_timer_ = loop_.After(spec_.grace, [this] {
    kill_timer_ = 0;
    supervise::KillGroupOf(record_.process);
    supervise::KillGroups(record_.groups);
  });
}

void JobSupervisor::KillRemaining() {
  supervise::KillGroups(record_.groups);
  supervise::KillOwnChildren();
}

void JobSupervisor::OnSignal() {
  signalfd_siginfo signal{};
  while (::read(signals_.get(), &signal, sizeof signal) == static_cast<ssize_t>(sizeof signal)) {
    if (signal.ssi_signo == SIGCHLD) continue;
    // The machine goes down, or somebody wants us gone: the try is over, the job is not.
    keep_wanted_ = true;
    Terminate("Its supervisor was told to end.");
  }
  for (;;) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG);
    if (pid <= 0) return;
    if (pid != record_.process.pid) continue;
    OnOutput();
    const supervise::Process process = record_.process;
    KillRemaining();
    supervise::KillGroupOf(process);
    TryEnded(ExitCodeOf(status), "The command ended with " + supervise::ExitText(status) + ".");
  }
}

void JobSupervisor::OnOutput() {
  char buffer[65536];
  for (ssize_t got = 0; (got = ::read(output_.get(), buffer, sizeof buffer)) > 0;) {
    log_.Append(std::string_view(buffer, static_cast<std::size_t>(got)));
  }
}

}  // namespace

Result<void> RunJobSupervisor(const std::string& path) {
  const JobFolder folder{{path}};
  TRY(const files::FileLock lock, files::FileLock::Acquire(folder.lock()));
  TRY(InstanceSpec spec, ReadSpecFile(folder));
  TRY(const JobPlan plan, ReadPlan(folder));
  JobSupervisor supervisor(folder, std::move(spec), plan);
  return supervisor.Run();
}

}  // namespace tuesday::process
