// SPDX-License-Identifier: Apache-2.0
#include "control/runs/runs.h"

#include <utility>

#include "control/runs/run.h"
#include "control/runs/run_rows.h"
#include "control/runs/run_spec.h"
#include "core/workflow/run/groups.h"

namespace tuesday::control {

using workflow::RunEvent;
using workflow::RunOutcome;
using workflow::RunPhase;

Runs::Runs(RunsParts parts, std::function<void(const std::string&)> changed)
    : parts_(std::move(parts)), changed_(std::move(changed)), self_(std::make_shared<Runs*>(this)) {}

Runs::~Runs() { *self_ = nullptr; }

workflow::Moment Runs::Now() const { return {parts_.clock.Now(), parts_.clock.Wall()}; }

void Runs::Later(Instant at, std::function<void()> call) {
  parts_.executor.At(at, [self = self_, call = std::move(call)] {
    if (*self != nullptr) call();
  });
}

const workflow::RunState* Runs::Find(const std::string& id) const {
  const auto found = runs_.find(id);
  return found == runs_.end() ? nullptr : &found->second->state;
}

const runs::RunRecord* Runs::FindRecord(const std::string& id) const {
  const auto found = runs_.find(id);
  return found == runs_.end() ? nullptr : &found->second->record;
}

std::vector<std::string> Runs::Ids() const {
  std::vector<std::string> ids;
  for (const auto& [id, run] : runs_) ids.push_back(id);
  return ids;
}

Result<void> Runs::Load() {
  TRY(const auto by_id, ListRuns(parts_.store));
  for (const auto& [id, rows] : by_id) TRY_OK(TakeUp(id, rows));
  return {};
}

Result<void> Runs::LoadOne(const std::string& id) {
  RunRows rows;
  TRY(std::vector<Row> found, parts_.store.List(runs::kRunTable, id + "/"));
  for (Row& row : found) {
    if (row.key == id + "/record") {
      rows.record = std::move(row.value);
    } else {
      rows.state[std::move(row.key)] = std::move(row.value);
    }
  }
  if (rows.record.empty() || rows.state.empty()) return Fail(ErrorCode::kNotFound, "There is no run '" + id + "'.");
  return TakeUp(id, rows);
}

Result<workflow::RunSpec> Runs::MakeSpec(const runs::RunRecord& record) const {
  TRY(workflow::RunSpec spec, SpecOf(record, parts_.secrets(record)));
  if (parts_.environments != nullptr) spec.environments = parts_.environments(record);
  return spec;
}

Result<void> Runs::TakeUp(const std::string& id, const RunRows& rows) {
  auto run = std::make_shared<Run>();
  TRY(run->record, runs::DecodeRecord(rows.record));
  TRY(runs::StoredState stored, runs::DecodeState(id, rows.state));
  TRY(run->spec, MakeSpec(run->record));
  run->state = std::move(stored.state);
  run->stored = true;
  runs_[id] = run;
  if (run->state.phase == RunPhase::kDone) return {};
  // No place outlives the machine, and instants of another boot say nothing.
  if (stored.boot_id != parts_.clock.BootId()) {
    for (const std::string& leg : OpenedLegs(run->state)) {
      if (!IsOpening(run->state, leg)) Give(run, workflow::PlaceLost{leg, "the machine was started again"});
    }
  }
  Perform(run);
  Give(run, workflow::Woken{});
  return {};
}

void Runs::Forget(const std::string& id) {
  const auto found = runs_.find(id);
  if (found != runs_.end() && found->second->state.phase == RunPhase::kDone) runs_.erase(found);
}

void Runs::Begin(const runs::RunRecord& record, std::function<void(Result<void>)> answer, workflow::RunState from) {
  auto run = std::make_shared<Run>();
  run->record = record;
  run->state = std::move(from);
  auto spec = MakeSpec(record);
  if (!spec) return answer(std::unexpected(spec.error()));
  run->spec = std::move(*spec);
  if (!runs_.emplace(record.id, run).second)
    return answer(Fail(ErrorCode::kConflict, "There is a run '" + record.id + "' already."));
  run->begun = std::move(answer);
  Give(run, workflow::RunBegun{});
}

Result<void> Runs::Cancel(const std::string& id, const std::string& leg, const std::string& reason) {
  const auto found = runs_.find(id);
  if (found == runs_.end()) return Fail(ErrorCode::kNotFound, "There is no run '" + id + "'.");
  if (found->second->state.phase == RunPhase::kDone) return Fail(ErrorCode::kConflict, "The run '" + id + "' has ended.");
  Give(found->second, workflow::CancelAsked{leg, reason});
  return {};
}

void Runs::LetIn(const std::string& id, const std::string& leg) { GiveSettled(id, workflow::EnvironmentGranted{leg}); }

void Runs::KeepOut(const std::string& id, workflow::EnvironmentLost lost) { GiveSettled(id, std::move(lost)); }

void Runs::GiveSettled(const std::string& id, RunEvent event) {
  const auto found = runs_.find(id);
  if (found == runs_.end() || found->second->committing || !found->second->inbox.empty()) return;
  Give(found->second, std::move(event));
}

void Runs::Give(const RunPtr& run, RunEvent event) {
  run->inbox.push_back(std::move(event));
  Pump(run);
}

// Everything that has come in is decided together and stored once. Until that is answered nothing more is taken in.
void Runs::Pump(const RunPtr& run) {
  if (run->committing || run->inbox.empty()) return;
  run->committing = true;
  auto events = std::exchange(run->inbox, {});
  RunOutcome all;
  all.state = run->state;
  Transaction transaction;
  const Namespace ns = parts_.namespace_of == nullptr ? Namespace("default") : parts_.namespace_of(run->record);
  for (const RunEvent& event : events) {
    RunOutcome one = workflow::StepRun(run->spec, std::move(all.state), event, Now());
    all.state = std::move(one.state);
    all.wake_at = one.wake_at;
    for (audit::Entry& entry : one.entries) {
      const ObjectName name{.ns = ns, .kind = "WorkflowRun", .name = run->record.id};
      transaction.entries.push_back({.at = parts_.clock.Wall(), .object = name, .attempt = "", .entry = std::move(entry)});
    }
  }
  if (!run->stored)
    transaction.put.push_back({std::string(runs::kRunTable), run->record.id + "/record", runs::Encode(run->record)});
  PutState(run->record.id, parts_.clock.BootId(), run->has_rows ? &run->state : nullptr, all.state, transaction);
  auto stored = std::make_shared<Result<void>>();
  parts_.executor.Run(
      std::string(kStoreLane),
      [&store = parts_.store, transaction = std::move(transaction), stored] { *stored = store.Commit(transaction); },
      [self = self_, run, events = std::move(events), all = std::move(all), stored]() mutable {
        if (*self != nullptr) (*self)->Committed(run, std::move(events), std::move(all), *stored);
      });
}

void Runs::Committed(const RunPtr& run, std::deque<RunEvent> events, RunOutcome outcome, const Result<void>& stored) {
  run->committing = false;
  if (!stored) {
    if (run->begun) {
      auto answer = std::exchange(run->begun, nullptr);
      runs_.erase(run->record.id);
      return answer(stored);
    }
    // What was decided is dropped; the events are decided again when the store may work again.
    run->inbox.insert(run->inbox.begin(), std::make_move_iterator(events.begin()), std::make_move_iterator(events.end()));
    return Later(parts_.clock.Now() + kTryAgain, [this, run] { Pump(run); });
  }
  run->stored = true;
  run->has_rows = true;
  run->state = std::move(outcome.state);
  if (outcome.wake_at.has_value()) Wake(run, *outcome.wake_at);
  Perform(run);
  if (run->begun) std::exchange(run->begun, nullptr)({});
  changed_(run->record.id);
  SettleGroups();
  OpenWaiting();
  Pump(run);
}

void Runs::Wake(const RunPtr& run, Instant at) {
  if (run->wake_at == at) return;
  run->wake_at = at;
  Later(at, [this, run, at] {
    if (run->wake_at != at) return;
    run->wake_at.reset();
    Give(run, workflow::Woken{});
  });
}

// Groups are settled over all runs at once, whenever one of them has moved.
void Runs::SettleGroups() {
  std::vector<workflow::GroupMember> members;
  for (const auto& [id, run] : runs_) {
    for (workflow::GroupMember& member : workflow::GroupMembers(id, run->state)) members.push_back(std::move(member));
  }
  for (const workflow::GroupMove& move : workflow::SettleGroups(members)) {
    // One that is deciding is settled when it has decided: the same move comes out again.
    if (move.granted) {
      GiveSettled(move.run, workflow::GroupGranted{move.leg});
    } else {
      GiveSettled(move.run, workflow::GroupLost{move.leg, move.reason});
    }
  }
}

}  // namespace tuesday::control
