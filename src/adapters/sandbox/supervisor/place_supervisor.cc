// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/supervisor/place_supervisor.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

#include "adapters/files/file_lock.h"
#include "adapters/files/files.h"
#include "adapters/sandbox/record/spec_file.h"
#include "adapters/sandbox/supervisor/open_place.h"
#include "adapters/sandbox/supervisor/place_plan.h"
#include "adapters/supervise/cgroup.h"
#include "adapters/supervise/children.h"
#include "adapters/supervise/process.h"
#include "base/digest.h"

namespace tuesday::sandbox {
namespace {

constexpr Duration kInterruptPatience = std::chrono::milliseconds(7500);  // As the hosted runner waits.
constexpr Duration kTerminatePatience = std::chrono::milliseconds(2500);
constexpr Duration kWriteAgain = std::chrono::seconds(1);
constexpr int kExitLost = 137;
constexpr int kExitNotStarted = 127;
constexpr std::size_t kLeftPipesMax = 64;
constexpr std::size_t kAnswerBytesMax = 2 << 20;

int NumberOf(const std::string& signal) {
  if (signal == "interrupt") return SIGINT;
  return signal == "terminate" ? SIGTERM : signal == "kill" ? SIGKILL : 0;
}

}  // namespace

Result<void> PlaceSupervisor::Open(const std::vector<std::string>& masks, const InsideWords& inside) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  TRY_OK(CheckSpec(spec_));
  TRY(slot_, TakeSlot());
  const std::optional<supervise::UserIds> user = slot_ ? std::optional(slot_->user) : std::nullopt;
  TRY_OK(MakeOwnFolders(folder_, spec_, user));
  const std::string workspace_host = spec_.workspace_host.empty() ? folder_.work() : spec_.workspace_host;
  roots_ = std::make_unique<FileRoots>(std::vector<std::pair<std::string, std::string>>{
      {spec_.workspace, workspace_host}, {spec_.home, folder_.home()}, {spec_.temp, folder_.temp()}, {"/tmp", folder_.tmp()}});
  terms_.folder = folder_;
  TRY(terms_.steps, StepsFile::Open(folder_));
  terms_.workspace = spec_.workspace;
  terms_.home = spec_.home;
  terms_.user = user;
  files_user_ = user;
  runner_words_ = inside.words;
  terms_.limits = spec_.limits;
  terms_.matcher_files = roots_.get();
  for (const std::string& mask : masks) terms_.masks.Add(mask);
  const std::string group = "place-" + Sha256Hex(folder_.path).substr(0, 16);
  const manifest::Resources resources{.cpu_limit_milli = static_cast<std::int64_t>(spec_.limits.cpus * 1000),
                                      .memory_limit_bytes = static_cast<std::int64_t>(spec_.limits.memory_bytes)};
  record_.groups = supervise::MakeGroups(group, resources, spec_.limits.processes).folders;
  TRY_OK(OpenSandbox(inside));
  TRY(server_, JsonServer::ListenLater(loop_, folder_.socket(), [this](const Json& request, JsonServer::Reply reply) {
        OnRequest(request, std::move(reply));
      }));
  record_.boot_id = supervise::BootId();
  return WritePlaceRecord(folder_, record_);
}

