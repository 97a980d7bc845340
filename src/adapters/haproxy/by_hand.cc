// SPDX-License-Identifier: Apache-2.0
#include "adapters/haproxy/by_hand.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>

#include "adapters/files/files.h"
#include "adapters/haproxy/edge/config.h"
#include "adapters/haproxy/supervisor/supervisor.h"
#include "adapters/supervise/json_server.h"
#include "adapters/supervise/spawn.h"

namespace tuesday::haproxy {
namespace {

constexpr Duration kAnswerTime = std::chrono::seconds(3);
constexpr Duration kChangeTime = std::chrono::seconds(20);
constexpr int kHelloTries = 500;
constexpr int kHelloPollMs = 10;
// A daemon that is cut off, or comes back, may be about to ask for the next few epochs: they shall all be too old.
constexpr std::uint64_t kEpochLeap = 1'000;
// Somebody else may change the edge between our look and our word.
constexpr int kTries = 3;

const EdgeSlot* FindSlot(const EdgeRollout& route, int slot) {
  const auto found = std::ranges::find(route.slots, slot, &EdgeSlot::slot);
  return found == route.slots.end() ? nullptr : &*found;
}

RevisionId RevisionAt(const EdgeRollout& route, int slot) {
  const EdgeSlot* found = FindSlot(route, slot);
  return found == nullptr ? RevisionId() : found->revision;
}

Result<void> CheckAnswers(const EdgeRollout& route, int slot, const std::set<InstanceId>& up) {
  const EdgeSlot* found = FindSlot(route, slot);
  const bool answers = found != nullptr && std::ranges::any_of(found->servers, [&](const SlotServer& server) {
                         return up.contains(server.instance);
                       });
  if (answers) return {};
  return Fail(ErrorCode::kConflict,
              fmt::format("Nothing was changed: no instance of revision {} of {} answers, so nobody would take the requests.",
                          RevisionAt(route, slot).str(), route.name.Text()),
              "Start the daemon: it starts instances of the revision before (`tuesday serve`, then `tuesday rollback`).");
}

Result<void> EnsureSupervisor(const std::string& folder, const std::vector<std::string>& argv) {
  const std::string socket = EdgeSocketPath(folder);
  if (supervise::Call(socket, {{"op", "hello"}}, kAnswerTime)) return {};
  if (!files::Exists(folder + "/edge.json")) {
    return Fail(ErrorCode::kUnavailable, fmt::format("There is no edge in {}.", folder),
                "Is --state the daemon's state folder?");
  }
  supervise::SpawnPlan plan;
  plan.argv = argv;
  plan.environment = supervise::OwnEnvironment();
  TRY_OK(supervise::SpawnDetached(plan, folder + "/supervisor.log"));
  for (int i = 0; i < kHelloTries; ++i) {
    if (supervise::Call(socket, {{"op", "hello"}}, kAnswerTime)) return {};
    ::poll(nullptr, 0, kHelloPollMs);
  }
  return Fail(ErrorCode::kUnavailable, "The edge's supervisor does not answer.",
              fmt::format("Its words are in {}/supervisor.log.", folder));
}

// Own servers of any slot of the rollout that the edge's checks find up.
std::set<InstanceId> UpServers(const Json& observed, const RolloutName& rollout) {
  std::set<std::string> backends;
  for (int slot = 0; slot < rollout::kSlotsMax; ++slot) backends.insert(BackendName(rollout, slot));
  std::set<InstanceId> up;
  const Json::Array* servers = observed.At("servers").as_array();
  if (servers == nullptr) return up;
  for (const Json& server : *servers) {
    const std::string name = server.At("name").StringOr("");
    const bool own = ParseServerName(name).slot < 0 && backends.contains(server.At("backend").StringOr(""));
    if (own && server.At("up").BoolOr(false)) up.insert(InstanceId(name));
  }
  return up;
}

Result<TakenBack> TryOnce(const std::string& socket, const ByHandOrder& order) {
  TRY(const Json answer, supervise::Call(socket, {{"op", "get_edge"}}, kAnswerTime));
  if (answer.At("edge").as_object() == nullptr) {
    return Fail(ErrorCode::kUnavailable, "The edge's supervisor does not know what is in force: edge.json is damaged too.",
                "Put a backup's edge.json back, or start a daemon with a database that reads.");
  }
  TRY(Edge edge, ParseEdge(answer.At("edge")));
  const auto route = std::ranges::find(edge.rollouts, order.rollout, &EdgeRollout::name);
  if (route == edge.rollouts.end()) {
    return Fail(ErrorCode::kNotFound, fmt::format("The edge knows no rollout {}.", order.rollout.Text()));
  }
  TRY(const Json observed, supervise::Call(socket, {{"op", "observe"}}, kAnswerTime));
  const EdgeRollout before = *route;
  TRY(TakenBack taken, TurnBack(*route, order, UpServers(observed, order.rollout)));
  if (before == *route) return taken;
  const std::string wanted = RouteText(*route);
  TRY(const Json changed,
      supervise::Call(socket,
                      {{"op", "set_edge"}, {"generation", answer.At("generation").IntOr(0) + 1}, {"edge", EdgeJson(edge)}},
                      kChangeTime));
  if (changed.At("routes").At(RolloutKey(order.rollout)).StringOr("") == wanted) return taken;
  return Fail(ErrorCode::kUnavailable, "The edge took the route, and does not read it back yet.", "Say it again.");
}

}  // namespace

Result<TakenBack> TurnBack(EdgeRollout& route, const ByHandOrder& order, const std::set<InstanceId>& up) {
  const bool has_canary = route.canary_slot != route.stable_slot;
  if (route.by_hand && !has_canary) {
    if (!order.reason.empty()) route.by_hand->reason = order.reason;
    return TakenBack{TakenBack::Kind::kAlready, route.by_hand->from, route.by_hand->to};
  }
  const int from = has_canary ? route.canary_slot : route.stable_slot;
  const int to = has_canary ? route.stable_slot : route.back_slot;
  if (to < 0) {
    return Fail(ErrorCode::kConflict,
                fmt::format("Nothing was changed: all requests of {} go to revision {}, and no version before it stands by.",
                            route.name.Text(), RevisionAt(route, route.stable_slot).str()),
                "Start the daemon: it starts instances of the revision before (`tuesday serve`, then `tuesday rollback`).");
  }
  TRY_OK(CheckAnswers(route, to, up));
  route.by_hand = rollout::ByHand{RevisionAt(route, from), RevisionAt(route, to), order.by, order.reason, order.at};
  route.stable_slot = to;
  route.canary_slot = to;
  route.weight = kNoWeight;
  route.back_slot = -1;
  route.epoch.value += kEpochLeap;
  return TakenBack{has_canary ? TakenBack::Kind::kCanary : TakenBack::Kind::kPredecessor, route.by_hand->from,
                   route.by_hand->to};
}

Result<TakenBack> TakeBackByHand(const std::string& folder, const std::vector<std::string>& supervisor_argv,
                                 const ByHandOrder& order) {
  TRY_OK(EnsureSupervisor(folder, supervisor_argv));
  Result<TakenBack> taken = Fail(ErrorCode::kInternal, "Nobody tried.");
  for (int i = 0; i < kTries; ++i) {
    taken = TryOnce(EdgeSocketPath(folder), order);
    if (taken || taken.error().code != ErrorCode::kStale) break;
  }
  return taken;
}

}  // namespace tuesday::haproxy
