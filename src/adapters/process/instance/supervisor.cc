// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/instance/supervisor.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>

#include "adapters/files/file_lock.h"
#include "adapters/files/files.h"
#include "adapters/process/instance/instance_log.h"
#include "adapters/process/instance/instance_process.h"
#include "adapters/process/instance/port_reservation.h"
#include "adapters/process/instance/prober.h"
#include "adapters/process/instance/record.h"
#include "adapters/process/instance/spec_file.h"
#include "adapters/supervise/cgroup.h"
#include "adapters/supervise/children.h"
#include "adapters/supervise/json_server.h"
#include "base/check.h"
#include "base/digest.h"

namespace tuesday::process {
namespace {

using supervise::BootNow;

// For people who look for what was written at a time.
std::int64_t WallMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

constexpr Duration kConnectPeriod = std::chrono::milliseconds(100);

class Supervisor {
 public:
  Supervisor(InstanceFolder folder, InstanceSpec spec)
      : folder_(std::move(folder)), spec_(std::move(spec)), log_(folder_, spec_.policy.log_bytes_max) {}

  Result<void> Run();

 private:
  Result<void> Prepare();
  void TakeOver();
  Result<void> OpenPipe();
  Result<void> OpenSignals();
  void Save();

  void StartChild();
  Result<void> TryStartChild();
  void ChildEnded(int wait_status, double cpu_seconds);
  void Restart(const std::string& why);
  Duration NextBackOff();

  void StartProbes();
  void StartReadiness();
  void SetReady(bool ready);
  void OnUnhealthy(const std::string& probe, const std::string& why);
  std::optional<manifest::Probe> ReadinessProbe() const;

  void Terminate(const std::string& why);
  void BeginStop();
  void FinishStop();
  void KillRemaining();

  void OnSignal();
  void Reap();
  void OnOutput();
  Json Answer(const Json& request);