Result<void> PlaceSupervisor::OpenSandbox(const InsideWords& inside) {
  const std::optional<supervise::UserIds> user = slot_ ? std::optional(slot_->user) : std::nullopt;
  TRY(SandboxPlan plan, PlanSandbox(folder_, spec_, user));
  plan.groups = record_.groups;
  plan.runner_words = inside.words;
  // Where no cgroup holds them, the runner does as far as it can.
  plan.runner_words.push_back(std::to_string(spec_.limits.processes));
  plan.runner_words.push_back(std::to_string(spec_.limits.memory_bytes));
  TRY(sandbox_, StartSandbox(plan));
  TRY(signals_, supervise::OpenSignals());
  loop_.Watch(signals_.get(), POLLIN, [this](short) { OnSignal(); });
  loop_.Watch(sandbox_.socket.get(), POLLIN, [this](short) { OnMessage(); });
  loop_.Watch(sandbox_.output.get(), POLLIN, [this](short) {
    char buffer[4096];
    const ssize_t got = ::read(sandbox_.output.get(), buffer, sizeof buffer);
    if (got == 0) return loop_.Unwatch(sandbox_.output.get());
    if (got > 0) [[maybe_unused]]
      const ssize_t ignored = ::write(STDERR_FILENO, buffer, static_cast<std::size_t>(got));
  });
  if (sandbox_.service_listener.is_open()) {
    forward_ = std::make_unique<Forward>(loop_, std::move(sandbox_.service_listener), spec_.service_socket);
  }
  disk_ = std::make_unique<DiskWatch>(loop_, WrittenFolders(folder_, spec_), spec_.limits.disk_bytes, [this] { OnDiskFull(); });
  disk_->Begin();
  memory_kills_ = supervise::OutOfMemoryKills(record_.groups);
  loop_.After(spec_.time_max, [this] {
    Finish(PlacePhase::kClosed, StepEnd::kTimedOut, "The job was ended after " + DurationText(spec_.time_max) + ".");
  });
  return {};
}

void PlaceSupervisor::Run() {
  while (!finished_) loop_.RunOnce();
}

void PlaceSupervisor::Undo() {
  keeper_.End();
  supervise::KillOwnChildren();
  supervise::RemoveGroups(record_.groups);
  RemoveOwnFolders(folder_, spec_);
}

void PlaceSupervisor::OnRequest(const Json& request, JsonServer::Reply reply) {
  const std::string what = request.At("do").StringOr("");
  if (finished_) return reply(supervise::ErrorAnswer({ErrorCode::kConflict, "The place is not open any more.", ""}));
  if (what == "start") return StartStep(OrderFromJson(request.At("step")), std::move(reply));
  if (what == "signal") {
    return reply(SignalStep(request.At("step").StringOr(""), NumberOf(request.At("signal").StringOr(""))));
  }
  if (what == "look") {
    return lookers_.Add(static_cast<int>(request.At("seen").IntOr(0)), Duration(request.At("patience_ns").IntOr(0)),
                        std::move(reply));
  }
  if (what == "hash") {
    std::vector<std::string> payload = StringsFromJson(request.At("patterns"));
    payload.insert(payload.begin(), spec_.workspace);
    // A file that only root in the job's container may read has a digest too.
    if (slot_ && running_.empty()) static_cast<void>(GiveFilesTo(slot_->user));
    return questions_.Ask(++token_, Saying::kHash, payload, spec_.workspace, kAnswerBytesMax, std::move(reply));
  }
  if (what == "read") {
    const auto bytes_max = std::min(static_cast<std::size_t>(request.At("bytes_max").IntOr(0)), kAnswerBytesMax);
    const std::string path = request.At("path").StringOr("");
    return questions_.Ask(++token_, Saying::kRead, {path, std::to_string(bytes_max)}, path, bytes_max, std::move(reply));
  }
  if (what != "close")
    return reply(supervise::ErrorAnswer({ErrorCode::kUnsupported, "A place does not know '" + what + "'.", ""}));
  Finish(PlacePhase::kClosed, StepEnd::kLost, "The place was closed.");
  reply(supervise::OkAnswer());
}

View PlaceSupervisor::ViewAfter(int seen) const {
  View view;
  view.phase = record_.phase;
  view.message = record_.message;
  for (const auto& [token, one] : running_) view.running.push_back(one.step->id());
  std::ranges::sort(view.running);
  view.reports.assign(reported_.begin() + std::clamp<std::ptrdiff_t>(seen, 0, std::ssize(reported_)), reported_.end());
  return view;
}

