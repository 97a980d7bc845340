// SPDX-License-Identifier: Apache-2.0
// What the outside was seen to do, taken in as snapshots. A lost answer costs a delay, never correctness.
#include <algorithm>
#include <set>
#include <utility>

#include "control/loop/fleet_core.h"

namespace tuesday::control {

namespace {

// What a decision can depend on; cpu and memory are for the recorder only.
bool LooksEqual(const InstanceState& a, const InstanceState& b) {
  return a.id == b.id && a.phase == b.phase && a.ready == b.ready && a.ready_since == b.ready_since &&
         a.restarts == b.restarts && a.port == b.port && a.message == b.message && a.host == b.host;
}

std::string Silence(std::string_view who, std::optional<Instant> asked, Instant now, Duration deadline) {
  if (!asked || now - *asked < deadline) return {};
  return std::string(who) + " did not answer for " + DurationText(now - *asked) + ".";
}

}  // namespace

bool FleetCore::InFlight() const {
  return std::ranges::any_of(entities_, [](const auto& item) {
    const std::optional<rollout::Attempt>& attempt = item.second.stored.status.attempt;
    return attempt && attempt->stage != rollout::Stage::kDone && attempt->stage != rollout::Stage::kAborted;
  });
}

void FleetCore::PollInstances() {
  if (instances_asked_) return;
  instances_asked_ = Now();
  Ask<std::vector<InstanceState>>(
      "observe workloads", [&workloads = ports_.workloads] { return workloads.Observe(); },
      [this](Result<std::vector<InstanceState>> seen) {
        instances_asked_.reset();
        health_.workloads = seen ? "" : seen.error().message;
        if (seen) OnInstances(*std::move(seen));
      });
}

void FleetCore::PollEdge() {
  if (edge_asked_) return;
  edge_asked_ = Now();
  Ask<EdgeSeen>(
      "observe edge", [&router = ports_.router] { return router.Observe(); },
      [this](Result<EdgeSeen> seen) {
        edge_asked_.reset();
        health_.edge = seen ? "" : seen.error().message;
        if (seen) OnEdge(*std::move(seen));
        if (std::exchange(edge_asked_again_, false)) PollEdge();
      });
}

void FleetCore::OnInstances(std::vector<InstanceState> instances) {
  const Instant now = Now();
  if (ports_.observer != nullptr) ports_.observer->OnInstances(instances, now);
  std::ranges::sort(instances, {}, &InstanceState::id);
  std::map<RolloutName, std::vector<InstanceState>> by_rollout;
  for (InstanceState& instance : instances) by_rollout[instance.rollout].push_back(std::move(instance));
  const bool first = !std::exchange(instances_known_, true);
  for (auto& [name, entity] : entities_) {
    std::vector<InstanceState> seen = std::move(by_rollout[name]);
    const bool changed = !std::ranges::equal(seen, entity.instances, LooksEqual);
    entity.instances = std::move(seen);
    if (!changed && !first) continue;
    Notify(entity);
    RestateRouteIfChanged(entity);
    Consider(name);
  }
  std::erase_if(by_rollout, [this](const auto& item) { return entities_.contains(item.first); });
  TakeOrphans(std::move(by_rollout));
}

void FleetCore::OnEdge(EdgeSeen seen) {
  if (ports_.observer != nullptr) ports_.observer->OnEdge(seen, Now());
  TakeOrphanRoutes(seen);
  for (auto& [name, entity] : entities_) {
    const auto found = seen.routes.find(name);
    // An edge that answers and does not know the rollout is at epoch 0: that too is an answer.
    rollout::RouteSeen route = found == seen.routes.end() ? rollout::RouteSeen{} : std::move(found->second);
    if (entity.route == route) continue;
    const bool visible = !entity.route || entity.route->route != route.route || entity.route->serving != route.serving;
    entity.route = std::move(route);
    LookAfterRestore(entity);
    if (visible) Notify(entity);
    Consider(name);
  }
}

void FleetCore::OnBatch(const EdgeBatch& batch) {
  if (ports_.observer != nullptr) ports_.observer->OnBatch(batch, Now());
}

void FleetCore::Tick() {
  if (!recovered_) return;
  const Instant now = Now();
  if (const std::string silent = Silence("The workloads", instances_asked_, now, settings_.observe_deadline); !silent.empty()) {
    health_.workloads = silent;
  }
  if (const std::string silent = Silence("The edge", edge_asked_, now, settings_.observe_deadline); !silent.empty()) {
    health_.edge = silent;
  }
  PollInstances();
  PollEdge();
  for (const auto& [name, entity] : entities_) Consider(name);
}

void FleetCore::PollInstancesForEver() {
  PollInstances();
  At(Now() + settings_.instances_poll, [this] { PollInstancesForEver(); });
}

void FleetCore::PollEdgeForEver() {
  PollEdge();
  At(Now() + (InFlight() ? settings_.edge_poll_in_flight : settings_.edge_poll), [this] { PollEdgeForEver(); });
}

}  // namespace tuesday::control
