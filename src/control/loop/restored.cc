// SPDX-License-Identifier: Apache-2.0
// After a restore: the edge and the instances are ahead of what the state says. Nothing that serves is taken away before what
// the state says can serve, and every rollout's journal says where the world was.
#include <algorithm>
#include <utility>

#include "control/loop/fleet_core.h"
#include "wire/state/keys.h"

namespace tuesday::control {

namespace {

// So long all instances of the side that takes most are waited for; then one that is ready is enough.
constexpr Duration kAllReadyTimeMax = std::chrono::minutes(1);

// The side of the route that must be able to serve: a canary that cannot falls back to stable.
int MainSlot(const rollout::Route& route) { return route.weight == kFullWeight ? route.canary_slot : route.stable_slot; }

int CountOf(const std::vector<InstanceState>& instances, const RevisionId& revision, bool (*counts)(const InstanceState&)) {
  return static_cast<int>(std::ranges::count_if(
      instances, [&](const InstanceState& instance) { return instance.revision == revision && counts(instance); }));
}

bool IsReady(const InstanceState& instance) { return instance.ready; }

bool Runs(const InstanceState& instance) {
  return instance.phase != InstancePhase::kStopping && instance.phase != InstancePhase::kStopped;
}

std::string RouteText(const rollout::Route& route) {
  std::string text = "route " + std::to_string(route.epoch.value) + ", slot " + std::to_string(route.stable_slot);
  if (route.canary_slot != route.stable_slot) {
    text += " and " + route.weight.Text() + " to slot " + std::to_string(route.canary_slot);
  }
  return text;
}

}  // namespace

void FleetCore::BeginTakingOver(const state::RestoredRecord& restored) {
  restored_ = restored;
  for (auto& [name, entity] : entities_) entity.taking_over_since = Now();
}

Result<void> FleetCore::MayRoute(const Entity& entity, const rollout::Route& route, bool withdraws) const {
  const auto main = std::ranges::find(route.slots, MainSlot(route), &rollout::SlotUse::slot);
  if (main == route.slots.end()) return {};
  const auto& revisions = entity.stored.status.revisions;
  const auto revision = std::ranges::find(revisions, main->revision, &rollout::RevisionState::id);
  const bool one_is_enough = withdraws || Now() - *entity.taking_over_since > kAllReadyTimeMax;
  const int wanted = one_is_enough || revision == revisions.end() ? 1 : std::max(revision->desired, 1);
  const int ready = CountOf(entity.instances, main->revision, IsReady);
  if (ready >= wanted) return {};
  return Fail(ErrorCode::kUnavailable, "After the restore the traffic stays as it is until " + std::to_string(wanted) +
                                           " instances of revision " + main->revision.str() + " are ready; " +
                                           std::to_string(ready) + " are.");
}

Result<void> FleetCore::MayPerform(const Entity& entity, const Target& target) const {
  if (!entity.taking_over_since) return {};
  if (!entity.route) return Fail(ErrorCode::kUnavailable, "The edge was not seen yet after the restore.");
  if (entity.route->serving.empty()) return {};
  if (const auto* route = std::get_if<rollout::Route>(&target.what)) return MayRoute(entity, *route, target.withdraws);
  const auto& count = std::get<rollout::CountTarget>(target.what);
  if (count.count >= CountOf(entity.instances, count.revision, Runs)) return {};
  return Fail(ErrorCode::kUnavailable,
              "After the restore instances of revision " + count.revision.str() + " go on until the route is ours again.");
}

void FleetCore::LookAfterRestore(Entity& entity) {
  if (!entity.taking_over_since || std::exchange(entity.told_of_restore, true)) return;
  const rollout::Route& ours = entity.stored.status.route;
  const rollout::Route& seen = entity.route->route;
  if (ours.epoch.value == 0 && seen.epoch.value == 0) return OnTakenOver(entity);
  const bool ahead = seen.epoch != ours.epoch;
  Tell(entity.name(),
       {{"rollout.restored",
         "The state is of a backup of " + restored_->taken_at + ": it says " + RouteText(ours) + ". The edge has " +
             (ahead ? RouteText(seen) + ", which stays until what the state says can serve." : "the same."),
         {{"backup", restored_->backup},
          {"state_epoch", ours.epoch.value},
          {"state_permille", ours.weight.permille()},
          {"edge_epoch", seen.epoch.value},
          {"edge_permille", seen.weight.permille()}}}});
}

void FleetCore::OnTakenOver(Entity& entity) {
  if (!entity.taking_over_since) return;
  entity.taking_over_since.reset();
  if (std::ranges::none_of(entities_, [](const auto& item) { return item.second.taking_over_since.has_value(); })) {
    EndTakingOver();
  }
}

// A row that stays by a failure makes the next start as careful as this one.
void FleetCore::EndTakingOver() {
  Transaction transaction;
  transaction.erase.emplace_back(state::kRestoredTable, state::kRestoredKey);
  Ask<void>("store", [&store = ports_.store, transaction] { return store.Commit(transaction); }, [](const Result<void>&) {});
}

// Removed once, says the state; it runs again, says the world: it came back after the backup.
void FleetCore::ForgetRemovedThatLive(const std::vector<RolloutName>& seen) {
  if (!restored_) return;
  Transaction transaction;
  for (const RolloutName& name : seen) {
    if (removed_.erase(name) > 0) transaction.erase.emplace_back(state::kRemovedTable, state::RolloutKey(name));
  }
  if (transaction.erase.empty()) return;
  Ask<void>("store", [&store = ports_.store, transaction] { return store.Commit(transaction); }, [](const Result<void>&) {});
}

}  // namespace tuesday::control