void PlaceSupervisor::StartStep(const StepOrder& order, JsonServer::Reply reply) {
  if (known_.contains(order.id)) return reply(supervise::OkAnswer());
  if (running_.size() >= static_cast<std::size_t>(kStepsAtOnceMax)) {
    return reply(supervise::ErrorAnswer(
        {ErrorCode::kLimit, fmt::format("{} steps of the job run already.", running_.size()), "Wait for one of them."}));
  }
  const Result<std::uint32_t> token = SendStep(order);
  if (!token.has_value()) return reply(supervise::ErrorAnswer(token.error()));
  running_.at(*token).started = std::move(reply);
}

Result<std::uint32_t> PlaceSupervisor::SendStep(const StepOrder& order) {
  if (!IsPlainId(order.id) || order.ordinal < 1 || (order.argv.empty() && !order.containers) ||
      ordinals_.contains(order.ordinal)) {
    return Fail(ErrorCode::kInvalid,
                fmt::format("A step '{}' with the ordinal {} cannot be started.", order.id, order.ordinal));
  }
  if (order.containers) return StartWork(order);
  TRY(const int socket, SocketFor(order));
  const std::optional<supervise::UserIds> container_user =
      order.in_container ? std::optional(keeper_.runner_user()) : std::nullopt;
  TRY(std::unique_ptr<Step> step, Step::Make(terms_, order, container_user));
  TRY(const files::Fd payload, MakePayload(step->TakePayload()));
  const std::uint32_t token = ++token_;
  const files::Fd child_end = step->TakeChildEnd();
  TRY_OK(Send(socket, {Saying::kStart, token, 0}, {payload.get(), child_end.get()}));
  known_.insert(order.id);
  ordinals_.insert(order.ordinal);
  Running& running = running_[token];
  running.step = std::move(step);
  running.socket = socket;
  loop_.Watch(running.step->pipe(), POLLIN, [this, token](short) { OnOutput(token); });
  if (order.timeout) running.timer = loop_.After(*order.timeout, [this, token] { TimeOut(token, SIGINT); });
  disk_->SetActive(true);
  return token;
}

Json PlaceSupervisor::SignalStep(const std::string& id, int signal) {
  if (signal == 0) return supervise::ErrorAnswer({ErrorCode::kInvalid, "A place does not know this signal.", ""});
  if (!known_.contains(id)) return supervise::ErrorAnswer({ErrorCode::kNotFound, "There is no step '" + id + "'.", ""});
  for (const auto& [token, running] : running_) {
    if (running.step->id() != id) continue;
    Signal(token, signal);
  }
  return supervise::OkAnswer();
}

// One that does not arrive means that the runner is gone: its end is told in another way.
void PlaceSupervisor::Signal(std::uint32_t token, int signal) {
  const Running& running = running_.at(token);
  if (running.worker != 0) return ContainerKeeper::Signal(running.worker, signal);
  static_cast<void>(Send(running.socket, {Saying::kSignal, token, signal}));
}

void PlaceSupervisor::OnMessage() { TakeMessages(sandbox_.socket.get()); }

void PlaceSupervisor::TakeMessages(int socket) {
  for (;;) {
    const Result<Received> received = Receive(socket);
    if (finished_) return;
    if (received.has_value()) {
      Take(received->message);
    } else if (received.error().code == ErrorCode::kUnavailable) {
      // Its end comes as a signal.
      loop_.Unwatch(socket);
      if (socket != sandbox_.socket.get()) Finish(PlacePhase::kLost, StepEnd::kLost, "The job's container has ended.");
      return;
    } else if (received.error().code == ErrorCode::kNotFound) {
      return;
    }
  }
}

void PlaceSupervisor::Take(const Message& message) {
  switch (message.saying) {
    case Saying::kStarted: return OnStarted(message.token);
    case Saying::kFailed: return OnFailed(message.token, message.number);
    case Saying::kEnded: return OnEnded(message.token, message.number);
    default: return;  // Nothing that we asked for.
  }
}

void PlaceSupervisor::OnStarted(std::uint32_t token) {
  const auto found = running_.find(token);
  if (found == running_.end() || !found->second.started) return;
  std::exchange(found->second.started, nullptr)(supervise::OkAnswer());
  if (!terms_.spare) terms_.MakeSpare();
}

