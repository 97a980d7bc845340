// SPDX-License-Identifier: Apache-2.0
#include "testing/sim/daemon.h"

#include <algorithm>
#include <cstdio>

#include "core/rollout/describe.h"

namespace tuesday::sim {
namespace {

using rollout::Effect;
using rollout::Outcome;
using rollout::Verb;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kLookInterval = seconds(5);
constexpr Duration kRestartMax = seconds(5);
constexpr Duration kLateMax = seconds(20);
constexpr int kVerbs = static_cast<int>(Verb::kRestart) + 1;
constexpr int kDeletedPermille = 150;                  // Of the rollouts.
constexpr Duration kDeletedAtMost = seconds(12 * 60);  // While the faults last.

bool IsForAbort(const rollout::Status& status) {
  return status.attempt.has_value() && status.attempt->stage == rollout::Stage::kAborting;
}

std::string RouteText(const rollout::Route& route) {
  std::string text = std::to_string(route.epoch.value) + ":" + std::to_string(route.stable_slot) + ":" +
                     std::to_string(route.canary_slot) + ":" + std::to_string(route.weight.permille());
  for (const rollout::SlotUse& use : route.slots) {
    text += "  " + std::to_string(use.slot) + "=";
    for (const InstanceId& id : use.instances) text += id.str() + ",";
  }
  return text;
}

}  // namespace

RevisionId Daemon::NewRevision(Charge& charge) {
  const RevisionId id(charge.spec.name.name + "r" + std::to_string(++charge.revisions_made));
  const int draw = charge.random.Below(10);
  const Quality quality = draw < 5   ? Quality::kHealthy
                          : draw < 7 ? Quality::kErrors
                          : draw < 9 ? Quality::kCrashes
                                     : Quality::kNeverReady;
  // A first version that is bad teaches little: it has nothing to go back to.
  charge.site.Introduce(id, charge.revisions_made == 1 && !charge.random.Chance(50) ? Quality::kHealthy : quality);
  return id;
}

void Daemon::Add(rollout::Spec spec, Random random, std::optional<Quality> first) {
  Random fate = random;  // A copy: whether a rollout is deleted moves no other chance.
  const Random site_random(random.Next());
  auto charge = std::make_unique<Charge>(Charge{.spec = std::move(spec),
                                                .site = Site(faults_, site_random),
                                                .watch = {},
                                                .random = random,
                                                .durable = {},
                                                .outbox = {},
                                                .sight = {},
                                                .look_at = {},
                                                .delete_at = {}});
  if (fate.Chance(kDeletedPermille)) charge->delete_at = Instant{} + fate.Span(seconds(1), kDeletedAtMost);
  charge->spec.revision = NewRevision(*charge);
  if (first) charge->site.Introduce(charge->spec.revision, *first);
  charges_.push_back(std::move(charge));
}

void Daemon::ReleaseAll(Instant now) {
  for (auto& charge : charges_) {
    charge->spec.revision = RevisionId(charge->spec.name.name + "r" + std::to_string(++charge->revisions_made));
    ++charge->spec.generation.value;
    charge->site.Introduce(charge->spec.revision, Quality::kHealthy);
    charge->look_at = now;
  }
}

int Daemon::InFlight() const {
  return static_cast<int>(std::ranges::count_if(charges_, [](const auto& charge) {
    const std::optional<rollout::Attempt>& attempt = charge->durable.attempt;
    return attempt && attempt->baseline && attempt->ending == rollout::Ending::kNone;
  }));
}

void Daemon::Crash(Instant now) {
  alive_at_ = now + random_.Span(milliseconds(200), kRestartMax);
  for (auto& charge : charges_) {
    charge->sight = {};
    charge->look_at = alive_at_;
  }
}

bool Daemon::MayCrash(Instant now) {
  if (!random_.Chance(faults_.crash)) return false;
  Crash(now);
  return true;
}

void Daemon::Look(Charge& charge, Instant now) {
  if (random_.Chance(faults_.sight_late)) return;
  const rollout::World fresh = charge.site.Observe(now);
  const bool edge_unseen = random_.Chance(faults_.sight_lost);
  std::optional<rollout::RouteSeen> before = std::move(charge.sight.route);
  charge.sight = fresh;
  if (edge_unseen) charge.sight.route = std::move(before);
}

Daemon::Commit Daemon::Store(Charge& charge, const Outcome& outcome, Instant now) {
  if (random_.Chance(faults_.store_fails)) return Commit::kFailed;
  charge.watch.OnDecision(charge.spec, charge.durable, charge.sight, outcome, now);
  if (!(charge.durable == outcome.status)) restless_ = true;
  charge.durable = outcome.status;
  charge.outbox = outcome.effects;
  charge.journal_entries += outcome.entries.size();
  ++charge.order;
  Trace(charge, outcome, now);
  if (!random_.Chance(faults_.store_unknown)) return Commit::kDone;
  charge.watch.Sometimes("commit with unknown outcome");
  return Commit::kUnknown;
}

void Daemon::Decide(std::size_t index, Instant now) {
  Charge& charge = *charges_[index];
  Look(charge, now);
  // A daemon that has not seen the workloads since its start waits for them: without them every instance looks dead.
  if (charge.sight == rollout::World{} && charge.durable.route.epoch.value > 0) {
    charge.look_at = now + seconds(1);
    return;
  }
  const Outcome outcome = rollout::Reconcile(charge.spec, charge.durable, charge.sight, now);
  ++decisions_;
  const Outcome again = rollout::Reconcile(charge.spec, outcome.status, charge.sight, now);
  if (!(again.status == outcome.status) || !again.entries.empty() || again.effects != outcome.effects) {
    charge.watch.Violate("S8", "a decision is not a fixed point", now);
  }
  charge.look_at = std::min(now + kLookInterval, outcome.wake_at.value_or(now + kLookInterval));
  if (MayCrash(now)) return charge.watch.Sometimes("crashed between decide and commit");
  const Commit commit = Store(charge, outcome, now);
  if (commit != Commit::kDone) {
    charge.look_at = now + seconds(1);
    return;
  }
  if (MayCrash(now)) {
    if (IsForAbort(charge.durable) && charge.durable.attempt->aborted_at == now) {
      charge.watch.Sometimes("crashed between commit and perform of an abort");
    }
    return;
  }
  Perform(index, now);
}

void Daemon::Perform(std::size_t index, Instant now) {
  Charge& charge = *charges_[index];
  for (const Effect& effect : charge.outbox) {
    Send(index, effect, charge.order, now);
    if (MayCrash(now)) return;
  }
}

void Daemon::Send(std::size_t index, const Effect& effect, std::uint64_t order, Instant now) {
  const bool route = std::holds_alternative<rollout::RouteTarget>(effect);
  if (random_.Chance(route ? faults_.route_lost : faults_.count_lost)) return;
  const Duration late = route && random_.Chance(faults_.route_late) ? random_.Span(seconds(0), kLateMax) : Duration::zero();
  const int copies = random_.Chance(route ? faults_.route_doubled : faults_.count_doubled) ? 2 : 1;
  for (int copy = 0; copy < copies; ++copy) {
    const Instant at = now + random_.Span(milliseconds(1), milliseconds(500)) + late * (copy + 1);
    wire_.push({at, random_.Next(), index, order, effect});
  }
}

void Daemon::Deliver(const Message& message, Instant now) {
  Charge& charge = *charges_[message.charge];
  if (const auto* route = std::get_if<rollout::RouteTarget>(&message.effect)) {
    charge.site.ApplyRoute(route->route, now);
  } else if (const auto* count = std::get_if<rollout::CountTarget>(&message.effect)) {
    const std::string wrong = charge.site.ApplyCount(*count, message.order, now);
    // The route of a deleted rollout may come back for a moment, with instances that were told to stop before.
    if (!wrong.empty() && !charge.spec.removal.has_value()) charge.watch.Violate("S6", wrong, now);
  } else {
    charge.site.ApplyAnalysis(std::get<rollout::AnalysisTarget>(message.effect), now);
  }
  charge.watch.OnEdge(charge.site, charge.durable, now);
  charge.look_at = std::min(charge.look_at, now + milliseconds(300));
}

void Daemon::RunUntil(Instant now) {
  for (auto& charge : charges_) charge->site.Tick(now, charge->durable.attempt);
  while (!wire_.empty() && wire_.top().at <= now) {
    const Message message = wire_.top();
    wire_.pop();
    Deliver(message, now);
  }
  if (random_.Chance(faults_.stall)) alive_at_ = std::max(alive_at_, now + random_.Span(seconds(1), seconds(30)));
  for (std::size_t i = 0; i < charges_.size(); ++i) {
    if (now < alive_at_) return;
    if (charges_[i]->look_at <= now) Decide(i, now);
  }
}

void Daemon::Say(Charge& charge, Verb verb, Instant now) {
  const Result<Outcome> outcome = rollout::Handle(charge.spec, charge.durable, {verb, "alice", "because"}, now);
  if (!outcome.has_value() || random_.Chance(faults_.store_fails)) return;
  charge.watch.OnRequest(verb, outcome->status);
  charge.watch.OnDecision(charge.spec, charge.durable, charge.sight, {outcome->status, {}, outcome->entries, {}}, now);
  charge.durable = outcome->status;
  ++charge.order;
  charge.look_at = now;
  restless_ = true;
  Trace(charge, *outcome, now);
}

void Daemon::ChangeSpec(Charge& charge, Instant now) {
  rollout::Spec& spec = charge.spec;
  ++spec.generation.value;
  const int kind = charge.random.Below(10);
  if (kind < 5) {
    spec.revision = NewRevision(charge);
  } else if (kind < 7) {
    if (charge.durable.stable.has_value()) spec.revision = *charge.durable.stable;
  } else if (kind == 7) {
    const auto& known = charge.durable.revisions;
    if (!known.empty()) spec.revision = known[static_cast<std::size_t>(charge.random.Below(static_cast<int>(known.size())))].id;
    if (!known.empty() && spec.revision != known.back().id && spec.revision != charge.durable.stable) {
      charge.watch.Sometimes("undid to an older revision");
    }
  } else if (kind == 8) {
    spec.replicas = charge.random.Between(1, 6);
  } else {
    spec.paused = !spec.paused;
  }
  charge.look_at = now;
}

void Daemon::Delete(Charge& charge, Instant now) {
  charge.delete_at.reset();
  charge.watch.OnDelete(charge.durable);
  charge.spec.removal = rollout::Removal{"alice", "not used any more"};
  ++charge.spec.generation.value;
  charge.look_at = now;
}

void Daemon::Perturb(Instant now) {
  for (auto& charge : charges_) {
    if (charge->delete_at.has_value() && now >= *charge->delete_at) Delete(*charge, now);
    if (charge->random.Chance(faults_.spec_changes)) ChangeSpec(*charge, now);
    if (now >= alive_at_ && charge->random.Chance(faults_.operator_acts)) {
      Say(*charge, static_cast<Verb>(charge->random.Below(kVerbs)), now);
    }
    if (charge->random.Chance(faults_.edge_restart_old)) {
      charge->site.RestartEdgeWithOldRoute(now);
      charge->watch.Sometimes("the edge came back with an old route");
      charge->watch.OnEdge(charge->site, charge->durable, now);
    }
  }
}

void Daemon::Heal(Instant now) {
  faults_ = {};
  for (auto& charge : charges_) {
    charge->site.Heal();
    charge->spec.paused = false;
    if (charge->durable.operator_paused) Say(*charge, Verb::kResume, now);
  }
}

void Daemon::ActAsPatientOperator(Instant now) {
  for (auto& charge : charges_) {
    const std::optional<rollout::Attempt>& attempt = charge->durable.attempt;
    if (!attempt.has_value() || !attempt->pause.has_value()) continue;
    const bool waits = now >= attempt->pause->since + seconds(120);
    if (waits && charge->durable.phase == rollout::Phase::kPaused) Say(*charge, Verb::kPromote, now);
  }
}

bool Daemon::TakeRestlessness() { return std::exchange(restless_, false) || !wire_.empty(); }

void Daemon::CheckRest(Instant now) {
  for (auto& charge : charges_) charge->watch.OnRest(charge->spec, charge->durable, charge->site, now);
}

void Daemon::Trace(const Charge& charge, const Outcome& outcome, Instant now) {
  const auto mix = [&](std::uint64_t value) { hash_ = (hash_ ^ value) * 1099511628211U; };
  const rollout::Status& status = outcome.status;
  mix(static_cast<std::uint64_t>(now.time_since_epoch().count()));
  mix(status.route.epoch.value);
  mix(static_cast<std::uint64_t>(status.route.weight.permille()));
  mix(outcome.effects.size());
  for (const auto& revision : status.revisions) mix(static_cast<std::uint64_t>(revision.desired * 8 + revision.slot));
  if (show_ == Show::kTrace) {
    std::printf("%8.1fs %s %-28s %s\n", std::chrono::duration<double>(now.time_since_epoch()).count(),
                charge.spec.name.name.c_str(), std::string(rollout::PhaseName(status.phase)).c_str(),
                RouteText(status.route).c_str());
  }
  for (const auto& entry : outcome.entries) {
    for (const char c : entry.message) mix(static_cast<unsigned char>(c));
    if (show_ == Show::kTrace) {
      std::printf("%8.1fs %s %-28s %s\n", std::chrono::duration<double>(now.time_since_epoch()).count(),
                  charge.spec.name.name.c_str(), entry.kind.c_str(), entry.message.c_str());
    }
  }
}

LifeReport Daemon::Report() const {
  LifeReport report;
  for (const auto& charge : charges_) {
    for (const std::string& violation : charge->watch.violations()) {
      report.violations.push_back(charge->spec.name.name + " " + violation);
    }
    report.reached.insert(charge->watch.reached().begin(), charge->watch.reached().end());
  }
  report.trace_hash = hash_;
  report.decisions = decisions_;
  return report;
}

}  // namespace tuesday::sim
