// SPDX-License-Identifier: Apache-2.0
#include "control/loop/decide.h"

#include <algorithm>
#include <utility>

#include "wire/state/codec.h"
#include "wire/state/judgement.h"
#include "wire/state/keys.h"

namespace tuesday::control {

namespace {

// Of an entry's data. The journal takes 16 KiB with everything around it.
constexpr std::size_t kEntryDataBytesMax = 12 << 10;
constexpr std::size_t kEntryMessageBytesMax = 2 << 10;
constexpr std::size_t kAttemptsKept = 100;  // A rollout's history.

// The share of all requests that a slot gets.
int ShareOf(const rollout::Route& route, int slot) {
  const int canary = route.canary_slot == route.stable_slot ? 0 : route.weight.permille();
  if (slot == route.stable_slot) return 1000 - canary;
  return slot == route.canary_slot ? canary : 0;
}

// The attempt's revision gets less than before: an abort, a rollback, or a newer version that takes its place.
bool Withdraws(const rollout::Status& before, const rollout::Route& after) {
  if (!before.attempt || after.slots.empty() || after.epoch <= before.route.epoch) return false;
  for (const rollout::SlotUse& use : before.route.slots) {
    if (use.revision == before.attempt->revision && ShareOf(after, use.slot) < ShareOf(before.route, use.slot)) return true;
  }
  return false;
}

NewEntry EntryFor(const Entity& entity, const rollout::Status& status, audit::Entry entry, const DecideAt& at) {
  NewEntry made;
  made.at = at.wall;
  made.object = {entity.name().ns, "Rollout", entity.name().name};
  if (status.attempt) made.attempt = status.attempt->id.str();
  made.entry = Bounded(std::move(entry));
  return made;
}

// Adds one wanted target: new, asked again, or already on its way.
template <typename Wanted>
void Want(const Entity& entity, const std::string& name, const Wanted& wanted, std::string payload, const DecideAt& at,
          Decision& decision) {
  const auto known = entity.targets.find(name);
  if (known != entity.targets.end() && known->second.what == decltype(known->second.what)(wanted)) {
    const Target& target = known->second;
    const bool acked_long_ago = target.state == Target::State::kAcked && at.now - target.acked_at >= at.restate_after;
    if (acked_long_ago) decision.restated.push_back(name);
    if (target.state == Target::State::kAcked && !acked_long_ago) {
      const Instant again = target.acked_at + at.restate_after;
      decision.wake_at = std::min(decision.wake_at.value_or(again), again);
    }
    return;
  }
  Target target;
  target.generation = Generation{++decision.status.last_target.value};
  target.what = wanted;
  decision.transaction.outbox_put.push_back({name, target.generation, std::move(payload)});
  decision.targets[name] = std::move(target);
}

void TakeEffects(const Entity& entity, const std::vector<rollout::Effect>& effects, const DecideAt& at, Decision& decision) {
  for (const rollout::Effect& effect : effects) {
    if (const auto* count = std::get_if<rollout::CountTarget>(&effect)) {
      Want(entity, CountTargetName(entity.name(), count->revision), *count, state::Encode(*count), at, decision);
    } else if (const auto* route = std::get_if<rollout::RouteTarget>(&effect)) {
      const std::string name = RouteTargetName(entity.name());
      Want(entity, name, route->route, state::Encode(route->route), at, decision);
      const auto made = decision.targets.find(name);
      if (made != decision.targets.end() && Withdraws(entity.stored.status, route->route)) {
        made->second.withdraws = true;
        decision.withdraws = true;
      }
    } else {
      decision.analyses.push_back(std::get<rollout::AnalysisTarget>(effect));
    }
  }
}

// The attempt's row for the history, as it is after this decision.
std::optional<state::AttemptRecord> AttemptRow(const Entity& entity, const rollout::Status& status, const DecideAt& at) {
  if (!status.attempt) return std::nullopt;
  const rollout::Attempt& attempt = *status.attempt;
  const auto known = entity.attempts.find(attempt.ordinal);
  state::AttemptRecord row;
  if (known != entity.attempts.end()) {
    row = known->second;
  } else {
    row.rollout = entity.name();
    row.began = at.wall;
  }
  row.attempt = attempt;
  for (const rollout::RevisionState& revision : status.revisions) {
    if (revision.id == attempt.revision) row.revision_number = revision.number;
  }
  if (attempt.promoted_at && !row.promoted) row.promoted = at.wall;
  if (attempt.ending != rollout::Ending::kNone && !row.ended) row.ended = at.wall;
  if (entity.route && entity.route->route.epoch == entity.stored.status.route.epoch) {
    const rollout::Route& seen = entity.route->route;
    const bool is_its_slot = std::ranges::any_of(seen.slots, [&](const rollout::SlotUse& use) {
      return use.slot == seen.canary_slot && use.revision == attempt.revision;
    });
    if (is_its_slot && seen.canary_slot != seen.stable_slot) row.weight_max = std::max(row.weight_max, seen.weight);
  }
  if (known != entity.attempts.end() && known->second == row) return std::nullopt;
  return row;
}

// What nothing refers to any more: revisions that the machine has let go, attempts beyond what is kept.
void Collect(const Entity& entity, const rollout::Status& status, Decision& decision) {
  for (const auto& [id, revision] : entity.revisions) {
    const bool is_known = std::ranges::find(status.revisions, id, &rollout::RevisionState::id) != status.revisions.end();
    const bool runs = std::ranges::find(entity.instances, id, &InstanceState::revision) != entity.instances.end();
    if (is_known || runs || id == entity.record.spec.revision) continue;
    decision.transaction.erase.emplace_back(state::kRevisionTable, state::RevisionKey(revision));
    decision.gone.push_back(id);
  }
  if (entity.attempts.size() <= kAttemptsKept) return;
  const auto& oldest = *entity.attempts.begin();
  decision.transaction.erase.emplace_back(state::kAttemptTable, state::AttemptKey(oldest.second));
  decision.forgotten = oldest.first;
}

// The machine knows one attempt, the newest: that the one before has ended, and by what, is noted here.
std::optional<state::AttemptRecord> ClosedBy(const Entity& entity, const rollout::Status& status, const DecideAt& at) {
  if (!status.attempt || entity.attempts.empty()) return std::nullopt;
  const auto& [ordinal, last] = *entity.attempts.rbegin();
  if (ordinal >= status.attempt->ordinal || last.ended) return std::nullopt;
  const auto newer = std::ranges::find(status.revisions, status.attempt->revision, &rollout::RevisionState::id);
  const std::string by = newer == status.revisions.end() ? "a newer one" : "rev " + std::to_string(newer->number);
  state::AttemptRecord row = last;
  row.ended = at.wall;
  row.attempt.stage = rollout::Stage::kDone;
  if (row.attempt.ending != rollout::Ending::kNone) return row;
  row.attempt.ending = row.promoted ? rollout::Ending::kPromoted : rollout::Ending::kSuperseded;
  row.attempt.reason = row.promoted ? "its bake ended when " + by + " began" : "superseded by " + by;
  return row;
}

// The last transaction of a rollout that was deleted: its entries stay in the journal, everything else goes.
void TakeLeave(const Entity& entity, const DecideAt& at, Decision& decision) {
  Transaction& transaction = decision.transaction;
  transaction.put.clear();
  transaction.outbox_put.clear();
  transaction.erase.clear();
  decision.targets.clear();
  decision.attempt.reset();
  const std::string key = state::RolloutKey(entity.name());
  transaction.erase.emplace_back(state::kRolloutTable, key);
  transaction.erase.emplace_back(state::kStatusTable, key);
  transaction.erase.emplace_back(state::kJudgeTable, key);
  transaction.erase.emplace_back(state::kJudgeTable, state::RulesCaseKey(entity.name()));
  transaction.erase.emplace_back(state::kAnalysisTable, key);
  for (const auto& [id, revision] : entity.revisions) {
    transaction.erase.emplace_back(state::kRevisionTable, state::RevisionKey(revision));
  }
  for (const auto& [ordinal, attempt] : entity.attempts) {
    transaction.erase.emplace_back(state::kAttemptTable, state::AttemptKey(attempt));
  }
  for (const auto& [name, target] : entity.targets) transaction.outbox_done.emplace_back(name, target.generation);
  decision.left = state::RemovedRecord{entity.name(), entity.record.spec.uid, decision.status.last_target, at.wall};
  transaction.put.push_back({std::string(state::kRemovedTable), key, state::Encode(*decision.left)});
}

// A memory that is not due waits for a commit that has another reason.
void TakeMemory(const Memory* memory, std::uint64_t& remembered, Decision& decision) {
  if (memory == nullptr || memory->version <= remembered) return;
  if (decision.IsEmpty() && !memory->is_due) return;
  remembered = memory->version;
  for (const Row& row : memory->rows) {
    if (row.value.empty()) {
      decision.transaction.erase.emplace_back(row.table, row.key);
    } else {
      decision.transaction.put.push_back(row);
    }
  }
}

}  // namespace

audit::Entry Bounded(audit::Entry entry) {
  if (entry.message.size() > kEntryMessageBytesMax) entry.message.resize(kEntryMessageBytesMax);
  const std::size_t bytes = CanonicalJson(Json(entry.data)).size();
  if (bytes > kEntryDataBytesMax) {
    entry.data = {{"left_out", "The data had " + std::to_string(bytes) + " bytes, more than an entry takes."}};
  }
  return entry;
}

rollout::World WorldOf(const Entity& entity, const Judge* judge, const AnalysisRunner* analyses, const ClockJoin& join) {
  rollout::World world;
  for (const InstanceState& instance : entity.instances) {
    rollout::InstanceSeen seen;
    seen.id = instance.id;
    seen.revision = instance.revision;
    seen.ready = instance.ready;
    seen.ready_since = instance.ready ? instance.ready_since : std::nullopt;
    seen.stopping = instance.phase == InstancePhase::kStopping || instance.phase == InstancePhase::kStopped;
    seen.restarts = instance.restarts;
    seen.ordinal = instance.ordinal;
    if (!instance.ready) seen.trouble = instance.message;
    seen.started_at = instance.started_at;
    world.instances.push_back(std::move(seen));
  }
  std::ranges::sort(world.instances, {}, &rollout::InstanceSeen::id);
  world.route = entity.route;
  if (judge != nullptr) world.gate = judge->Gate(entity.name());
  if (analyses != nullptr) world.analyses = analyses->Seen(entity.name());
  if (entity.record.spec.restart_at) world.restart_at = join.ToBoot(*entity.record.spec.restart_at);
  return world;
}

Result<Decision> Decide(const Entity& entity, const rollout::World& world, const rollout::Request* request,
                        const DecideAt& at) {
  Decision decision;
  decision.status = entity.stored;
  decision.status.boot_id = at.boot_id;
  rollout::Status status = entity.stored.status;
  std::vector<audit::Entry> entries;
  if (request != nullptr) {
    TRY(rollout::Outcome asked, rollout::Handle(entity.record.spec, std::move(status), *request, at.now));
    status = std::move(asked.status);
    entries = std::move(asked.entries);
  }
  rollout::Outcome outcome = rollout::Reconcile(entity.record.spec, std::move(status), world, at.now);
  std::ranges::move(outcome.entries, std::back_inserter(entries));
  decision.wake_at = outcome.wake_at;
  TakeEffects(entity, outcome.effects, at, decision);
  decision.status.status = std::move(outcome.status);

  Transaction& transaction = decision.transaction;
  const rollout::Status& decided = decision.status.status;
  // What the judge saw led to what the machine decided: it is told first.
  for (const Judged& judged : entity.told) {
    if (!judged.samples.empty()) {
      decision.samples.push_back(judged.samples);
      decision.samples_of.push_back(transaction.entries.size());
    }
    transaction.entries.push_back(EntryFor(entity, entity.stored.status, judged.entry, at));
  }
  decision.told = entity.told.size();
  for (audit::Entry& entry : entries) transaction.entries.push_back(EntryFor(entity, decided, std::move(entry), at));
  transaction.outbox_done = entity.acks;
  decision.acks = entity.acks.size();
  decision.attempt = AttemptRow(entity, decided, at);
  if (decision.attempt) {
    decision.closed = ClosedBy(entity, decided, at);
    if (decision.closed) {
      transaction.put.push_back(
          {std::string(state::kAttemptTable), state::AttemptKey(*decision.closed), state::Encode(*decision.closed)});
    }
    transaction.put.push_back(
        {std::string(state::kAttemptTable), state::AttemptKey(*decision.attempt), state::Encode(*decision.attempt)});
  }
  Collect(entity, decided, decision);
  if (decided.removal && decided.removal->gone_at) {
    TakeLeave(entity, at, decision);
  } else if (decision.status != entity.stored) {
    transaction.put.push_back(
        {std::string(state::kStatusTable), state::RolloutKey(entity.name()), state::Encode(decision.status)});
  }
  decision.remembered = entity.remembered;
  if (decision.left) return decision;
  TakeMemory(at.judge, decision.remembered.judge, decision);
  TakeMemory(at.analyses, decision.remembered.analyses, decision);
  return decision;
}

}  // namespace tuesday::control
