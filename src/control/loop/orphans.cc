// SPDX-License-Identifier: Apache-2.0
// What runs and belongs to no rollout: of one that was deleted here it is stopped, anything else is only shown.
#include <algorithm>
#include <utility>

#include "control/loop/fleet_core.h"
#include "wire/state/keys.h"

namespace tuesday::control {

void FleetCore::Leave(const RolloutName& name, const state::RemovedRecord& removed) {
  removed_[name] = removed;
  if (ports_.judge != nullptr) ports_.judge->Forget(name);
  if (ports_.analyses != nullptr) ports_.analyses->Forget(name);
  if (ports_.observer != nullptr) ports_.observer->Forget(name);
  Entity entity = std::move(entities_.at(name));
  entities_.erase(name);
  for (const PendingRequest& request : entity.requests) {
    request.done(Fail(ErrorCode::kNotFound, "There is no rollout " + name.Text() + " any more."));
  }
  for (const auto& [subscription, changed] : subscribers_) changed(name);
  Transaction transaction;
  DropOldest(transaction);
  // A row that stays for want of a disk goes with the next start.
  if (!transaction.erase.empty()) {
    Ask<void>("store", [&store = ports_.store, transaction] { return store.Commit(transaction); }, [](const Result<void>&) {});
  }
}

void FleetCore::DropOldest(Transaction& transaction) {
  while (removed_.size() > state::kRemovedKept) {
    const auto oldest = std::ranges::min_element(removed_, {}, [](const auto& item) { return item.second.at; });
    transaction.erase.emplace_back(state::kRemovedTable, state::RolloutKey(oldest->first));
    removed_.erase(oldest);
  }
}

void FleetCore::StopOrphans(const state::RemovedRecord& removed, const std::vector<InstanceState>& instances) {
  rollout::World world;
  for (const InstanceState& instance : instances) {
    rollout::InstanceSeen& seen = world.instances.emplace_back();
    seen.id = instance.id;
    seen.revision = instance.revision;
    seen.stopping = instance.phase == InstancePhase::kStopping || instance.phase == InstancePhase::kStopped;
  }
  for (const rollout::Effect& effect : rollout::Sweep(world)) {
    InstancesTarget target;
    target.rollout = removed.rollout;
    target.uid = removed.uid;
    target.revision = std::get<rollout::CountTarget>(effect).revision;
    target.generation = removed.last_target;
    ++target.generation.value;  // Beyond every one that it was given in its life.
    Ask<void>(
        CountTargetName(target.rollout, target.revision),
        [&workloads = ports_.workloads, target] { return workloads.SetInstances(target); },
        [this](const Result<void>& stopped) {
          if (!stopped) health_.workloads = stopped.error().message;
        });
  }
}

void FleetCore::TakeOrphans(std::map<RolloutName, std::vector<InstanceState>> orphans) {
  orphans_ = std::move(orphans);
  if (!recovered_) return;
  std::vector<RolloutName> seen;
  for (const auto& [name, instances] : orphans_) seen.push_back(name);
  ForgetRemovedThatLive(seen);
  for (const auto& [name, instances] : orphans_) {
    if (const auto removed = removed_.find(name); removed != removed_.end()) StopOrphans(removed->second, instances);
  }
}

void FleetCore::TakeOrphanRoutes(const EdgeSeen& seen) {
  orphan_routes_.clear();
  for (const auto& [name, route] : seen.routes) {
    if (!entities_.contains(name) && recovered_ && !route.route.slots.empty()) ForgetRemovedThatLive({name});
    if (entities_.contains(name) || route.route.slots.empty()) continue;
    orphan_routes_.push_back(name);
    if (!recovered_ || !removed_.contains(name)) continue;
    // In the lane of its routes: a rollout that is applied again under this name comes after it.
    Ask<void>(
        RouteTargetName(name), [&router = ports_.router, name] { return router.RemoveRoute(name); },
        [this](const Result<void>& removed) {
          if (!removed) health_.edge = removed.error().message;
        });
  }
}

}  // namespace tuesday::control