  InstanceFolder folder_;
  InstanceSpec spec_;
  InstanceLog log_;
  InstanceRecord record_;
  InstanceRecord saved_;
  supervise::PollLoop loop_;
  PortReservation port_;
  files::Fd output_;        // We read here what the child writes.
  files::Fd output_write_;  // Kept open, so that reading never ends.
  files::Fd signals_;
  std::unique_ptr<supervise::JsonServer> server_;
  supervise::SpawnPlan plan_;
  std::unique_ptr<Prober> startup_;
  std::unique_ptr<Prober> readiness_;
  std::unique_ptr<Prober> liveness_;
  supervise::PollLoop::TimerId kill_timer_ = 0;
  supervise::PollLoop::TimerId restart_timer_ = 0;
  Instant child_started_;
  Duration back_off_{};
  std::int64_t memory_kills_ = 0;
  bool stopping_ = false;
  bool keep_wanted_ = false;  // We end, but the instance is to run again.
};

void Supervisor::Save() {
  if (record_ == saved_) return;
  // What cannot be written (a full disk) is written with the next change; the instance goes on.
  if (files::ReplaceFile(folder_.state(), CanonicalJson(RecordJson(record_)), 0600).has_value()) saved_ = record_;
}

// Ends what an earlier supervisor of this folder left, and takes over its port and its counts.
void Supervisor::TakeOver() {
  const auto text = files::ReadFile(folder_.state(), kSpecBytesMax);
  auto before = text.has_value() ? ParseRecord(*text) : Result<InstanceRecord>(Fail(ErrorCode::kNotFound, ""));
  record_.seen.started_at = BootNow();
  if (before.has_value() && before->seen.id == spec_.instance) {
    record_.seen.port = before->seen.port;
    if (before->boot_id == record_.boot_id) {
      if (before->process.pid != 0) supervise::KillGroupOf(before->process);
      supervise::KillGroups(before->groups);
      if (before->generation == spec_.generation) {
        record_.seen.restarts = before->seen.restarts + (before->process.pid != 0 ? 1 : 0);
        record_.seen.started_at = before->seen.started_at;
        record_.seen.last_exit = before->process.pid != 0 ? "its supervisor was lost" : before->seen.last_exit;
        record_.cpu_seconds_before = before->cpu_seconds_before;
      }
    }
  }
  record_.seen.id = spec_.instance;
  record_.seen.rollout = spec_.rollout;
  record_.seen.revision = spec_.revision;
  record_.seen.ordinal = spec_.ordinal;
  record_.seen.host = "127.0.0.1";
  record_.generation = spec_.generation;
}

Result<void> Supervisor::OpenPipe() {
  TRY(supervise::OutputPipe pipe, supervise::MakeOutputPipe());
  output_ = std::move(pipe.ours);
  output_write_ = std::move(pipe.child_end);
  loop_.Watch(output_.get(), POLLIN, [this](short) { OnOutput(); });
  return {};
}

Result<void> Supervisor::OpenSignals() {
  TRY(signals_, supervise::OpenSignals());
  loop_.Watch(signals_.get(), POLLIN, [this](short) { OnSignal(); });
  return {};
}

Result<void> Supervisor::Prepare() {
  // Orphans of the child come to us, so that none is left when it ends.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  record_.boot_id = supervise::BootId();
  TakeOver();
  TRY(port_, ReservePort(record_.seen.port));
  record_.seen.port = port_.port;
  const std::string group = spec_.instance.str() + "-" + Sha256Hex(folder_.path).substr(0, 8);
  supervise::LimitGroups groups = supervise::MakeGroups(group, spec_.resources);
  record_.groups = std::move(groups.folders);
  record_.limits_message = std::move(groups.message);
  TRY_OK(OpenPipe());
  TRY_OK(OpenSignals());
  TRY(server_, supervise::JsonServer::Listen(loop_, folder_.socket(), [this](const Json& request) { return Answer(request); }));
  return {};
}

Result<void> Supervisor::Run() {
  TRY_OK(Prepare());
  // After the socket is there: a stop that could not be sent is in the file.
  if (IsWanted(spec_, ReadStop(folder_))) {
    StartChild();
  } else {
    BeginStop();
  }
  if (record_.seen.phase != InstancePhase::kStopped) loop_.Run();
  return {};
}

Result<void> Supervisor::TryStartChild() {
  TRY(plan_, PlanProcess(spec_, port_.port));
  plan_.standard_output = output_write_.get();
  plan_.standard_error = output_write_.get();
  plan_.join_groups = record_.groups;
  memory_kills_ = supervise::OutOfMemoryKills(record_.groups);
  TRY(record_.process, supervise::Spawn(plan_));
  return {};
}

void Supervisor::StartChild() {
  restart_timer_ = 0;
  child_started_ = BootNow();
  record_.seen.phase = InstancePhase::kStarting;
  record_.seen.message = "The process was started and is not yet ready.";
  if (const auto started = TryStartChild(); !started.has_value()) {
    record_.process = {};
    return Restart(ErrorText(started.error()));
  }
  StartProbes();
  Save();
}

Duration Supervisor::NextBackOff() {
  const bool ran_long = record_.process.pid == 0 && BootNow() - child_started_ >= spec_.policy.back_off_reset_after;
  if (ran_long || back_off_ == Duration::zero()) {
    back_off_ = spec_.policy.back_off_first;
  } else {
    back_off_ = std::min(back_off_ * 2, spec_.policy.back_off_max);
  }
  return back_off_;
}

void Supervisor::Restart(const std::string& why) {
  const Duration wait = NextBackOff();
  record_.seen.phase = InstancePhase::kBackOff;
  record_.seen.message = why + " The next start is in " + DurationText(wait) + ".";
  restart_timer_ = loop_.After(wait, [this] {
    ++record_.seen.restarts;
    StartChild();
  });
  Save();
}

void Supervisor::ChildEnded(int wait_status, double cpu_seconds) {
  OnOutput();
  supervise::KillGroupOf(record_.process);
  KillRemaining();
  startup_.reset();
  readiness_.reset();
  liveness_.reset();
  loop_.Cancel(kill_timer_);
  kill_timer_ = 0;
  record_.cpu_seconds_before += cpu_seconds;
  record_.process = {};
  const bool by_kernel = WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGKILL &&
                         supervise::OutOfMemoryKills(record_.groups) > memory_kills_;
  record_.seen.last_exit = by_kernel ? "signal 9 (OOM)" : supervise::ExitText(wait_status);
  SetReady(false);
  if (stopping_) return FinishStop();
  std::string why = "The process ended with " + record_.seen.last_exit + ", " +
                    DurationText(std::chrono::floor<std::chrono::milliseconds>(BootNow() - child_started_)) +
                    " after its start.";
  if (by_kernel) why += " It used more memory than its limit.";
  Restart(why);
}

std::optional<manifest::Probe> Supervisor::ReadinessProbe() const {
  if (spec_.readiness.has_value()) return spec_.readiness;
  if (!spec_.has_port) return std::nullopt;
  manifest::Probe connect;
  connect.action = manifest::TcpSocket{};
  connect.period = kConnectPeriod;
  return connect;
}

void Supervisor::StartProbes() {
  if (!spec_.startup.has_value()) return StartReadiness();
  startup_ = std::make_unique<Prober>(loop_, *spec_.startup, port_.port, plan_, Eager::kNo,
                                      Prober::Callbacks{[this](Health health) {
                                                          if (health == Health::kUnhealthy)
                                                            return OnUnhealthy("startup", record_.seen.message);
                                                          startup_.reset();
                                                          StartReadiness();
                                                        },
                                                        [this](const std::string& why) {
                                                          record_.seen.message = "The startup probe fails: " + why + ".";
                                                          Save();
                                                        }});
}

void Supervisor::StartReadiness() {
  if (const auto probe = ReadinessProbe()) {
    readiness_ = std::make_unique<Prober>(loop_, *probe, port_.port, plan_, Eager::kYes,
                                          Prober::Callbacks{[this](Health health) {
                                                              SetReady(health == Health::kHealthy);
                                                              // A mere connect is asked once: the edge's own check goes on.
                                                              if (!spec_.readiness.has_value() && health == Health::kHealthy)
                                                                readiness_.reset();
                                                              Save();
                                                            },
                                                            [this](const std::string& why) {
                                                              if (record_.seen.ready) return;
                                                              record_.seen.message = "The readiness probe fails: " + why + ".";
                                                              Save();
                                                            }});
  } else {
    SetReady(true);
  }
  if (!spec_.liveness.has_value()) return;
  auto why_shared = std::make_shared<std::string>();
  liveness_ = std::make_unique<Prober>(loop_, *spec_.liveness, port_.port, plan_, Eager::kNo,
                                       Prober::Callbacks{[this, why_shared](Health health) {
                                                           if (health == Health::kUnhealthy) {
                                                             OnUnhealthy("liveness", *why_shared);
                                                           }
                                                         },
                                                         [why_shared](const std::string& why) { *why_shared = why; }});
}

void Supervisor::SetReady(bool ready) {
  if (ready) {
    record_.seen.phase = InstancePhase::kRunning;
    record_.seen.message.clear();
  }
  if (ready == record_.seen.ready) return;
  record_.seen.ready = ready;
  record_.seen.ready_since = ready ? std::optional(BootNow()) : std::nullopt;
}

void Supervisor::OnUnhealthy(const std::string& probe, const std::string& why) {
  startup_.reset();
  readiness_.reset();
  liveness_.reset();
  SetReady(false);
  Terminate("The " + probe + " probe failed too often (" + why + "); the process is being ended.");
  Save();
}

// SIGTERM to the process, SIGKILL to all of its group after the grace. Its end comes as a signal.
void Supervisor::Terminate(const std::string& why) {
  record_.seen.message = why;
  ::kill(record_.process.pid, SIGTERM);
  if (kill_timer_ != 0) return;
  kill_timer_ = loop_.After(spec_.grace, [this] {
    kill_timer_ = 0;
    supervise::KillGroupOf(record_.process);
    supervise::KillGroups(record_.groups);
  });
}

void Supervisor::BeginStop() {
  if (stopping_) return;
  stopping_ = true;
  loop_.Cancel(restart_timer_);
  startup_.reset();
  readiness_.reset();
  liveness_.reset();
  SetReady(false);
  if (record_.process.pid == 0) return FinishStop();
  record_.seen.phase = InstancePhase::kStopping;
  Terminate("The instance was told to stop.");
  Save();
}

void Supervisor::FinishStop() {
  KillRemaining();
  supervise::RemoveGroups(record_.groups);
  record_.seen.phase = keep_wanted_ ? InstancePhase::kStarting : InstancePhase::kStopped;
  record_.seen.message = "The instance was stopped.";
  Save();
  loop_.Stop();
}

// Descendants that left the process group are our children by now, or still in the cgroup.
void Supervisor::KillRemaining() {
  supervise::KillGroups(record_.groups);
  supervise::KillOwnChildren();
}

void Supervisor::OnSignal() {
  signalfd_siginfo signal{};
  while (::read(signals_.get(), &signal, sizeof signal) == static_cast<ssize_t>(sizeof signal)) {
    if (signal.ssi_signo == SIGCHLD) continue;
    // The machine goes down, or somebody wants us gone: the instance itself stays wanted.
    keep_wanted_ = true;
    BeginStop();
  }
  Reap();
}

void Supervisor::Reap() {
  for (;;) {
    int status = 0;
    rusage usage{};
    const pid_t pid = ::wait4(-1, &status, WNOHANG, &usage);
    if (pid <= 0) return;
    if (pid == record_.process.pid) {
      const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
      };
      ChildEnded(status, seconds(usage.ru_utime) + seconds(usage.ru_stime));
      continue;
    }
    for (Prober* prober : {startup_.get(), readiness_.get(), liveness_.get()}) {
      if (prober != nullptr && prober->TakeEnd(pid, status)) break;
    }
  }
}

void Supervisor::OnOutput() {
  char buffer[65536];
  const ssize_t got = ::read(output_.get(), buffer, sizeof buffer);
  if (got > 0) log_.Append(std::string_view(buffer, static_cast<std::size_t>(got)), WallMs());
}

Json Supervisor::Answer(const Json& request) {
  const std::string verb = request.At("do").StringOr("");
  Json::Object answer = supervise::OkAnswer();
  if (verb == "hello") {
    answer["pid"] = static_cast<int>(::getpid());
    answer["protocol_oldest"] = supervise::kProtocolOldest;
    answer["boot_id"] = record_.boot_id;
    answer["state"] = RecordJson(record_);
  } else if (verb == "stop") {
    const Generation generation{static_cast<std::uint64_t>(request.At("generation").IntOr(0))};
    if (generation < spec_.generation) {
      return supervise::ErrorAnswer({ErrorCode::kStale, "The instance belongs to a newer generation.", {}});
    }
    // After the answer: a stop without a process ends us at once.
    loop_.After(Duration::zero(), [this] { BeginStop(); });
  } else if (verb == "logs") {
    OnOutput();
    Json::Array lines;
    for (auto& line : LastLines(folder_, static_cast<int>(request.At("lines").IntOr(100)))) lines.emplace_back(std::move(line));
    answer["lines"] = std::move(lines);
  } else {
    return supervise::ErrorAnswer({ErrorCode::kUnsupported, "The instance's supervisor knows no '" + verb + "'.", {}});
  }
  return answer;
}

}  // namespace

Result<void> RunInstanceSupervisor(const std::string& path) {
  const InstanceFolder folder{path};
  TRY(const files::FileLock lock, files::FileLock::Acquire(folder.lock()));
  TRY(InstanceSpec spec, ReadSpecFile(folder));
  Supervisor supervisor(folder, std::move(spec));
  return supervisor.Run();
}

}  // namespace tuesday::process
