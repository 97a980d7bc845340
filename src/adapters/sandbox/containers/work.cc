// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/containers/work.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "adapters/containers/engine.h"
#include "adapters/files/file_lock.h"
#include "adapters/files/files.h"
#include "adapters/sandbox/containers/images.h"
#include "adapters/sandbox/containers/port_forward.h"
#include "adapters/sandbox/containers/say.h"
#include "adapters/supervise/poll_loop.h"
#include "core/workflow/container/options.h"

namespace tuesday::sandbox {
namespace {

using containers::ContainerFacts;
using containers::ContainerSpec;
using containers::Engine;
using containers::Health;
using supervise::BootNow;
using workflow::ContainerPlan;
using workflow::ContainerTask;

constexpr Duration kHealthLook = std::chrono::milliseconds(300);
constexpr Duration kHealthInterval = std::chrono::seconds(30);  // Of the engines, when nobody says another one.
constexpr int kHealthRetries = 3;
constexpr int kExitFailed = 1;
constexpr int kExitSignalled = 128;
constexpr Duration kLogPatience = std::chrono::seconds(5);
constexpr Duration kEndPatience = std::chrono::seconds(30);

struct Service {
  ContainerPlan plan;
  ContainerSpec spec;
  std::string id;
};

class Worker {
 public:
  Worker(const ContainerWork& work, Engine engine) : work_(work), terms_(work.terms), engine_(std::move(engine)) {}

  Result<void> Begin();
  Result<void> End();
  Result<int> Run();

 private:
  Result<std::string> MakeAndStart(const ContainerSpec& spec);
  Result<void> BeginService(const ContainerPlan& plan);
  Result<void> ForwardServicePorts();
  Result<void> AwaitHealth(const Service& service);
  void ShowLog(const std::string& name, const std::string& id);
  Result<void> WriteOutputs(const std::string& job_container);

