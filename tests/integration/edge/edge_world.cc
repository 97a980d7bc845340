// SPDX-License-Identifier: Apache-2.0
#include "edge_world.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "adapters/files/files.h"
#include "adapters/haproxy/edge/changes.h"
#include "adapters/haproxy/supervisor/runtime.h"
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

// Also a HAProxy that outlived its supervisor: with nobody at its log socket it would turn round for ever.
void KillAllThatName(const std::string& folder) {
  for (const auto& process : std::filesystem::directory_iterator("/proc")) {
    const std::string name = process.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos || std::stoi(name) == ::getpid()) continue;
    std::ifstream file(process.path() / "cmdline", std::ios::binary);
    const std::string words{std::istreambuf_iterator<char>(file), {}};
    if (words.find(folder) != std::string::npos) ::kill(std::stoi(name), SIGKILL);
  }
}

void ActAtStep(const std::string& folder, std::string_view step, pid_t worker) {
  const std::string path = folder + "/kill-at";
  const Result<std::string> text = files::ReadFile(path);
  if (!text) return;
  const std::size_t blank = text->find(' ');
  const std::string when = text->substr(0, blank);
  const std::string victim = text->substr(blank + 1);
  if (const std::size_t colon = when.find(':'); colon != std::string::npos) {
    if (when.substr(0, colon) != step) return;
    if (const int left = std::atoi(when.c_str() + colon + 1); left > 1) {
      (void)files::ReplaceFile(path, fmt::format("{}:{} {}", step, left - 1, victim));
      return;
    }
  } else if (when != step) {
    return;
  }
  ::unlink(path.c_str());
  if (victim == "supervisor") ::kill(::getpid(), SIGKILL);
  if (victim == "worker" && worker > 0) ::kill(worker, SIGKILL);
  if (victim == "caller") {
    const Result<std::string> pid = files::ReadFile(folder + "/caller.pid");
    if (pid) ::kill(std::atoi(pid->c_str()), SIGKILL);
  }
}

// Sends the request in FOLDER/call.json to the supervisor.
void RunCaller(const std::string& folder) {
  const Result<std::string> text = files::ReadFile(folder + "/call.json");
  const Result<Json> request = text ? ParseJson(*text) : std::unexpected(text.error());
  CHECK(request && request->as_object() != nullptr, "there is nothing to send");
  CHECK(files::ReplaceFile(folder + "/caller.pid", std::to_string(::getpid())).has_value(), "the pid cannot be written");
  (void)supervise::Call(haproxy::EdgeSocketPath(folder), *request->as_object(), kPatience);
}

}  // namespace

