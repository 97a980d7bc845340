// SPDX-License-Identifier: Apache-2.0
// The start: load what is stored, look at what runs, owe what the outbox owes, and go on from there.
#include <algorithm>
#include <utility>

#include "control/loop/fleet_core.h"
#include "control/loop/reboot.h"
#include "wire/state/codec.h"
#include "wire/state/judgement.h"
#include "wire/state/keys.h"

namespace tuesday::control {

struct FleetCore::Loaded {
  std::vector<state::ObjectRecord> objects;
  std::vector<state::ImageBinding> images;
  std::vector<state::RolloutRecord> rollouts;
  std::map<RolloutName, state::StatusRecord> statuses;
  std::vector<state::RevisionRecord> revisions;
  std::vector<state::AttemptRecord> attempts;
  std::vector<state::RemovedRecord> removed;
  std::uint64_t first_release = 1;  // That is kept.
  std::uint64_t last_release = 0;
  std::optional<state::ClockRecord> clock;
  std::optional<state::RestoredRecord> restored;
  std::vector<OutboxRow> outbox;
  std::map<RolloutName, std::vector<Row>> memories;  // Of judge and analyses.
};

namespace {

template <typename T>
Result<std::vector<T>> LoadTable(Store& store, std::string_view table) {
  TRY(const std::vector<Row> rows, store.List(table, ""));
  std::vector<T> records;
  for (const Row& row : rows) {
    Result<T> record = state::Decode<T>(row.value);
    if (!record) {
      return Fail(record.error().code, "Row " + row.key + " of table " + row.table + ": " + record.error().message,
                  record.error().hint);
    }
    records.push_back(*std::move(record));
  }
  return records;
}

// The target that an outbox row stands for, owed again.
Result<Target> TargetOf(const OutboxRow& row) {
  Target target;
  target.generation = row.generation;
  if (row.target.starts_with("route ")) {
    TRY(target.what, state::Decode<rollout::Route>(row.payload));
  } else {
    TRY(target.what, state::Decode<rollout::CountTarget>(row.payload));
  }
  return target;
}

}  // namespace

Result<FleetCore::Loaded> FleetCore::Load(Store& store) {
  Loaded loaded;
  TRY(loaded.objects, LoadTable<state::ObjectRecord>(store, state::kObjectTable));
  TRY(loaded.images, LoadTable<state::ImageBinding>(store, state::kImageTable));
  TRY(loaded.rollouts, LoadTable<state::RolloutRecord>(store, state::kRolloutTable));
  TRY(loaded.revisions, LoadTable<state::RevisionRecord>(store, state::kRevisionTable));
  TRY(loaded.attempts, LoadTable<state::AttemptRecord>(store, state::kAttemptTable));
  TRY(loaded.removed, LoadTable<state::RemovedRecord>(store, state::kRemovedTable));
  for (const state::RolloutRecord& rollout : loaded.rollouts) {
    const RolloutName& name = rollout.spec.name;
    TRY(const std::optional<std::string> row, store.Get(state::kStatusTable, state::RolloutKey(name)));
    if (!row) continue;
    TRY(loaded.statuses[name], state::Decode<state::StatusRecord>(*row));
  }
  for (const std::string_view table : {state::kJudgeTable, state::kAnalysisTable}) {
    TRY(const std::vector<Row> rows, store.List(table, ""));
    for (const Row& row : rows) {
      const auto owner = std::ranges::find_if(loaded.rollouts, [&row](const state::RolloutRecord& rollout) {
        const std::string key = state::RolloutKey(rollout.spec.name);
        return row.key == key || row.key.starts_with(key + "/");
      });
      if (owner != loaded.rollouts.end()) loaded.memories[owner->spec.name].push_back(row);
    }
  }
  TRY(const std::vector<state::ReleaseRecord> releases, LoadTable<state::ReleaseRecord>(store, state::kReleaseTable));
  if (!releases.empty()) {
    loaded.first_release = releases.front().number;
    loaded.last_release = releases.back().number;
  }
  TRY(const std::optional<std::string> clock, store.Get(state::kMetaTable, state::kClockKey));
  if (clock) {
    TRY(loaded.clock, state::Decode<state::ClockRecord>(*clock));
  }
  TRY(const std::optional<std::string> restored, store.Get(state::kRestoredTable, state::kRestoredKey));
  if (restored) {
    TRY(loaded.restored, state::DecodeRestored(*restored));
  }
  TRY(loaded.outbox, store.Outbox());
  return loaded;
}

void FleetCore::Recover(Done<void> done) {
  Ask<Loaded>(
      "store", [&store = ports_.store] { return Load(store); },
      [this, done = std::move(done)](Result<Loaded> loaded) {
        if (!loaded) return done(std::unexpected(loaded.error()));
        if (Result<void> taken = TakeOver(*std::move(loaded)); !taken) return done(std::move(taken));
        Begin(done);
      });
}

Result<void> FleetCore::TakeOver(Loaded loaded) {
  const std::string boot_id = ports_.clock.BootId();
  join_ = {Now(), ports_.clock.Wall()};
  // One boot has one join: samples and stored times go on without a step, whatever the wall clock did meanwhile.
  if (loaded.clock && loaded.clock->boot_id == boot_id) join_ = loaded.clock->join;
  for (state::ObjectRecord& object : loaded.objects) objects_[object.name] = std::move(object);
  for (state::ImageBinding& image : loaded.images) images_[image.reference] = std::move(image);
  for (state::RemovedRecord& removed : loaded.removed) removed_[removed.rollout] = std::move(removed);
  first_release_ = loaded.first_release;
  last_release_ = loaded.last_release;
  for (state::RolloutRecord& record : loaded.rollouts) {
    const RolloutName name = record.spec.name;
    Entity& entity = entities_[name];
    entity.record = std::move(record);
    entity.stored = loaded.statuses[name];
    // Time that passed after the backup was taken is nobody's dwell and nobody's delay.
    if (entity.stored.boot_id != boot_id || loaded.restored)
      entity.stored.status = AfterReboot(std::move(entity.stored.status), Now());
    entity.stored.boot_id = boot_id;
    if (entity.stored.status.route.epoch.value > 0) {
      // Asked again at the start: the edge may have come up from an older disk than ours.
      Target& route = entity.targets[RouteTargetName(name)];
      route.generation = entity.stored.last_target;
      route.what = entity.stored.status.route;
      route.state = Target::State::kAcked;
      route.acked_at = Now();
    }
  }
  for (state::RevisionRecord& revision : loaded.revisions) {
    if (Entity* entity = Find(revision.rollout)) entity->revisions[revision.id] = std::move(revision);
  }
  for (state::AttemptRecord& attempt : loaded.attempts) {
    if (Entity* entity = Find(attempt.rollout)) entity->attempts[attempt.attempt.ordinal] = std::move(attempt);
  }
  for (const auto& [name, rows] : loaded.memories) {
    if (ports_.judge != nullptr) TRY_OK(ports_.judge->Restore(name, rows, boot_id, Now()));
    if (ports_.analyses != nullptr) TRY_OK(ports_.analyses->Restore(name, rows, boot_id, Now()));
  }
  if (loaded.restored) BeginTakingOver(*loaded.restored);
  for (const OutboxRow& row : loaded.outbox) {
    TRY(Target target, TargetOf(row));
    for (auto& [name, entity] : entities_) {
      if (row.target == RouteTargetName(name) || row.target.starts_with("count " + name.Text() + " ")) {
        entity.targets[row.target] = std::move(target);
        break;
      }
    }
  }
  return {};
}

void FleetCore::Begin(Done<void> done) {
  Transaction transaction;
  const state::ClockRecord clock{ports_.clock.BootId(), join_};
  transaction.put.push_back({std::string(state::kMetaTable), std::string(state::kClockKey), state::Encode(clock)});
  DropOldest(transaction);
  // A full disk stops new rollouts, not the daemon: without this row only the join of the clocks is made anew.
  Ask<void>(
      "store", [&store = ports_.store, transaction] { return store.Commit(transaction); },
      [this, done = std::move(done)](const Result<void>& committed) {
        if (!committed) health_.store = "The store does not write: " + committed.error().message;
        ReadRules();
        recovered_ = true;
        PollInstancesForEver();
        PollEdgeForEver();
        done({});
      });
}

}  // namespace tuesday::control