  const ContainerWork& work_;
  const ContainerTerms& terms_;
  Engine engine_;
  std::vector<Service> services_;
};

Result<std::string> Worker::MakeAndStart(const ContainerSpec& spec) {
  for (const std::string& name : NamedVolumes(spec)) TRY_OK(engine_.CreateVolume(name, PlaceLabels(terms_.folder)));
  // One of an earlier try for the same step would stand in the way.
  TRY_OK(engine_.Remove(spec.name));
  TRY(const std::string id, engine_.Create(spec));
  TRY_OK(engine_.Start(id));
  return id;
}

Result<void> Worker::BeginService(const ContainerPlan& plan) {
  const Group group(fmt::format("Starting {} service container", plan.id));
  Service service{plan, {}, {}};
  TRY_OK(HaveImage(engine_, plan));
  TRY(service.spec, CommonSpec(terms_, plan, "service", plan.id));
  // Nobody reads it before the end: without a limit it would be the machine's disk.
  service.spec.log_driver = "k8s-file";
  service.spec.log_bytes_max = terms_.spec.limits.log_bytes;
  TRY(service.id, MakeAndStart(service.spec));
  SayLine(service.id);
  services_.push_back(std::move(service));
  return {};
}

Result<void> Worker::ForwardServicePorts() {
  std::map<int, int> forwards;
  for (const Service& service : services_) {
    for (const std::string& text : service.plan.ports) {
      const auto port = workflow::ParseContainerPort(text);
      if (!port || port->host == 0 || port->host == port->container) continue;
      if (port->protocol != "tcp") {
        return Fail(ErrorCode::kUnsupported, fmt::format("The service {} maps a UDP port to another number.", service.plan.id),
                    fmt::format("Use the same number on both sides: {0}:{0}/udp.", port->container));
      }
      forwards[port->host] = port->container;
    }
  }
  if (forwards.empty()) return {};
  TRY_OK(ForwardPorts(terms_.network_owner, forwards, work_.alive));
  return {};
}

void Worker::ShowLog(const std::string& name, const std::string& id) {
  const Group group(fmt::format("Print service container logs: {}", name));
  auto log = engine_.Logs(id, Engine::Follow::kNo);
  while (log.has_value() && !log->ended()) {
    const auto text = log->Await(kLogPatience);
    if (!text.has_value() || (text->empty() && !log->ended())) break;
    Say(*text);
  }
  SayLine("");
}

Result<void> Worker::AwaitHealth(const Service& service) {
  const containers::HealthCheck check = service.spec.health.value_or(containers::HealthCheck());
  const Duration interval = check.interval == Duration::zero() ? kHealthInterval : check.interval;
  const Instant began = BootNow();
  // Asked more often than it says, it must not be given up sooner.
  const Instant give_up =
      began + check.start_period + check.timeout + interval * (check.retries == 0 ? kHealthRetries : check.retries);
  for (;; ::poll(nullptr, 0, static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(kHealthLook).count()))) {
    TRY(const ContainerFacts facts, engine_.Inspect(service.id));
    if (!facts.running) {
      ShowLog(service.plan.id, service.id);
      return Fail(ErrorCode::kUnavailable,
                  fmt::format("The service {} has ended with exit code {}.", service.plan.id, facts.exit_code));
    }
    if (facts.health == Health::kNone) return {};
    TRY(const Health health, engine_.CheckHealth(service.id));
    if (health == Health::kHealthy) {
      SayLine(fmt::format("{} service is healthy.", service.plan.id));
      return {};
    }
    if (BootNow() < give_up) continue;
    ShowLog(service.plan.id, service.id);
    return Fail(ErrorCode::kUnavailable,
                fmt::format("The service {} is not healthy after {} s.", service.plan.id,
                            std::chrono::duration_cast<std::chrono::seconds>(BootNow() - began).count()),
                "Its log stands above; its check is --health-cmd in its options, or the image's.");
  }
}

Result<void> Worker::WriteOutputs(const std::string& job_container) {
  const std::string network = ContainerName(terms_.folder, "network");
  Json::Object services;
  for (const Service& service : services_) {
    Json::Object ports;
    for (const std::string& text : service.plan.ports) {
      const auto port = workflow::ParseContainerPort(text);
      if (port) ports[std::to_string(port->container)] = std::to_string(port->host == 0 ? port->container : port->host);
    }
    services.emplace(service.plan.id, Json::Object{{"id", service.id}, {"network", network}, {"ports", std::move(ports)}});
  }
  std::string text = fmt::format("{}={}\n", workflow::kNetworkOutput, network);
  if (!job_container.empty()) text += fmt::format("{}={}\n", workflow::kContainerOutput, job_container);
  if (!services.empty()) text += fmt::format("{}={}\n", workflow::kServicesOutput, CanonicalJson(std::move(services)));
  const files::Fd file(::open(work_.output_file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW));
  const bool written = file.is_open() && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  return written ? Result<void>() : Fail(ErrorCode::kUnavailable, "What the containers are cannot be written down.");
}

Result<void> Worker::Begin() {
  std::string job_container;
  for (const ContainerPlan& plan : work_.order.containers->containers) {
    if (!plan.id.empty()) TRY_OK(BeginService(plan));
  }
  for (const ContainerPlan& plan : work_.order.containers->containers) {
    if (!plan.id.empty()) continue;
    const Group group("Starting job container");
    TRY_OK(HaveImage(engine_, plan));
    TRY(const ContainerSpec spec, JobSpec(terms_, plan));
    TRY(job_container, MakeAndStart(spec));
    SayLine(job_container);
  }
  TRY_OK(ForwardServicePorts());
  if (!services_.empty()) {
    const Group group("Waiting for all services to be ready");
    for (const Service& service : services_) TRY_OK(AwaitHealth(service));
  }
  return WriteOutputs(job_container);
}

Result<void> Worker::End() {
  TRY(std::vector<ContainerFacts> all, engine_.List(PlaceLabels(terms_.folder)));
  std::ranges::sort(all, {}, &ContainerFacts::name);
  for (const ContainerPlan& plan : work_.order.containers->containers) {
    const std::string name = ContainerName(terms_.folder, plan.id);
    const auto found = std::ranges::find(all, name, &ContainerFacts::name);
    if (plan.id.empty() || found == all.end()) continue;
    ShowLog(plan.id, found->id);
    SayLine("Stop and remove container: " + plan.id);
    TRY_OK(engine_.Remove(found->id));
  }
  return {};
}

Result<int> Worker::Run() {
  ContainerPlan plan = work_.order.containers->containers.front();
  if (!plan.build_folder.empty()) {
    TRY(plan.image, BuildImage(engine_, terms_, plan));
  } else {
    TRY_OK(HaveImage(engine_, plan));
  }
  TRY(const ContainerSpec spec, ActionSpec(terms_, plan, work_.order));
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGQUIT}) ::sigaddset(&set, number);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  const files::Fd signals(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  TRY(const std::string id, MakeAndStart(spec));
  TRY(containers::LogStream log, engine_.Logs(id, Engine::Follow::kYes));
  int last_signal = 0;
  while (!log.ended()) {
    pollfd polled[] = {{log.fd(), POLLIN, 0}, {signals.get(), POLLIN, 0}};
    TRY(const std::string text, log.Await(Duration::zero()));
    Say(text);
    if (text.empty() && !log.ended()) ::poll(polled, 2, -1);
    signalfd_siginfo signal{};
    while (::read(signals.get(), &signal, sizeof signal) == static_cast<ssize_t>(sizeof signal)) {
      last_signal = static_cast<int>(signal.ssi_signo);
      const char* name = last_signal == SIGINT ? "INT" : last_signal == SIGTERM ? "TERM" : "KILL";
      static_cast<void>(engine_.Kill(id, name));
    }
  }
  TRY(const ContainerFacts ended, engine_.AwaitEnd(id, kEndPatience));
  if (ended.out_of_memory) SayLine("##[error]The container used more memory than it may.");
  static_cast<void>(engine_.Remove(id));
  return ended.exit_code == 0 && last_signal != 0 ? kExitSignalled + last_signal : ended.exit_code;
}