void PlaceSupervisor::OnFailed(std::uint32_t token, int errno_value) {
  if (questions_.Failed(token, errno_value)) return;
  const auto found = running_.find(token);
  if (found == running_.end()) return;
  Step& step = *found->second.step;
  step.SetProblem(fmt::format("cannot run '{}': {}", step.command(), ::strerror(errno_value)));
  EndStep(token, StepEnd::kNotStarted, kExitNotStarted);
}

void PlaceSupervisor::OnEnded(std::uint32_t token, int wait_status) {
  if (questions_.Ended(token, wait_status)) return;
  const auto found = running_.find(token);
  if (found == running_.end()) return;
  // What is left of a step that was ended goes with it; others may leave daemons until the end of the job.
  if (found->second.step->timed_out()) Signal(token, SIGKILL);
  EndStep(token, StepEnd::kExited, ExitCodeOf(wait_status));
}

void PlaceSupervisor::OnOutput(std::uint32_t token) {
  const auto found = running_.find(token);
  if (found == running_.end()) return;
  // All writers are gone, and the step may still run: it closed its output.
  if (found->second.step->Read() == Step::Stream::kEnded) loop_.Unwatch(found->second.step->pipe());
}

void PlaceSupervisor::TimeOut(std::uint32_t token, int signal) {
  const auto found = running_.find(token);
  if (found == running_.end()) return;
  found->second.step->SetTimedOut();
  Signal(token, signal);
  if (signal == SIGINT) {
    found->second.timer = loop_.After(kInterruptPatience, [this, token] { TimeOut(token, SIGTERM); });
  } else if (signal == SIGTERM) {
    found->second.timer = loop_.After(kTerminatePatience, [this, token] { TimeOut(token, SIGKILL); });
  }
}

void PlaceSupervisor::EndStep(std::uint32_t token, StepEnd end, int exit_code) {
  auto node = running_.extract(token);
  Running& running = node.mapped();
  loop_.Cancel(running.timer);
  const std::int64_t kills = exit_code == 0 ? memory_kills_ : supervise::OutOfMemoryKills(record_.groups);
  if (kills > memory_kills_) {
    memory_kills_ = kills;
    running.step->SetProblem(fmt::format("The kernel ended a process of the job, which used more than its {} bytes of memory.",
                                         spec_.limits.memory_bytes));
  }
  Tell(running.step->Finish(end, exit_code));
  running.step->RemoveFiles();
  KeepPipe(std::move(running.step));
  if (running.started) running.started(supervise::OkAnswer());
  if (running_.empty()) disk_->SetActive(false);
}

// On a full disk it is tried again: a report that is not on disk is not told.
void PlaceSupervisor::Tell(StepReport report) {
  const Result<ReportSpan> written = terms_.steps.AddReport(report);
  if (written.has_value()) {
    reported_.push_back(*written);
    return lookers_.Tell();
  }
  ::dprintf(STDERR_FILENO, "%s\n", ErrorText(written.error()).c_str());
  loop_.After(kWriteAgain, [this, report = std::move(report)]() mutable { Tell(std::move(report)); });
}

// Who stayed behind would die of a closed pipe: what it writes is read, and dropped.
void PlaceSupervisor::KeepPipe(std::unique_ptr<Step> step) {
  const int pipe = step->pipe();
  loop_.Unwatch(pipe);
  if (step->Read() == Step::Stream::kEnded) return;
  if (left_.size() >= kLeftPipesMax) DropPipe(left_.begin()->first);
  left_[pipe] = std::move(step);
  loop_.Watch(pipe, POLLIN, [this, pipe](short) {
    if (left_.at(pipe)->Read() == Step::Stream::kEnded) DropPipe(pipe);
  });
}

void PlaceSupervisor::DropPipe(int pipe) {
  loop_.Unwatch(pipe);
  left_.erase(pipe);
}

