// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/supervisor/supervisor.h"

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
#include "adapters/process/containers/container_body.h"
#include "adapters/process/instance/instance_log.h"
#include "adapters/process/instance/port_reservation.h"
#include "adapters/process/instance/prober.h"
#include "adapters/process/instance/record.h"
#include "adapters/process/instance/spec_file.h"
#include "adapters/process/supervisor/process_body.h"
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
  Result<void> MakeBody();
  Body::Callbacks BodyCallbacks();
  Result<void> OpenSignals();
  void Save();

  void StartChild();
  void OnBegun(const BodyBegun& begun);
  void OnNotBegun(const Error& why, Counts counts);
  void OnEnded(const BodyEnd& end);
  void OnSays(const std::string& what);
  void OnFound();
  void Restart(const std::string& why, Counts counts);
  Duration NextBackOff();

  void StartProbes();
  void StartReadiness();
  void SetReady(bool ready);
  void OnUnhealthy(const std::string& probe, const std::string& why);
  std::optional<manifest::Probe> ReadinessProbe() const;
  manifest::Probe Reached(manifest::Probe probe) const;

  void Terminate(const std::string& why);
  void BeginStop();
  void FinishStop();

  void OnSignal();
  void Reap();
  Json Answer(const Json& request);

  InstanceFolder folder_;
  InstanceSpec spec_;
  InstanceLog log_;
  InstanceRecord record_;
  InstanceRecord saved_;
  supervise::PollLoop loop_;
  PortReservation port_;
  files::Fd signals_;
  std::unique_ptr<supervise::JsonServer> server_;
  std::unique_ptr<Body> body_;
  std::map<std::uint16_t, std::uint16_t> probed_;
  std::unique_ptr<Prober> startup_;
  std::unique_ptr<Prober> readiness_;
  std::unique_ptr<Prober> liveness_;
  supervise::PollLoop::TimerId kill_timer_ = 0;
  supervise::PollLoop::TimerId restart_timer_ = 0;
  Instant child_started_;
  Duration back_off_{};
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
      const bool ended = body_->EndsWhatIsLeft(*before);
      if (before->generation == spec_.generation) {
        record_.seen.restarts = before->seen.restarts + (ended ? 1 : 0);
        record_.seen.started_at = before->seen.started_at;
        record_.seen.last_exit = ended ? "its supervisor was lost" : before->seen.last_exit;
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

Body::Callbacks Supervisor::BodyCallbacks() {
  return {.output = [this](std::string_view bytes) { log_.Append(bytes, WallMs()); },
          .begun = [this](const BodyBegun& begun) { OnBegun(begun); },
          .not_begun = [this](const Error& why, Counts counts) { OnNotBegun(why, counts); },
          .ended = [this](const BodyEnd& end) { OnEnded(end); },
          .says = [this](const std::string& what) { OnSays(what); },
          .lost = [this](const std::string& why) { OnSays(why); },
          .found = [this] { OnFound(); }};
}

Result<void> Supervisor::MakeBody() {
  if (spec_.container.has_value()) {
    TRY(body_, ContainerBody::Make(loop_, spec_, record_.seen.port, folder_, BodyCallbacks()));
  } else {
    const std::string group = spec_.instance.str() + "-" + Sha256Hex(folder_.path).substr(0, 8);
    TRY(body_, ProcessBody::Make(loop_, spec_, record_.seen.port, group, BodyCallbacks()));
  }
  record_.groups = body_->Groups();
  record_.limits_message = body_->LimitsMessage();
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
  TRY_OK(OpenSignals());
  TRY_OK(MakeBody());
  TakeOver();
  TRY(port_, ReservePort(record_.seen.port));
  // A container that still runs has the port itself: it cannot be reserved beside it, and stays what it was.
  const bool is_kept = spec_.container.has_value() && record_.seen.port != 0;
  if (!is_kept) record_.seen.port = port_.port;
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

void Supervisor::StartChild() {
  restart_timer_ = 0;
  child_started_ = BootNow();
  record_.seen.phase = InstancePhase::kStarting;
  record_.seen.message = "The process was started and is not yet ready.";
  body_->Start();
  Save();
}

void Supervisor::OnBegun(const BodyBegun& begun) {
  record_.process = begun.process;
  record_.container = begun.container;
  probed_ = begun.probed;
  child_started_ = BootNow();
  if (record_.seen.phase == InstancePhase::kStarting) record_.seen.message = "The process was started and is not yet ready.";
  StartProbes();
  Save();
}

void Supervisor::OnNotBegun(const Error& why, Counts counts) {
  // Somebody took the port while no container and no supervisor of ours held it.
  if (why.message.find("address already in use") != std::string::npos) {
    if (auto other = ReservePort(0); other.has_value()) {
      port_ = std::move(*other);
      record_.seen.port = port_.port;
    }
  }
  Restart(ErrorText(why), counts);
}

void Supervisor::OnSays(const std::string& what) {
  record_.seen.message = what;
  Save();
}

void Supervisor::OnFound() {
  record_.seen.message = record_.seen.ready ? "" : "It runs and is not yet ready.";
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

void Supervisor::Restart(const std::string& why, Counts counts) {
  record_.process = {};
  const Duration wait = NextBackOff();
  record_.seen.phase = InstancePhase::kBackOff;
  record_.seen.message = why + " The next start is in " + DurationText(wait) + ".";
  restart_timer_ = loop_.After(wait, [this, counts] {
    if (counts == Counts::kYes) ++record_.seen.restarts;
    StartChild();
  });
  Save();
}

void Supervisor::OnEnded(const BodyEnd& end) {
  startup_.reset();
  readiness_.reset();
  liveness_.reset();
  loop_.Cancel(kill_timer_);
  kill_timer_ = 0;
  record_.cpu_seconds_before += end.cpu_seconds;
  record_.process = {};
  record_.seen.last_exit = end.how;
  SetReady(false);
  if (stopping_) return FinishStop();
  std::string why = "The process ended with " + record_.seen.last_exit + ", " +
                    DurationText(std::chrono::floor<std::chrono::milliseconds>(BootNow() - child_started_)) +
                    " after its start.";
  if (end.out_of_memory) why += " It used more memory than its limit.";
  Restart(why, Counts::kYes);
}

// Where the probe finds the port that it names.
manifest::Probe Supervisor::Reached(manifest::Probe probe) const {
  const auto reach = [this](std::string& port) {
    for (const auto& [inside, outside] : probed_) {
      if (port != std::to_string(inside)) continue;
      port = std::to_string(outside);
      return;
    }
  };
  if (auto* http = std::get_if<manifest::HttpGet>(&probe.action)) reach(http->port);
  if (auto* tcp = std::get_if<manifest::TcpSocket>(&probe.action)) reach(tcp->port);
  return probe;
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
  startup_ = std::make_unique<Prober>(loop_, Reached(*spec_.startup), record_.seen.port, body_->CommandPlan(), Eager::kNo,
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
    readiness_ = std::make_unique<Prober>(loop_, Reached(*probe), record_.seen.port, body_->CommandPlan(), Eager::kYes,
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
  liveness_ = std::make_unique<Prober>(loop_, Reached(*spec_.liveness), record_.seen.port, body_->CommandPlan(), Eager::kNo,
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
  body_->Terminate();
  if (kill_timer_ != 0) return;
  kill_timer_ = loop_.After(spec_.grace, [this] {
    kill_timer_ = 0;
    body_->Kill();
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
  record_.seen.phase = InstancePhase::kStopping;
  if (record_.process.pid == 0) return FinishStop();
  Terminate("The instance was told to stop.");
  Save();
}

void Supervisor::FinishStop() {
  body_->Clear([this] {
    record_.seen.phase = keep_wanted_ ? InstancePhase::kStarting : InstancePhase::kStopped;
    record_.seen.message = "The instance was stopped.";
    record_.container.clear();
    Save();
    loop_.Stop();
  });
  Save();
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
    if (body_->TakeEnd(pid, status, usage)) continue;
    for (Prober* prober : {startup_.get(), readiness_.get(), liveness_.get()}) {
      if (prober != nullptr && prober->TakeEnd(pid, status)) break;
    }
  }
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