Result<int> Perform(const ContainerWork& work) {
  TRY(Engine engine, OpenEngine());
  Worker worker(work, std::move(engine));
  switch (work.order.containers->task) {
    case ContainerTask::kBegin: TRY_OK(worker.Begin()); return 0;
    case ContainerTask::kEnd: TRY_OK(worker.End()); return 0;
    case ContainerTask::kRun: return worker.Run();
  }
  return 0;
}

}  // namespace

void RunContainerWork(const ContainerWork& work) {
  const Result<int> code = Perform(work);
  if (!code.has_value()) SayLine("##[error]" + ErrorText(code.error()));
  ::_exit(code.value_or(kExitFailed));
}

bool RemoveContainersOf(const PlaceFolder& folder) {
  const Result<Engine> engine = OpenEngine();
  // Where there is none, nothing was made.
  if (!engine.has_value()) return engine.error().code == ErrorCode::kUnsupported;
  const auto all = engine->List(PlaceLabels(folder));
  if (!all.has_value()) return false;
  bool gone = true;
  for (const ContainerFacts& one : *all) gone = engine->Remove(one.id).has_value() && gone;
  for (const std::string& volume : engine->ListVolumes(PlaceLabels(folder)).value_or(std::vector<std::string>()))
    gone = engine->RemoveVolume(volume).has_value() && gone;
  return gone;
}

void RemoveLeftContainers(const std::string& places_folder) {
  const Result<Engine> engine = OpenEngine();
  if (!engine.has_value()) return;
  for (const ContainerFacts& one : engine->List({}).value_or(std::vector<ContainerFacts>())) {
    const auto place = one.labels.find(kPlaceLabel);
    if (place == one.labels.end() || !place->second.starts_with(places_folder + "/")) continue;
    if (!files::FileLock::IsHeld(PlaceFolder{place->second}.lock())) static_cast<void>(engine->Remove(one.id));
  }
}

}  // namespace tuesday::sandbox