void PlaceSupervisor::OnDiskFull() {
  for (const auto& [token, running] : running_) {
    running.step->SetProblem(
        fmt::format("The job has written more than its {} bytes of disk; the step was ended.", spec_.limits.disk_bytes));
    Signal(token, SIGKILL);
  }
}

void PlaceSupervisor::OnSignal() {
  signalfd_siginfo signal{};
  bool told_to_end = false;
  while (::read(signals_.get(), &signal, sizeof signal) == static_cast<ssize_t>(sizeof signal)) {
    told_to_end |= signal.ssi_signo != SIGCHLD;
  }
  int status = 0;
  for (pid_t pid = 0; !finished_ && (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    if (pid == sandbox_.bubble) OnBubbleEnded(status);
    if (pid == sandbox_.network) ::dprintf(STDERR_FILENO, "slirp4netns ended: %s\n", supervise::ExitText(status).c_str());
    if (!disk_->IsCounter(pid)) OnWorkerEnded(pid, status);
  }
  if (told_to_end && !finished_) Finish(PlacePhase::kLost, StepEnd::kLost, "Its supervisor was told to end.");
}

void PlaceSupervisor::OnBubbleEnded(int wait_status) {
  OnMessage();  // What was said before the end still counts.
  if (!finished_) Finish(PlacePhase::kLost, StepEnd::kLost, "The sandbox ended: " + supervise::ExitText(wait_status) + ".");
}

void PlaceSupervisor::Finish(PlacePhase phase, StepEnd end, const std::string& message) {
  if (finished_) return;
  finished_ = true;
  ::kill(sandbox_.bubble, SIGKILL);
  supervise::KillGroups(record_.groups);
  keeper_.End();
  supervise::KillOwnChildren();
  record_.phase = phase;
  record_.message = message;
  while (!running_.empty()) {
    Step& step = *running_.begin()->second.step;
    step.SetProblem(message);
    if (end == StepEnd::kTimedOut) step.SetTimedOut();
    EndStep(running_.begin()->first, end, kExitLost);
  }
  questions_.DropAll();
  forward_.reset();
  left_.clear();
  RemoveOwnFolders(folder_, spec_);
  supervise::RemoveGroups(record_.groups);
  if (const auto written = WritePlaceRecord(folder_, record_); !written.has_value()) {
    ::dprintf(STDERR_FILENO, "%s\n", ErrorText(written.error()).c_str());
  }
  lookers_.TellAll();
}

namespace {

Result<std::vector<std::string>> TakeMasks() {
  const files::Fd payload(kMasksDescriptor);
  return ReadPayload(payload.get());
}

void TellReady(const Result<void>& opened) {
  const files::Fd ready(kReadyDescriptor);
  const Json answer = opened.has_value() ? Json(supervise::OkAnswer()) : supervise::ErrorAnswer(opened.error());
  const std::string line = CanonicalJson(answer) + "\n";
  [[maybe_unused]] const ssize_t ignored = ::write(ready.get(), line.data(), line.size());
}

Result<void> OpenAndRun(const PlaceFolder& folder, const InsideWords& inside) {
  ::signal(SIGPIPE, SIG_IGN);
  TRY(const files::FileLock lock, files::FileLock::Acquire(folder.lock()));
  TRY(PlaceSpec spec, ReadSpec(folder));
  TRY(const std::vector<std::string> masks, TakeMasks());
  PlaceSupervisor supervisor(folder, std::move(spec));
  const Result<void> opened = supervisor.Open(masks, inside);
  if (!opened.has_value()) {
    supervisor.Undo();
    return opened;
  }
  TellReady({});
  supervisor.Run();
  return {};
}

}  // namespace

Result<void> RunPlaceSupervisor(const std::string& path, const InsideWords& inside) {
  const Result<void> done = OpenAndRun(PlaceFolder{path}, inside);
  if (!done.has_value()) TellReady(done);
  return done;
}

}  // namespace tuesday::sandbox
