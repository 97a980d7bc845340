// SPDX-License-Identifier: Apache-2.0
#include "testing/sim/watch.h"

#include <algorithm>

#include "core/rollout/replicas.h"

namespace tuesday::sim {
namespace {

using rollout::Attempt;
using rollout::Ending;
using rollout::Outcome;
using rollout::RevisionState;
using rollout::Route;
using rollout::SlotUse;
using rollout::Spec;
using rollout::Stage;
using rollout::Status;
using rollout::World;

const RevisionState* Known(const Status& status, const RevisionId& id) {
  for (const RevisionState& revision : status.revisions) {
    if (revision.id == id) return &revision;
  }
  return nullptr;
}

RevisionId RevisionIn(const Route& route, int slot) {
  for (const SlotUse& use : route.slots) {
    if (use.slot == slot) return use.revision;
  }
  return {};
}

bool Climbs(const Attempt& attempt) { return attempt.stage == Stage::kStepping || attempt.stage == Stage::kSwitching; }

bool StableShrinks(const Spec& spec) { return spec.canary.dynamic_stable_scale || !spec.canary.traffic_routed; }

int Ready(const World& world, const RevisionId& id) {
  return static_cast<int>(std::ranges::count_if(
      world.instances, [&](const auto& seen) { return seen.revision == id && seen.ready && !seen.stopping; }));
}

Weight Allowed(const Spec& spec, const Attempt& attempt) {
  if (attempt.stage == Stage::kSwitching) return kFullWeight;
  Weight allowed = kNoWeight;
  for (int i = 0; i <= attempt.step && i < static_cast<int>(spec.canary.steps.size()); ++i) {
    if (const auto* set = std::get_if<rollout::SetWeight>(&spec.canary.steps[static_cast<std::size_t>(i)]))
      allowed = set->weight;
  }
  return allowed;
}

bool SameButEpoch(Route left, const Route& right) {
  left.epoch = right.epoch;
  return left == right;
}

}  // namespace

void Watch::Violate(const std::string& invariant, const std::string& what, Instant now) {
  violations_.push_back(invariant + " at " + DurationText(now.time_since_epoch()) + ": " + what);
}

void Watch::CheckRoute(const Spec& spec, const Status& before, const World& world, const Outcome& outcome, Instant now) {
  const Route& route = outcome.status.route;
  if (route.epoch < before.route.epoch) Violate("S7", "the epoch went back", now);
  if (route.epoch == before.route.epoch && !(route == before.route)) Violate("S7", "one epoch, two routes", now);
  if (route.epoch == before.route.epoch || route.epoch.value == 0) return;
  const RevisionId canary = RevisionIn(route, route.canary_slot);
  const RevisionId stable = RevisionIn(route, route.stable_slot);
  if (spec.removal.has_value()) {
    if (!route.slots.empty()) Violate("S1", "a deleted rollout was given a route", now);
    return;
  }
  if (route.weight > kNoWeight && (canary.empty() || canary == stable)) Violate("S1", "weight on no canary", now);
  if (stable.empty()) Violate("S1", "no stable slot", now);
  for (const SlotUse& use : route.slots) {
    for (const InstanceId& id : use.instances) {
      const bool ready =
          std::ranges::any_of(world.instances, [&](const auto& s) { return s.id == id && s.ready && !s.stopping; });
      if (!ready && use.slot != route.stable_slot) Violate("S1", "server " + id.str() + " is not ready", now);
    }
  }
  if (route.weight == kNoWeight) return;
  if (Ready(world, canary) == 0) Violate("S1", "weight on a canary with no ready instance", now);
  const std::optional<Attempt>& attempt = outcome.status.attempt;
  const bool kept = StableShrinks(spec) && !(route.weight > before.route.weight);
  if (attempt.has_value() && Climbs(*attempt) && attempt->revision == canary) {
    if (route.weight > Allowed(spec, *attempt)) Violate("S2", "weight above the step", now);
  } else if (!kept) {
    Violate("S4", "weight on " + canary.str() + " outside its attempt", now);
  }
  if (attempt.has_value() && ended_.contains(attempt->id) && route.weight > before.route.weight)
    Violate("S4", "rose again", now);
}

void Watch::CheckRaise(const Spec& spec, const Status& before, const World& world, const Outcome& outcome, Instant now) {
  const std::optional<Attempt>& attempt = outcome.status.attempt;
  if (!attempt.has_value() || !attempt->baseline.has_value() || !Climbs(*attempt)) return;
  const bool passes =
      world.gate.has_value() && world.gate->attempt == attempt->id && world.gate->finding.verdict == gate::Verdict::kPass;
  if (passes) shown_.insert(attempt->id);
  const bool same = before.attempt.has_value() && before.attempt->id == attempt->id;
  const Weight allowed_before = same ? Allowed(spec, *before.attempt) : kNoWeight;
  const Weight allowed = Allowed(spec, *attempt);
  if (allowed == allowed_before) return;
  const bool said = released_.contains(attempt->id) || attempt->full || spec.replicas == 0;
  if (allowed > allowed_before && allowed_before > kNoWeight && !said && !shown_.contains(attempt->id)) {
    Violate("S10", "approved " + allowed.Text() + " with nothing shown at " + allowed_before.Text(), now);
  }
  shown_.erase(attempt->id);
}

void Watch::CheckPromotion(const Spec& spec, const Status& before, const World& world, const Outcome& outcome, Instant now) {
  const std::optional<Attempt>& attempt = outcome.status.attempt;
  if (outcome.status.stable == before.stable || !attempt.has_value() || outcome.status.stable != attempt->revision) return;
  Sometimes("promoted");
  if (spec.replicas == 0) return;
  if (!world.route.has_value() || world.route->route.epoch != before.route.epoch) {
    return Violate("S9", "promoted before the edge acknowledged", now);
  }
  int serving = 0;
  for (const auto& seen : world.instances) {
    const bool up = std::ranges::find(world.route->serving, seen.id) != world.route->serving.end();
    if (seen.revision == attempt->revision && up) ++serving;
  }
  if (serving < spec.replicas) Violate("S1", "promoted with " + std::to_string(serving) + " serving", now);
  const Route& seen = world.route->route;
  const bool full = attempt->baseline.has_value() ? seen.weight == kFullWeight : true;
  if (!full) Violate("S2", "promoted below full weight", now);
}

void Watch::CheckCapacity(const Spec& spec, const Status& before, const World& world, const Outcome& outcome, Instant now) {
  for (const RevisionState& revision : before.revisions) {
    const RevisionState* after = Known(outcome.status, revision.id);
    if (after == nullptr && Ready(world, revision.id) > 0) Violate("S6", "forgot a revision with instances", now);
    if (spec.removal.has_value()) {
      const bool routed = !world.route.has_value() || !world.route->route.slots.empty();
      if (after != nullptr && after->desired < revision.desired && routed)
        Violate("S6", "stopped before the route was gone", now);
      continue;
    }
    if (after == nullptr || after->desired >= revision.desired) continue;
    const bool stable = outcome.status.stable == revision.id;
    if (stable && !StableShrinks(spec) && after->desired < spec.replicas) Violate("S6", "stable shrank below replicas", now);
    const std::optional<Attempt>& attempt = outcome.status.attempt;
    const bool stands_by = attempt.has_value() && attempt->stage == Stage::kBaking && attempt->baseline == revision.id &&
                           before.attempt.has_value() && before.attempt->stage == Stage::kBaking;
    if (stands_by && spec.bake_keep == rollout::BakeKeep::kPredecessor)
      Violate("S6", "the predecessor shrank in the bake", now);
  }
}

// A batch is chosen so that the stable side keeps an instance that is ready, and all but maxUnavailable where nothing climbs.
void Watch::CheckRestarts(const Spec& spec, const Status& before, const World& world, const Outcome& outcome, Instant now) {
  for (const RevisionState& revision : outcome.status.revisions) {
    const RevisionState* known = Known(before, revision.id);
    if (known == nullptr || !revision.restart.has_value()) continue;
    const int old_end = known->restart.has_value() ? known->restart->batch_end : 0;
    if (revision.restart->batch_end <= old_end || outcome.status.stable != revision.id) continue;
    const auto kept = std::ranges::count_if(world.instances, [&](const auto& seen) {
      const bool leaves = seen.ordinal >= revision.restart->renewed && seen.ordinal < revision.restart->batch_end;
      return seen.revision == revision.id && seen.ready && !seen.stopping && !leaves;
    });
    const bool climbs = outcome.status.attempt.has_value() && Climbs(*outcome.status.attempt);
    if (climbs) Sometimes("restarted in mid-rollout");
    const rollout::Fence fence =
        rollout::ResolveFence(spec.canary.max_surge, spec.canary.max_unavailable, std::min(known->desired, spec.replicas));
    const int least =
        climbs || spec.canary.flips ? 1 : std::max(1, std::min(known->desired, spec.replicas) - fence.unavailable);
    const bool takes_any = Ready(world, revision.id) > kept;
    if (takes_any && kept < least) Violate("S6", "a restart leaves " + std::to_string(kept) + " of stable's instances", now);
  }
}

void Watch::CheckPauses(const Spec& spec, const Status& before, const Outcome& outcome, Instant now) {
  const std::optional<Attempt>& attempt = outcome.status.attempt;
  if (!attempt.has_value()) return;
  const bool same = before.attempt.has_value() && before.attempt->id == attempt->id;
  const int old_step = same ? before.attempt->step : -1;
  if (same && old_step < attempt->step && old_step < static_cast<int>(spec.canary.steps.size())) {
    const auto* pause = std::get_if<rollout::Pause>(&spec.canary.steps[static_cast<std::size_t>(old_step)]);
    const bool free = released_.contains(attempt->id) || attempt->full || !attempt->baseline.has_value();
    if (pause != nullptr && !free) {
      const Duration dwelt = now - pause_entered_[attempt->id];
      if (!pause->duration.has_value() || dwelt < *pause->duration) Violate("S11", "a pause ended early", now);
    }
  }
  if (!same || old_step != attempt->step) {
    pause_entered_[attempt->id] = now;
    released_.erase(attempt->id);
  }
}

void Watch::CheckEntries(const Outcome& outcome, Instant now) {
  static const std::set<std::string> kOnce = {"rollout.started",       "rollout.promoted",    "rollout.aborted",
                                              "rollout.rolled_back",   "rollout.bake_passed", "rollout.superseded",
                                              "rollout.removal_began", "rollout.removed"};
  for (const audit::Entry& entry : outcome.entries) {
    if (entry.kind == "rollout.restarted") Sometimes("restarted");
    if (entry.message.contains("within the rollback window")) Sometimes("went back within the rollback window");
    if (!kOnce.contains(entry.kind)) continue;
    const auto attempt = entry.data.find("attempt");
    const std::string key = (attempt == entry.data.end() ? "" : attempt->second.StringOr("")) + " " + entry.kind;
    if (!told_.insert(key).second) Violate("S13", "told twice: " + key, now);
  }
  const std::optional<Attempt>& attempt = outcome.status.attempt;
  if (!attempt.has_value()) return;
  const auto told = [&](const char* kind) { return told_.contains(attempt->id.str() + " " + kind); };
  if (attempt->ending == Ending::kAborted && !told("rollout.aborted")) Violate("S13", "an abort nobody told of", now);
  if (attempt->ending == Ending::kRolledBack && !told("rollout.rolled_back")) Violate("S13", "a rollback nobody told of", now);
  if (attempt->promoted_at.has_value() && !told("rollout.promoted")) Violate("S13", "a promotion nobody told of", now);
  if (attempt->ending != Ending::kNone) ended_.insert(attempt->id);
}

void Watch::NoteBranches(const Status& before, const World& world, const Outcome& outcome) {
  const std::optional<Attempt>& attempt = outcome.status.attempt;
  if (!attempt.has_value()) return;
  if (attempt->evidence_due_from.has_value()) Sometimes("held for evidence");
  if (attempt->ending == Ending::kAborted) Sometimes("aborted");
  if (attempt->ending == Ending::kRolledBack) Sometimes("rolled back in the bake");
  if (attempt->ending == Ending::kSuperseded) Sometimes("went back to stable in mid-rollout");
  if (attempt->stage == Stage::kBaking && !world.route.has_value()) Sometimes("decided in the bake without sight of the edge");
  if (attempt->pause.has_value() && attempt->pause->reason == rollout::PauseReason::kInconclusive)
    Sometimes("paused inconclusive");
  if (attempt->pause.has_value() && attempt->pause->reason == rollout::PauseReason::kNoEvidence)
    Sometimes("paused for evidence");
  if (outcome.status.message.starts_with("ProgressDeadlineExceeded")) Sometimes("progress deadline passed");
  if (outcome.status.message.starts_with("waiting for a free slot")) Sometimes("no free slot");
  const bool newer = world.route.has_value() && before.route.epoch < world.route->route.epoch;
  if (newer) Sometimes("the edge knew a newer epoch");
  if (before.attempt.has_value() && before.attempt->id != attempt->id && before.attempt->revision == attempt->revision)
    Sometimes("retried");
  if (before.route.weight > kNoWeight && outcome.status.route.weight == kNoWeight && Climbs(*attempt) &&
      Ready(world, attempt->revision) == 0) {
    Sometimes("withdrew a canary whose instances died");
  }
}

void Watch::OnDecision(const Spec& spec, const Status& before, const World& world, const Outcome& outcome, Instant now) {
  CheckRoute(spec, before, world, outcome, now);
  CheckRaise(spec, before, world, outcome, now);
  CheckPauses(spec, before, outcome, now);
  CheckPromotion(spec, before, world, outcome, now);
  CheckCapacity(spec, before, world, outcome, now);
  CheckRestarts(spec, before, world, outcome, now);
  CheckEntries(outcome, now);
  NoteBranches(before, world, outcome);
  if (outcome.status.phase == rollout::Phase::kPaused && outcome.status.message.empty())
    Violate("L3", "paused without a reason", now);
  if (outcome.wake_at.has_value() && *outcome.wake_at <= now) Violate("L4", "asked to be woken in the past", now);
}

void Watch::OnRequest(rollout::Verb verb, const Status& after) {
  if (!after.attempt.has_value()) return;
  if (verb == rollout::Verb::kPromote || verb == rollout::Verb::kPromoteFull) released_.insert(after.attempt->id);
  if (verb == rollout::Verb::kAbort && after.attempt->ending == Ending::kRolledBack)
    Sometimes("an operator rolled back a bake");
}

void Watch::OnDelete(const Status& before) {
  Sometimes("deleted");
  if (before.attempt.has_value() && Climbs(*before.attempt) && before.route.weight > kNoWeight)
    Sometimes("deleted in mid-canary");
}

void Watch::CheckGone(const Status& status, const Site& site, Instant now) {
  if (!status.removal.has_value() || !status.removal->gone_at.has_value()) {
    Violate("L6", "a deleted rollout is not gone: " + status.message, now);
  }
  if (!site.edge().slots.empty()) Violate("L6", "a deleted rollout has a route", now);
  if (!site.Observe(now).instances.empty()) Violate("L6", "a deleted rollout has instances", now);
}

void Watch::OnEdge(const Site& site, const Status& durable, Instant now) {
  const bool is_gone = durable.removal.has_value() && durable.removal->gone_at.has_value();
  if (is_gone && !site.edge().slots.empty()) Sometimes("an old route came after the rollout was gone");
  if (site.edge().epoch > durable.route.epoch) Violate("S9", "the edge is ahead of the store", now);
}

void Watch::OnRest(const Spec& spec, const Status& status, const Site& site, Instant now) {
  if (spec.removal.has_value()) return CheckGone(status, site, now);
  const World world = site.Observe(now);
  // A stable revision that crashes for ever or never serves (somebody promoted it) never comes to rest, and there is nothing
  // better to go back to; nor is there for a first version that crashes.
  const RevisionId& last_resort = status.stable.has_value() ? *status.stable : spec.revision;
  const Quality quality = site.QualityOf(last_resort);
  if (quality == Quality::kCrashes || (quality == Quality::kNeverReady && status.stable.has_value())) return;
  if (!SameButEpoch(site.edge(), status.route) || site.edge().epoch != status.route.epoch)
    Violate("L5", "the edge differs", now);
  for (const RevisionState& revision : status.revisions) {
    const auto running = std::ranges::count_if(world.instances, [&](const auto& seen) { return seen.revision == revision.id; });
    if (running != revision.desired) Violate("L5", "instances of " + revision.id.str() + " differ", now);
  }
  if (!status.stable.has_value()) {
    if (site.QualityOf(spec.revision) != Quality::kNeverReady && site.QualityOf(spec.revision) != Quality::kCrashes) {
      Violate("L1", "a first version that becomes ready was not promoted: " + status.message, now);
    }
    return;
  }
  const Attempt& attempt = *status.attempt;
  const bool given_up = attempt.stage == Stage::kAborted && attempt.revision == spec.revision;
  const bool good = site.QualityOf(spec.revision) == Quality::kHealthy;
  if (good && !given_up && status.stable != spec.revision) {
    Violate("L1", "a healthy canary did not arrive: " + status.message + ", step " + std::to_string(attempt.step), now);
  }
  const bool timed_out = status.message.starts_with("ProgressDeadlineExceeded");
  if (timed_out) return;
  if (!good && status.stable != spec.revision && !given_up)
    Violate("L2", "a bad canary is still there: " + status.message, now);
  for (const RevisionState& revision : status.revisions) {
    if (revision.restart.has_value()) Violate("L7", "a restart did not end", now);
  }
  if (status.route.weight != kNoWeight) Violate("L2", "weight at rest", now);
  const RevisionState* stable = Known(status, *status.stable);
  if (stable == nullptr || stable->desired != spec.replicas) Violate("L2", "stable is not at its full count", now);
  if (stable != nullptr && status.route.stable_slot != stable->slot) Violate("L2", "stable does not serve", now);
}

}  // namespace tuesday::sim
