// SPDX-License-Identifier: Apache-2.0
#include "testing/fake_router.h"

#include <algorithm>
#include <utility>

namespace tuesday::testing {

Result<Epoch> FakeRouter::SetRoute(const RouteSpec& spec) {
  if (error_) return std::unexpected(*error_);
  const auto known = routes_.find(spec.rollout);
  if (known != routes_.end() && spec.route.epoch < known->second.route.epoch) {
    return Fail(ErrorCode::kStale, "A newer route is in force for " + spec.rollout.Text() + ".");
  }
  if (known == routes_.end() || known->second != spec) history_.push_back(spec);
  routes_.insert_or_assign(spec.rollout, spec);
  if (std::exchange(lose_next_, false)) return Fail(ErrorCode::kUnavailable, "The edge did not answer in time.");
  return spec.route.epoch;
}

Result<void> FakeRouter::RemoveRoute(const RolloutName& rollout) {
  if (error_) return std::unexpected(*error_);
  routes_.erase(rollout);
  return {};
}

void FakeRouter::PutBackByHand(const RolloutName& rollout, const rollout::ByHand& said) {
  RouteSpec& spec = routes_.at(rollout);
  const auto use = std::ranges::find(spec.route.slots, said.to, &rollout::SlotUse::revision);
  spec.route.epoch.value += 1'000;
  spec.route.stable_slot = use->slot;
  spec.route.canary_slot = use->slot;
  spec.route.weight = kNoWeight;
  by_hand_.insert_or_assign(rollout, std::pair(spec.route.epoch, said));
  history_.push_back(spec);
}

Result<EdgeSeen> FakeRouter::Observe() {
  if (error_) return std::unexpected(*error_);
  EdgeSeen seen;
  seen.process = 1;
  for (const auto& [name, spec] : routes_) {
    rollout::RouteSeen& route = seen.routes[name];
    route.route = spec.route;
    const auto said = by_hand_.find(name);
    if (said != by_hand_.end() && said->second.first == spec.route.epoch) route.by_hand = said->second.second;
    for (const rollout::SlotUse& slot : spec.route.slots) {
      route.open_connections[slot.slot] = 0;
      for (const InstanceId& instance : slot.instances) {
        const bool up = spec.endpoints.contains(instance) && is_up_(instance);
        if (up) route.serving.push_back(instance);
        seen.servers[name].push_back({instance, slot.slot, up, 0, 0, 0});
      }
    }
    std::ranges::sort(route.serving);
  }
  return seen;
}

const RouteSpec* FakeRouter::Find(const RolloutName& rollout) const {
  const auto found = routes_.find(rollout);
  return found == routes_.end() ? nullptr : &found->second;
}

}  // namespace tuesday::testing
