// SPDX-License-Identifier: Apache-2.0
#include "adapters/haproxy/router.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "adapters/files/files.h"
#include "adapters/haproxy/edge/config.h"
#include "adapters/haproxy/supervisor/supervisor.h"
#include "adapters/supervise/json_server.h"
#include "adapters/supervise/spawn.h"

namespace tuesday::haproxy {
namespace {

constexpr Duration kChangeTime = std::chrono::seconds(20);  // A first start with its check of the configuration.
constexpr Duration kLookTime = std::chrono::seconds(3);
constexpr Duration kFailedTime = std::chrono::milliseconds(500);
constexpr Duration kHelloTime = std::chrono::seconds(5);
constexpr int kHelloPollMs = 10;

// "EPOCH:STABLE:CANARY:WEIGHT[:sticky]"
struct RouteRead {
  std::uint64_t epoch = 0;
  int stable = 0;
  int canary = 0;
  int weight = 0;
};

std::optional<RouteRead> ReadRoute(std::string_view text) {
  RouteRead out;
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto number = [&](auto& value, bool last) {
    const auto [next, error] = std::from_chars(at, end, value);
    if (error != std::errc()) return false;
    at = next;
    if (last) return at == end || *at == ':';
    return at != end && *at++ == ':';
  };
  if (!number(out.epoch, false) || !number(out.stable, false) || !number(out.canary, false) || !number(out.weight, true))
    return std::nullopt;
  if (out.weight < 0 || out.weight > 1000) return std::nullopt;
  return out;
}

std::optional<RouteRead> RouteIn(const Json& answer, const RolloutName& rollout) {
  return ReadRoute(answer.At("routes").At(RolloutKey(rollout)).StringOr(""));
}

void AddServer(const Json& json, std::map<InstanceId, ServerSeen>& servers, rollout::RouteSeen& seen) {
  const std::string backend = json.At("backend").StringOr("");
  const std::string name = json.At("name").StringOr("");
  const ServerName parts = ParseServerName(name);
  const int slot = parts.slot >= 0 ? parts.slot : backend.back() - '0';
  ServerSeen& server = servers[InstanceId(std::string(parts.instance))];
  server.instance = InstanceId(std::string(parts.instance));
  server.slot = slot;
  server.open += json.At("open").IntOr(0);
  server.queued += json.At("queued").IntOr(0);
  server.total += json.At("total").IntOr(0);
  if (parts.slot < 0 && json.At("up").BoolOr(false)) server.up = true;
  seen.open_connections[slot] += static_cast<int>(json.At("open").IntOr(0));
}

}  // namespace

Result<void> HaproxyRouter::StartSupervisor() {
  const std::lock_guard lock(start_mutex_);
  const std::string socket = EdgeSocketPath(options_.folder);
  if (supervise::Call(socket, {{"op", "hello"}}, kLookTime)) return {};
  if (options_.supervisor_argv.empty()) return Fail(ErrorCode::kUnavailable, "The edge's supervisor is not there.");
  TRY_OK(files::MakeFolders(options_.folder, 0711));
  supervise::SpawnPlan plan;
  plan.argv = options_.supervisor_argv;
  plan.environment = supervise::OwnEnvironment();
  TRY_OK(supervise::SpawnDetached(plan, options_.folder + "/supervisor.log"));
  const int tries = static_cast<int>(kHelloTime / std::chrono::milliseconds(kHelloPollMs));
  for (int i = 0; i < tries; ++i) {
    if (supervise::Call(socket, {{"op", "hello"}}, kLookTime)) return {};
    ::poll(nullptr, 0, kHelloPollMs);
  }
  return Fail(ErrorCode::kUnavailable, "The edge's supervisor does not answer.",
              fmt::format("Its words are in {}/supervisor.log.", options_.folder));
}

Result<Json> HaproxyRouter::Ask(const Json::Object& request, Duration time_max) {
  const std::string socket = EdgeSocketPath(options_.folder);
  if (supervise::Call(socket, {{"op", "hello"}}, kLookTime)) return supervise::Call(socket, request, time_max);
  TRY_OK(StartSupervisor());
  return supervise::Call(socket, request, time_max);
}

void HaproxyRouter::Forget() {
  const std::lock_guard lock(mutex_);
  loaded_ = false;
}

Result<void> HaproxyRouter::LoadLocked() {
  if (loaded_) return {};
  TRY(const Json answer, Ask({{"op", "get_edge"}}, kLookTime));
  current_ = {};
  current_.generation = static_cast<std::uint64_t>(answer.At("generation").IntOr(0));
  if (answer.At("edge").as_object() != nullptr) {
    TRY(current_.edge, ParseEdge(answer.At("edge")));
  }
  current_.edge.listeners = options_.listeners;
  std::ranges::sort(current_.edge.listeners);
  current_.edge.log_socket = options_.log_socket;
  loaded_ = true;
  return {};
}

Result<Json> HaproxyRouter::Send(const Change& change) {
  return Ask(
      {{"op", "set_edge"}, {"generation", static_cast<std::int64_t>(change.generation)}, {"edge", EdgeJson(change.edge)}},
      kChangeTime);
}

Result<void> HaproxyRouter::Open() {
  Change change;
  {
    const std::lock_guard lock(mutex_);
    TRY_OK(LoadLocked());
    ++current_.generation;
    change = current_;
  }
  if (const Result<Json> answer = Send(change); !answer) {
    Forget();
    return std::unexpected(answer.error());
  }
  return {};
}

Result<Epoch> HaproxyRouter::SetRoute(const RouteSpec& spec) {
  TRY(EdgeRollout wanted, RolloutOf(spec));
  Change change;
  {
    const std::lock_guard lock(mutex_);
    TRY_OK(LoadLocked());
    auto& rollouts = current_.edge.rollouts;
    const auto at = std::ranges::lower_bound(rollouts, wanted.name, {}, &EdgeRollout::name);
    const bool known = at != rollouts.end() && at->name == wanted.name;
    if (known && wanted.epoch < at->epoch) {
      return Fail(ErrorCode::kStale, fmt::format("Epoch {} of {} is older than {}, which is in force.", wanted.epoch.value,
                                                 wanted.name.Text(), at->epoch.value));
    }
    Edge merged = current_.edge;
    auto& slots = merged.rollouts;
    if (known) {
      slots[static_cast<std::size_t>(at - rollouts.begin())] = std::move(wanted);
    } else {
      slots.insert(slots.begin() + (at - rollouts.begin()), std::move(wanted));
    }
    TRY_OK(CheckEdge(merged));
    current_.edge = std::move(merged);
    ++current_.generation;
    change = current_;
  }
  Result<Json> answer = Send(change);
  if (!answer) {
    // What is in force is only known by asking again.
    Forget();
    if (answer.error().code != ErrorCode::kStale) return std::unexpected(answer.error());
    // A later change, which carries this one, may have come first.
    Result<Json> seen = Ask({{"op", "observe"}}, kLookTime);
    const auto route = seen ? RouteIn(*seen, spec.rollout) : std::nullopt;
    if (!route || route->epoch != spec.route.epoch.value) return std::unexpected(answer.error());
    return spec.route.epoch;
  }
  const auto route = RouteIn(*answer, spec.rollout);
  if (!route)
    return Fail(ErrorCode::kUnavailable, fmt::format("The edge did not read back the route of {}.", spec.rollout.Text()));
  return Epoch{route->epoch};
}

Result<void> HaproxyRouter::RemoveRoute(const RolloutName& rollout) {
  Change change;
  {
    const std::lock_guard lock(mutex_);
    TRY_OK(LoadLocked());
    if (std::erase_if(current_.edge.rollouts, [&](const EdgeRollout& known) { return known.name == rollout; }) == 0) return {};
    ++current_.generation;
    change = current_;
  }
  if (const Result<Json> answer = Send(change); !answer) {
    Forget();
    return std::unexpected(answer.error());
  }
  return {};
}

Result<EdgeSeen> HaproxyRouter::Observe() {
  TRY(const Json answer, Ask({{"op", "observe"}}, kLookTime));
  Edge edge;
  {
    const std::lock_guard lock(mutex_);
    TRY_OK(LoadLocked());
    edge = current_.edge;
  }
  const bool changed_by_others = std::ranges::any_of(edge.rollouts, [&](const EdgeRollout& rollout) {
    const auto route = RouteIn(answer, rollout.name);
    return route && route->epoch > rollout.epoch.value;
  });
  if (changed_by_others) {
    // Somebody put a route back by hand while we did not answer.
    const std::lock_guard lock(mutex_);
    loaded_ = false;
    TRY_OK(LoadLocked());
    edge = current_.edge;
  }
  EdgeSeen out;
  out.process = answer.At("process").IntOr(0);
  for (const EdgeRollout& rollout : edge.rollouts) {
    const auto route = RouteIn(answer, rollout.name);
    if (!route) continue;
    rollout::RouteSeen seen;
    seen.route = RouteOf(rollout);
    seen.route.epoch = Epoch{route->epoch};
    seen.route.stable_slot = route->stable;
    seen.route.canary_slot = route->canary;
    seen.route.weight = Weight::Permille(route->weight);
    if (route->epoch == rollout.epoch.value) seen.by_hand = rollout.by_hand;
    std::set<std::string> backends;
    for (int slot = 0; slot < rollout::kSlotsMax; ++slot) backends.insert(BackendName(rollout.name, slot));
    std::map<InstanceId, ServerSeen> servers;
    if (const Json::Array* all = answer.At("servers").as_array(); all != nullptr) {
      for (const Json& server : *all) {
        if (backends.contains(server.At("backend").StringOr(""))) AddServer(server, servers, seen);
      }
    }
    std::vector<ServerSeen>& list = out.servers[rollout.name];
    for (const auto& [instance, server] : servers) {
      if (server.up) seen.serving.push_back(instance);
      list.push_back(server);
    }
    out.routes.emplace(rollout.name, std::move(seen));
  }
  return out;
}

Result<FailedSeen> HaproxyRouter::Failed() {
  TRY(const Json answer, supervise::Call(EdgeSocketPath(options_.folder), {{"op", "observe"}}, kFailedTime));
  FailedSeen out;
  out.process = answer.At("process").IntOr(0);
  if (const Json::Array* servers = answer.At("servers").as_array(); servers != nullptr) {
    for (const Json& server : *servers) {
      out.by_server.emplace(
          server.At("backend").StringOr("") + " " + server.At("name").StringOr(""),
          FailedSeen::Counts{server.At("failed").IntOr(0), server.At("unanswered").IntOr(0), server.At("open").IntOr(0)});
    }
  }
  return out;
}

}  // namespace tuesday::haproxy
