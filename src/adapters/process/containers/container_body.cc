// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/containers/container_body.h"

#include <poll.h>
#include <sys/stat.h>

#include <chrono>
#include <memory>

#include "adapters/process/containers/container_terms.h"
#include "adapters/process/containers/enter.h"
#include "adapters/supervise/process.h"

namespace tuesday::process {
namespace {

constexpr Duration kAskAgain = std::chrono::seconds(1);  // An engine that is away.
constexpr Duration kUsageEvery = std::chrono::seconds(5);

WallTime WallNow() { return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()); }

// When the log was last written; what came later was not heard.
WallTime LastWritten(const std::string& path) {
  struct stat facts{};
  if (::stat(path.c_str(), &facts) != 0) return WallNow();
  return WallTime(std::chrono::milliseconds(facts.st_mtim.tv_sec * 1000 + facts.st_mtim.tv_nsec / 1'000'000 + 1));
}

}  // namespace

Result<std::unique_ptr<ContainerBody>> ContainerBody::Make(supervise::PollLoop& loop, const InstanceSpec& spec,
                                                           const std::uint16_t& port, InstanceFolder folder,
                                                           Callbacks callbacks) {
  return std::unique_ptr<ContainerBody>(new ContainerBody(loop, spec, port, std::move(folder), std::move(callbacks)));
}

ContainerBody::ContainerBody(supervise::PollLoop& loop, const InstanceSpec& spec, const std::uint16_t& port,
                             InstanceFolder folder, Callbacks callbacks)
    : loop_(loop),
      spec_(spec),
      port_(port),
      folder_(std::move(folder)),
      callbacks_(std::move(callbacks)),
      work_(std::make_shared<ContainerWork>(containers::Engine(spec.container->socket))),
      pull_(std::make_shared<std::atomic<PullStage>>(PullStage::kNone)),
      worker_(loop) {}

ContainerBody::~ContainerBody() {
  CloseLog();
  for (const auto timer : {look_timer_, signal_timer_, clear_timer_, usage_timer_}) loop_.Cancel(timer);
}

bool ContainerBody::EndsWhatIsLeft(const InstanceRecord& before) {
  if (before.process.pid != 0) since_ = LastWritten(folder_.log());
  return false;
}

void ContainerBody::Start() {
  callbacks_.says("The container is being started.");
  auto order = std::make_shared<WorkOrder>();
  order->spec = spec_;
  order->folder = folder_.path;
  order->container = ContainerOf(spec_, folder_.path, port_);
  order->since = since_;
  order->pull = pull_.get();
  order->says = [tell = worker_.teller(), this](const std::string& what) {
    tell([this, what] {
      if (!is_over_) callbacks_.says(what);
    });
  };
  worker_.Do([this, order, work = work_, pull = pull_]() -> Worker::Answer {
    auto begun = std::make_shared<std::expected<Begun, NotBegun>>(work->Begin(*order));
    return [this, begun] { OnStarted(*begun); };
  });
}

void ContainerBody::OnStarted(std::expected<Begun, NotBegun>& begun) {
  if (is_over_) return;
  if (!begun.has_value()) {
    // What an earlier supervisor left is still to be taken over once the engine can say how it is.
    if (begun.error().error.code != ErrorCode::kUnavailable) since_.reset();
    return callbacks_.not_begun(begun.error().error, begun.error().counts);
  }
  since_.reset();
  id_ = begun->facts.id;
  const auto pid = static_cast<pid_t>(begun->facts.pid);
  process_ = {pid, pid == 0 ? 0 : supervise::StartTicksOf(pid)};
  cpu_seconds_ = 0;
  is_lost_ = false;
  is_resumed_ = false;
  if (!begun->log.has_value()) return End(begun->facts);
  WatchMemory();
  SampleUsage();
  BodyBegun told{process_, id_, begun->facts.ports};
  if (!spec_.container->ports.empty()) told.probed[spec_.container->ports.front()] = port_;
  callbacks_.begun(told);
  Follow(std::move(*begun->log));
}

void ContainerBody::WatchMemory() {
  memory_ = MemoryWatch::Of(process_.pid);
  if (memory_.fd() >= 0) loop_.Watch(memory_.fd(), POLLIN, [this](short) { memory_.Look(); });
}

void ContainerBody::SampleUsage() {
  if (const auto usage = supervise::UsageOf(process_)) cpu_seconds_ = usage->cpu_seconds;
  usage_timer_ = loop_.After(kUsageEvery, [this] { SampleUsage(); });
}