bool RunAsHelper(int argc, char** argv) {
  const std::string what = argc > 2 ? argv[1] : "";
  if (what == "responder") RunResponder(std::atoi(argv[2]), argv[3]);
  if (what == "caller") {
    RunCaller(argv[2]);
    return true;
  }
  if (what != "supervisor") return false;
  const std::string folder = argv[2];
  haproxy::EdgeSupervisorOptions options;
  options.folder = folder;
  options.drain = std::chrono::milliseconds(std::atoi(argv[3]));
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

EdgeWorld::EdgeWorld(Duration drain) : folder_(temporary_.path("edge")), port_(FreePort()), tls_port_(FreePort()) {
  // HAProxy gives up its rights and must still reach the log socket.
  ::chmod(temporary_.path().c_str(), 0711);
  haproxy::RouterOptions options;
  options.folder = folder_;
  options.listeners = {{"127.0.0.1", static_cast<std::uint16_t>(port_), haproxy::ListenerKind::kHttp},
                       {"127.0.0.1", static_cast<std::uint16_t>(tls_port_), haproxy::ListenerKind::kTls}};
  options.log_socket = temporary_.path("log.sock");
  options.supervisor_argv = {supervise::OwnProgram(), "supervisor", folder_,
                             std::to_string(drain / std::chrono::milliseconds(1))};
  router_ = std::make_unique<haproxy::HaproxyRouter>(options);
}

EdgeWorld::~EdgeWorld() {
  for (const auto& [id, instance] : instances_) ::kill(instance.first.pid, SIGKILL);
  (void)supervise::Call(haproxy::EdgeSocketPath(folder_), {{"op", "stop"}}, kPatience);
  KillAllThatName(folder_);
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
  auto feed = haproxy::HaproxyFeed::Listen(temporary_.path("log.sock"), [this] {
    Result<haproxy::FailedSeen> failed = router_->Failed();
    const std::lock_guard lock(mutex_);
    if (failed) ++sums_.looks;
    return failed;
  });
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
        sums_.by_slot[tally.slot] += count;
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

std::string EdgeWorld::ServerStatus(const std::string& backend, const std::string& name) const {
  const auto answers =
      haproxy::RuntimeApi(folder_ + "/haproxy/" + std::string(haproxy::kAdminSocketName)).Ask({"show stat -1 4 -1"});
  const Result<haproxy::SeenStat> stat = answers ? haproxy::ParseStat(answers->front()) : std::unexpected(answers.error());
  if (!stat) return {};
  for (const haproxy::SeenServer& server : stat->servers) {
    if (server.backend == backend && server.name == name) return server.status;
  }
  return {};
}

std::int64_t EdgeWorld::ServerCount(const std::string& backend, const std::string& name, const std::string& column) const {
  const auto answers =
      haproxy::RuntimeApi(folder_ + "/haproxy/" + std::string(haproxy::kAdminSocketName)).Ask({"show stat -1 4 -1"});
  if (!answers) return -1;
  const auto cells = [](const std::string& line) {
    std::vector<std::string> parts;
    std::istringstream text(line);
    for (std::string part; std::getline(text, part, ',');) parts.push_back(part);
    return parts;
  };
  std::istringstream lines(answers->front());
  std::string line;
  std::getline(lines, line);
  const std::vector<std::string> header = cells(line);
  const auto place = std::ranges::find(header, column) - header.begin();
  while (std::getline(lines, line)) {
    const std::vector<std::string> row = cells(line);
    if (row.size() > static_cast<std::size_t>(place) && row[0] == backend && row[1] == name) {
      return std::atoll(row[static_cast<std::size_t>(place)].c_str());
    }
  }
  return -1;
}

bool EdgeWorld::HasKilled() const {
  const std::string path = folder_ + "/kill-at";
  if (!files::Exists(path)) return true;
  ::unlink(path.c_str());
  return false;
}

void EdgeWorld::SetRouteFromOutside(const RouteSpec& spec) {
  const Result<Json> now = supervise::Call(haproxy::EdgeSocketPath(folder_), {{"op", "get_edge"}}, kPatience);
  CHECK(now.has_value(), "the supervisor does not answer");
  Result<haproxy::Edge> edge = haproxy::ParseEdge(now->At("edge"));
  CHECK(edge.has_value() && edge->rollouts.size() == 1, "the edge has one rollout");
  edge->rollouts[0] = *haproxy::RolloutOf(spec);
  const Json::Object request{
      {"op", "set_edge"}, {"generation", now->At("generation").IntOr(0) + 1}, {"edge", haproxy::EdgeJson(*edge)}};
  CHECK(files::ReplaceFile(folder_ + "/call.json", CanonicalJson(request)).has_value(), "the call cannot be written");
  supervise::SpawnPlan plan;
  plan.argv = {supervise::OwnProgram(), "caller", folder_};
  plan.environment = supervise::OwnEnvironment();
  const Result<supervise::Process> process = supervise::Spawn(plan);
  CHECK(process.has_value(), "the caller does not start");
  ::waitpid(process->pid, nullptr, 0);
}

void EdgeWorld::KillAt(const std::string& step, const std::string& victim) const {
  const Result<void> written = files::ReplaceFile(folder_ + "/kill-at", step + " " + victim);
  CHECK(written.has_value(), "the order to kill cannot be written");
}

}  // namespace tuesday::testing
