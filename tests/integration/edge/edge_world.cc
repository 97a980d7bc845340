// SPDX-License-Identifier: Apache-2.0
#include "edge_world.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "adapters/files/files.h"
#include "adapters/haproxy/supervisor/supervisor.h"
#include "adapters/supervise/json_server.h"
#include "adapters/supervise/poll_loop.h"
#include "adapters/supervise/process.h"
#include "load.h"
#include "responder.h"

namespace tuesday::testing {
namespace {

constexpr Duration kPatience = std::chrono::seconds(10);
constexpr int kPollMs = 5;

void ActAtStep(const std::string& folder, std::string_view step, pid_t worker) {
  const std::string path = folder + "/kill-at";
  const Result<std::string> text = files::ReadFile(path);
  if (!text) return;
  if (*text == fmt::format("{} supervisor", step)) {
    ::unlink(path.c_str());
    ::kill(::getpid(), SIGKILL);
  } else if (*text == fmt::format("{} worker", step)) {
    ::unlink(path.c_str());
    if (worker > 0) ::kill(worker, SIGKILL);
  }
}

}  // namespace

bool RunAsHelper(int argc, char** argv) {
  const std::string what = argc > 2 ? argv[1] : "";
  if (what == "responder") RunResponder(std::atoi(argv[2]), argv[3]);
  if (what != "supervisor") return false;
  const std::string folder = argv[2];
  haproxy::EdgeSupervisorOptions options;
  options.folder = folder;
  options.at_step = [folder](std::string_view step, pid_t worker) { ActAtStep(folder, step, worker); };
  if (const Result<void> ran = haproxy::RunEdgeSupervisor(options); !ran) fmt::print(stderr, "{}\n", ErrorText(ran.error()));
  return true;
}

bool Eventually(const std::function<bool()>& condition) {
  const Instant deadline = supervise::BootNow() + kPatience;
  while (!condition()) {
    if (supervise::BootNow() > deadline) return false;
    ::poll(nullptr, 0, kPollMs);
  }
  return true;
}

EdgeWorld::EdgeWorld() : folder_(temporary_.path("edge")), port_(FreePort()), tls_port_(FreePort()) {
  // HAProxy gives up its rights and must still reach the log socket.
  ::chmod(temporary_.path().c_str(), 0711);
  haproxy::RouterOptions options;
  options.folder = folder_;
  options.listeners = {{"127.0.0.1", static_cast<std::uint16_t>(port_), haproxy::ListenerKind::kHttp},
                       {"127.0.0.1", static_cast<std::uint16_t>(tls_port_), haproxy::ListenerKind::kTls}};
  options.log_socket = temporary_.path("log.sock");
  options.supervisor_argv = {supervise::OwnProgram(), "supervisor", folder_};
  router_ = std::make_unique<haproxy::HaproxyRouter>(options);
}

EdgeWorld::~EdgeWorld() {
  for (const auto& [id, instance] : instances_) ::kill(instance.first.pid, SIGKILL);
  const pid_t haproxy = HaproxyPid();
  const pid_t supervisor = SupervisorPid();
  (void)supervise::Call(haproxy::EdgeSocketPath(folder_), {{"op", "stop"}}, kPatience);
  if (supervisor > 0) ::kill(supervisor, SIGKILL);
  if (haproxy > 0) ::kill(haproxy, SIGKILL);
  feed_.reset();
}

void EdgeWorld::AddInstance(const std::string& id) {
  const int port = FreePort();
  supervise::SpawnPlan plan;
  plan.argv = {supervise::OwnProgram(), "responder", std::to_string(port), id};
  plan.environment = supervise::OwnEnvironment();
  plan.on_parent_death = supervise::OnParentDeath::kDie;
  const Result<supervise::Process> process = supervise::Spawn(plan);
  CHECK(process.has_value(), "the responder does not start");
  instances_[id] = {*process, port};
  CHECK(Eventually([&] { return Get(port, "x", "/").status == 200; }), "the responder does not answer");
}

void EdgeWorld::KillInstance(const std::string& id) {
  ::kill(instances_.at(id).first.pid, SIGKILL);
  ::waitpid(instances_.at(id).first.pid, nullptr, 0);
}

RouteSpec EdgeWorld::Spec(std::uint64_t epoch, int stable, int canary, int permille,
                          const std::map<int, std::vector<std::string>>& slots) const {
  RouteSpec spec;
  spec.rollout = {Namespace("prod"), "api"};
  spec.route = {Epoch{epoch}, stable, canary, Weight::Permille(permille), {}};
  spec.rules = {{"api.test", "/", false}};
  for (const auto& [slot, ids] : slots) {
    rollout::SlotUse use{slot, RevisionId(fmt::format("rev{}", slot)), {}};
    for (const std::string& id : ids) {
      use.instances.emplace_back(id);
      spec.endpoints[InstanceId(id)] = {"127.0.0.1", static_cast<std::uint16_t>(instances_.at(id).second)};
    }
    spec.route.slots.push_back(std::move(use));
  }
  return spec;
}

void EdgeWorld::StartFeed() {
  auto feed = haproxy::HaproxyFeed::Listen(temporary_.path("log.sock"), [this] { return router_->Failed(); });
  CHECK(feed.has_value(), "the feed cannot listen");
  feed_ = std::move(*feed);
  feed_->Start([this](const EdgeBatch& batch) {
    const std::lock_guard lock(mutex_);
    sums_.lines += batch.lines;
    sums_.unreadable += batch.unreadable;
    for (const RequestTally& tally : batch.tallies) {
      for (const auto& [status, count] : tally.by_status) {
        sums_.by_status[status] += count;
        sums_.by_instance[tally.instance.str()] += count;
      }
      for (const std::uint64_t count : tally.duration.buckets) sums_.requests += count;
    }
  });
}

FeedSums EdgeWorld::sums() {
  const std::lock_guard lock(mutex_);
  return sums_;
}

pid_t EdgeWorld::HaproxyPid() {
  const Result<Json> hello = supervise::Call(haproxy::EdgeSocketPath(folder_), {{"op", "hello"}}, kPatience);
  return hello ? static_cast<pid_t>(hello->At("process").IntOr(0)) : 0;
}

pid_t EdgeWorld::SupervisorPid() {
  const Result<Json> hello = supervise::Call(haproxy::EdgeSocketPath(folder_), {{"op", "hello"}}, kPatience);
  return hello ? static_cast<pid_t>(hello->At("supervisor").IntOr(0)) : 0;
}

std::int64_t EdgeWorld::HaproxyCpuTicks() {
  const auto usage = supervise::UsageOf({HaproxyPid(), supervise::StartTicksOf(HaproxyPid())});
  return usage ? static_cast<std::int64_t>(usage->cpu_seconds * 100) : 0;
}

bool EdgeWorld::IsServing(const std::string& instance) {
  const Result<EdgeSeen> seen = router_->Observe();
  if (!seen) return false;
  const auto route = seen->routes.find({Namespace("prod"), "api"});
  if (route == seen->routes.end()) return false;
  for (const InstanceId& id : route->second.serving) {
    if (id.str() == instance) return true;
  }
  return false;
}

void EdgeWorld::KillAt(const std::string& step, const std::string& victim) const {
  const Result<void> written = files::ReplaceFile(folder_ + "/kill-at", step + " " + victim);
  CHECK(written.has_value(), "the order to kill cannot be written");
}

}  // namespace tuesday::testing