void ContainerBody::Follow(containers::LogStream log) {
  log_.emplace(std::move(log));
  heard_ = WallNow();
  followed_ = supervise::BootNow();
  loop_.Watch(log_->fd(), POLLIN, [this](short) { OnOutput(); });
  OnOutput();
}

void ContainerBody::OnOutput() {
  const Result<std::string> came = log_->Read();
  if (came.has_value() && !came->empty()) {
    heard_ = WallNow();
    callbacks_.output(*came);
  }
  if (came.has_value() && !log_->ended()) return;
  CloseLog();
  memory_.Look();
  // An engine that gives the log of a running container and ends it at once is not asked without a pause.
  if (!is_resumed_ || supervise::BootNow() - followed_ >= kAskAgain) return Look();
  look_timer_ = loop_.After(kAskAgain, [this] { Look(); });
}

void ContainerBody::CloseLog() {
  if (!log_.has_value()) return;
  loop_.Unwatch(log_->fd());
  log_.reset();
}

// Its log has ended: so has the container, or the engine.
void ContainerBody::Look() {
  look_timer_ = 0;
  worker_.Do([this, work = work_, id = id_, process = process_, heard = heard_]() -> Worker::Answer {
    auto looked = std::make_shared<Result<Begun>>(work->Look(id, process, heard));
    return [this, looked, id] {
      if (!is_over_ && id == id_) OnLooked(*looked);
    };
  });
}

void ContainerBody::OnLooked(Result<Begun>& looked) {
  if (!looked.has_value()) {
    is_lost_ = true;
    look_timer_ = loop_.After(kAskAgain, [this] { Look(); });
    return callbacks_.lost("How the container is cannot be seen: " + looked.error().message +
                           " Nothing is changed until it can.");
  }
  if (!looked->log.has_value()) return End(looked->facts);
  if (std::exchange(is_lost_, false)) callbacks_.found();
  is_resumed_ = true;
  Follow(std::move(*looked->log));
}

void ContainerBody::End(const containers::ContainerFacts& facts) {
  loop_.Cancel(look_timer_);
  loop_.Cancel(signal_timer_);
  loop_.Cancel(usage_timer_);
  BodyEnd end;
  end.cpu_seconds = cpu_seconds_;
  const bool was_killed = facts.exit_code == 137;
  end.out_of_memory = facts.out_of_memory || (was_killed && memory_.Look());
  end.how = facts.status == "removed" ? "its container was removed by somebody else" : ExitCodeText(facts.exit_code);
  if (end.out_of_memory) end.how = "signal 9 (OOM)";
  if (memory_.fd() >= 0) loop_.Unwatch(memory_.fd());
  memory_ = MemoryWatch();
  id_.clear();
  process_ = {};
  callbacks_.ended(end);
}

void ContainerBody::Signal(const std::string& signal) {
  loop_.Cancel(signal_timer_);
  signal_timer_ = 0;
  if (id_.empty()) return;
  worker_.Do([this, work = work_, id = id_, signal]() -> Worker::Answer {
    const Result<void> sent = work->Kill(id, signal);
    return [this, sent, id, signal] {
      if (sent.has_value() || is_over_ || id != id_ || sent.error().code != ErrorCode::kUnavailable) return;
      callbacks_.lost("The container is to stop: " + sent.error().message + " It is tried again.");
      signal_timer_ = loop_.After(kAskAgain, [this, signal] { Signal(signal); });
    };
  });
}

void ContainerBody::Clear(std::function<void()> done) {
  is_over_ = true;
  clear_timer_ = 0;
  CloseLog();
  // Whatever there was is removed before a pull, and nothing is made after one that nobody waits for.
  if (pull_->exchange(PullStage::kAbandoned) == PullStage::kPulling) return done();
  worker_.Do([this, work = work_, spec = spec_, folder = folder_.path, done]() -> Worker::Answer {
    const Result<void> removed = work->RemoveAll(spec, folder);
    return [this, removed, done] {
      if (removed.has_value()) return done();
      callbacks_.lost("The container is to go: " + removed.error().message + " It is tried again.");
      clear_timer_ = loop_.After(kAskAgain, [this, done] { Clear(done); });
    };
  });
}

supervise::SpawnPlan ContainerBody::CommandPlan() const {
  supervise::SpawnPlan plan;
  plan.argv = EnterWords(spec_.container->socket, id_);
  plan.environment = supervise::OwnEnvironment();
  plan.working_folder = "/";
  plan.on_parent_death = supervise::OnParentDeath::kDie;
  return plan;
}

}  // namespace tuesday::process
