// SPDX-License-Identifier: Apache-2.0
// A small obedient world for unit tests: instances become ready, the edge acknowledges, unless a test says otherwise. Tests
// only.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "core/rollout/reconcile.h"

namespace tuesday::rollout {

inline Spec SixReplicas(std::vector<Step> steps) {
  Spec spec;
  spec.name = {Namespace("default"), "api"};
  spec.uid = Uid("u1");
  spec.generation = Generation{1};
  spec.replicas = 6;
  spec.canary.traffic_routed = true;
  spec.canary.steps = std::move(steps);
  spec.revision = RevisionId("v1");
  return spec;
}

// Obeys what it is told, one look at a time. Members are public: tests bend them.
class Bench {
 public:
  explicit Bench(Spec spec_in) : spec(std::move(spec_in)) {}

  Outcome Decide() {
    last = Reconcile(spec, status, world, now);
    status = last.status;
    for (const audit::Entry& entry : last.entries) told.push_back(entry.kind);
    return last;
  }

  // Makes true what was asked for.
  void Obey() {
    for (const Effect& effect : last.effects) {
      if (const auto* count = std::get_if<CountTarget>(&effect)) SetCount(*count);
      if (const auto* route = std::get_if<RouteTarget>(&effect)) Route(route->route);
    }
  }

  void SetCount(const CountTarget& target) {
    const OrdinalRange out = target.out.value_or(OrdinalRange{});
    const auto runs = [&](int ordinal) { return ordinal < target.count && (ordinal < out.begin || ordinal >= out.end); };
    std::erase_if(world.instances,
                  [&](const InstanceSeen& seen) { return seen.revision == target.revision && !runs(seen.ordinal); });
    for (int ordinal = 0; ordinal < target.count; ++ordinal) {
      if (!runs(ordinal)) continue;
      const InstanceId id(target.revision.str() + "-" + std::to_string(ordinal));
      if (std::ranges::find(world.instances, id, &InstanceSeen::id) != world.instances.end()) continue;
      world.instances.push_back({.id = id,
                                 .revision = target.revision,
                                 .ready = ready_at_once,
                                 .ready_since = now,
                                 .started_at = now,
                                 .ordinal = ordinal});
    }
    std::ranges::sort(world.instances, {}, &InstanceSeen::id);
  }

  void Route(const rollout::Route& route) {
    world.route = RouteSeen{.route = route, .serving = {}, .open_connections = open_connections};
    for (const SlotUse& use : route.slots) {
      world.route->serving.insert(world.route->serving.end(), use.instances.begin(), use.instances.end());
    }
    std::ranges::sort(world.route->serving);
  }

  void Settle(int rounds = 20) {
    for (int i = 0; i < rounds; ++i) {
      Decide();
      Obey();
    }
  }

  void Gate(gate::Verdict verdict, std::string reason = "reason") {
    world.gate = GateSeen{status.attempt->id, {verdict, std::move(reason), {}}};
  }

  void SetReady(const std::string& revision, bool ready) {
    for (InstanceSeen& seen : world.instances) {
      if (seen.revision.str() != revision) continue;
      seen.ready = ready;
      seen.ready_since = ready ? std::optional(now) : std::nullopt;
    }
  }

  // v1 stable, v2 applied and settled on its first step.
  void StartSecond() {
    Settle();
    spec.revision = RevisionId("v2");
    spec.generation.value += 1;
    Settle();
  }

  Result<void> Say(Verb verb) {
    TRY(Outcome outcome, Handle(spec, status, {verb, "alice", "because"}, now));
    status = std::move(outcome.status);
    for (const audit::Entry& entry : outcome.entries) told.push_back(entry.kind);
    return {};
  }

  int Weight() const { return status.route.weight.permille(); }
  int Desired(const std::string& revision) const {
    const auto found = std::ranges::find(status.revisions, RevisionId(revision), &RevisionState::id);
    return found == status.revisions.end() ? -1 : found->desired;
  }
  int SlotOf(const std::string& revision) const {
    return std::ranges::find(status.revisions, RevisionId(revision), &RevisionState::id)->slot;
  }
  bool WasTold(const std::string& kind) const { return std::ranges::find(told, kind) != told.end(); }
  std::string Stable() const { return status.stable.has_value() ? status.stable->str() : ""; }

  Spec spec;
  Status status;
  World world;
  Instant now = Instant{} + std::chrono::hours(1);
  Outcome last;
  std::vector<std::string> told;
  std::map<int, int> open_connections;
  bool ready_at_once = true;
};

}  // namespace tuesday::rollout
