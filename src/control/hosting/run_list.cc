// SPDX-License-Identifier: Apache-2.0
#include "control/hosting/run_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "control/runs/run_rows.h"
#include "core/workflow/event/context.h"
#include "core/workflow/run/resume.h"

namespace tuesday::control {

using runs::PendingRun;
using runs::ResumeMode;
using runs::RunRecord;
using runs::RunStatus;
using runs::RunSummary;
using workflow::RunResult;

namespace {

std::string RunIdOf(const std::string& record_id) { return record_id.substr(0, record_id.find('.')); }

RunRecord RecordOf(const NewRun& run) {
  RunRecord record;
  record.id = run.summary.id;
  record.files = run.files;
  Json::Object github = workflow::GithubOf(
      run.facts, {.id = run.summary.id, .number = run.summary.number, .workflow = run.summary.title, .file = run.summary.file});
  github["event"] = Json(run.payload);
  record.github = CanonicalJson(Json(std::move(github)));
  record.inputs = CanonicalJson(Json(run.inputs));
  record.vars = "{}";
  return record;
}

audit::Entry CreatedEntry(const RunSummary& summary) {
  return {.kind = "run.created",
          .message = fmt::format("{} runs for {} of {} by {}.", summary.title, summary.event, summary.ref, summary.actor),
          .data = {{"repository", summary.repository},
                   {"workflow", summary.file},
                   {"event", summary.event},
                   {"ref", summary.ref},
                   {"sha", summary.sha},
                   {"by", summary.actor}}};
}

audit::Entry ActEntry(const std::string& kind, const std::string& message, const std::string& by, const std::string& reason) {
  return {.kind = kind, .message = message, .data = {{"by", by}, {"reason", reason}}};
}

}  // namespace

struct RunList::Told {
  std::function<void(const std::string&)> changed;
};

RunList::RunList(RunListParts parts) : parts_(std::move(parts)), self_(std::make_shared<RunList*>(this)) {}
RunList::~RunList() { *self_ = nullptr; }

Result<void> RunList::Load() {
  TRY(const std::vector<Row> rows, parts_.store.List(runs::kSummaryTable, ""));
  TRY(const std::vector<Row> pending, parts_.store.List(runs::kPendingTable, ""));
  for (const Row& row : pending) {
    TRY(pending_[row.key], runs::DecodePending(row.value));
  }
  for (const Row& row : rows) {
    TRY(const RunSummary summary, runs::DecodeSummary(row.value));
    summaries_[row.key] = summary;
    std::uint64_t id = 0;
    std::from_chars(summary.id.data(), summary.id.data() + summary.id.size(), id);
    next_id_ = std::max(next_id_, id + 1);
  }
  if (parts_.highest_left != nullptr) next_id_ = std::max(next_id_, parts_.highest_left() + 1);
  std::vector<std::string> going_on;
  for (const auto& [key, summary] : summaries_) {
    if (summary.status == RunStatus::kPending || summary.status == RunStatus::kRunning) going_on.push_back(key);
  }
  for (const std::string& key : going_on) {
    RunSummary& summary = summaries_.at(key);
    // One that cannot go on holds no other up.
    if (const Result<void> taken = TakeUp(summary); !taken.has_value())
      summary.reason = fmt::format("not taken up, tried again at the next start: {}", ErrorText(taken.error()));
  }
  return {};
}

// One that was begun has its rows, whatever the list says of it; one that has not is begun now.
Result<void> RunList::TakeUp(const RunSummary& summary) {
  const std::string record_id = runs::RecordIdOf(summary);
  TRY(const std::optional<std::string> record, parts_.store.Get(runs::kRunTable, record_id + "/record"));
  if (!record.has_value()) {
    if (pending_.contains(summary.id)) Begin(summary.id);
    return {};
  }
  TRY(RunRecord decoded, runs::DecodeRecord(*record));
  TRY_OK(parts_.prepare(decoded));
  TRY_OK(runs_->LoadOne(record_id));
  if (summary.status == RunStatus::kPending) Begun(summary.id, {});
  Changed(record_id);
  return {};
}

void RunList::Add(std::vector<NewRun> news, Transaction also, Done<std::vector<RunSummary>> done) {
  auto added = std::make_shared<std::vector<RunSummary>>();
  auto pending = std::make_shared<std::map<std::string, PendingRun>>();
  for (NewRun& run : news) {
    RunSummary& summary = run.summary;
    summary.id = std::to_string(next_id_++);
    summary.created_at = parts_.clock.Wall();
    if (run.files.empty()) {
      End(summary, RunResult::kFailure, summary.reason);
    } else {
      PendingRun waiting{.record = RecordOf(run)};
      parts_.furnish(summary, waiting.record);
      also.put.push_back({std::string(runs::kPendingTable), summary.id, runs::Encode(waiting)});
      pending->emplace(summary.id, std::move(waiting));
    }
    also.put.push_back({std::string(runs::kSummaryTable), runs::SummaryKey(summary.id), runs::Encode(summary)});
    also.entries.push_back(EntryOf(summary, CreatedEntry(summary)));
    added->push_back(summary);
  }
  Commit(std::move(also), [this, added, pending, done = std::move(done)](const Result<void>& stored) {
    if (!stored.has_value()) return done(std::unexpected(stored.error()));
    pending_.merge(*pending);
    for (const RunSummary& summary : *added) summaries_[runs::SummaryKey(summary.id)] = summary;
    for (const RunSummary& summary : *added) {
      if (summary.status == RunStatus::kPending) Begin(summary.id);
      Tell(summary.id);
    }
    done(*added);
    ForgetOldest();
  });
}

void RunList::Begin(const std::string& id) {
  const PendingRun& pending = pending_.at(id);
  auto prepared = std::make_shared<Result<RunRecord>>(pending.record);
  auto from = std::make_shared<Result<workflow::RunState>>(workflow::RunState{});
  const std::string before = runs::RecordIdOf({.id = id, .attempt = pending.record.attempt - 1});
  parts_.executor.Run(
      "run " + id,
      [this, pending, before, prepared, from] {
        if (const Result<void> done = parts_.prepare(**prepared); !done.has_value()) *prepared = std::unexpected(done.error());
        if (pending.resume == ResumeMode::kNothing) return;
        const auto resume = [&]() -> Result<workflow::RunState> {
          TRY(const runs::StoredState stored, ReadState(parts_.store, before));
          return workflow::Resume(stored.state, pending.resume == ResumeMode::kFailedStep ? workflow::ResumeFrom::kFailedStep
                                                                                          : workflow::ResumeFrom::kFailedJobs);
        };
        *from = resume();
      },
      [self = self_, id, prepared, from] {
        if (*self != nullptr) (*self)->Prepared(id, std::move(*prepared), std::move(*from));
      });
}

void RunList::Prepared(const std::string& id, Result<RunRecord> prepared, Result<workflow::RunState> from) {
  const auto pending = pending_.find(id);
  if (pending == pending_.end()) return;  // It was cancelled meanwhile.
  if (!prepared.has_value()) return Begun(id, std::unexpected(prepared.error()));
  if (!from.has_value()) return Begun(id, std::unexpected(from.error()));
  RunRecord record = std::move(*prepared);
  if (pending->second.resume != ResumeMode::kNothing) {
    const std::string before = runs::RecordIdOf({.id = id, .attempt = record.attempt - 1});
    for (const std::string& leg : workflow::ContinuedLegs(*from)) record.continues[leg] = before + "." + leg;
  }
  runs_->Begin(record, [this, id](const Result<void>& begun) { Begun(id, begun); }, std::move(*from));
}

void RunList::Begun(const std::string& id, const Result<void>& begun) {
  RunSummary& summary = summaries_.at(runs::SummaryKey(id));
  std::vector<audit::Entry> entries;
  if (begun.has_value()) {
    summary.status = RunStatus::kRunning;
    summary.began_at = parts_.clock.Wall();
  } else {
    End(summary, RunResult::kFailure, ErrorText(begun.error()));
    entries.push_back(ActEntry("run.failed", "The run could not begin.", "tuesday", summary.reason));
  }
  pending_.erase(id);
  Transaction transaction;
  transaction.put.push_back({std::string(runs::kSummaryTable), runs::SummaryKey(id), runs::Encode(summary)});
  transaction.erase.emplace_back(std::string(runs::kPendingTable), id);
  for (audit::Entry& entry : entries) transaction.entries.push_back(EntryOf(summary, std::move(entry)));
  Commit(std::move(transaction), [](const Result<void>&) {});  // What is not stored is found again by the next start.
  Tell(id);
}

void RunList::End(RunSummary& summary, RunResult result, const std::string& reason) {
  summary.status = RunStatus::kDone;
  summary.result = result;
  summary.reason = reason;
  summary.ended_at = parts_.clock.Wall();
}

void RunList::Changed(const std::string& record_id) {
  const std::string id = RunIdOf(record_id);
  const auto found = summaries_.find(runs::SummaryKey(id));
  const workflow::RunState* state = runs_->Find(record_id);
  if (found == summaries_.end() || state == nullptr) return;
  RunSummary& summary = found->second;
  if (state->phase == workflow::RunPhase::kDone && summary.status == RunStatus::kRunning &&
      runs::RecordIdOf(summary) == record_id) {
    End(summary, state->result, state->reason);
    CommitSummary(summary, {}, [this, record_id](const Result<void>&) { runs_->Forget(record_id); });
    WithRecords(summary, parts_.ended);
    if (summary.result == RunResult::kSuccess) WithRecords(summary, parts_.drop_files);
    DropOldFiles();
  }
  Tell(id);
}

void RunList::Approve(const std::string& id, const std::string& by, const std::string& reason, Done<void> done) {
  const auto found = summaries_.find(runs::SummaryKey(id));
  if (found == summaries_.end()) return done(Fail(ErrorCode::kNotFound, fmt::format("There is no run {}.", id)));
  if (found->second.status != RunStatus::kApproval)
    return done(Fail(ErrorCode::kConflict, fmt::format("The run {} waits for no approval.", id)));
  if (found->second.actor == by)
    return done(Fail(ErrorCode::kDenied, "A run is approved by another than who began it.", "Ask somebody else."));
  RunSummary approved = found->second;
  approved.status = RunStatus::kPending;
  CommitSummary(approved, {ActEntry("run.approved", fmt::format("{} approved the run.", by), by, reason)},
                [this, approved, done = std::move(done)](const Result<void>& stored) {
                  if (!stored.has_value()) return done(stored);
                  summaries_[runs::SummaryKey(approved.id)] = approved;
                  Begin(approved.id);
                  Tell(approved.id);
                  done({});
                });
}

void RunList::Cancel(const std::string& id, const std::string& by, const std::string& reason, Done<void> done) {
  const auto found = summaries_.find(runs::SummaryKey(id));
  if (found == summaries_.end()) return done(Fail(ErrorCode::kNotFound, fmt::format("There is no run {}.", id)));
  RunSummary& summary = found->second;
  if (summary.status == RunStatus::kDone) return done(Fail(ErrorCode::kConflict, fmt::format("The run {} has ended.", id)));
  const std::string why = reason.empty() ? fmt::format("{} cancelled it", by) : fmt::format("{} cancelled it: {}", by, reason);
  const audit::Entry entry = ActEntry("run.cancelled", why + ".", by, reason);
  if (summary.status == RunStatus::kRunning) {
    if (const Result<void> asked = runs_->Cancel(runs::RecordIdOf(summary), "", why); !asked.has_value()) return done(asked);
    return CommitSummary(summary, {entry}, std::move(done));
  }
  End(summary, RunResult::kCancelled, why);
  pending_.erase(id);
  Transaction transaction;
  transaction.put.push_back({std::string(runs::kSummaryTable), runs::SummaryKey(id), runs::Encode(summary)});
  transaction.erase.emplace_back(std::string(runs::kPendingTable), id);
  transaction.entries.push_back(EntryOf(summary, entry));
  Commit(std::move(transaction), std::move(done));
  Tell(id);
}

void RunList::Rerun(const std::string& id, ResumeMode mode, const std::string& by, Done<RunSummary> done) {
  const auto found = summaries_.find(runs::SummaryKey(id));
  if (found == summaries_.end()) return done(Fail(ErrorCode::kNotFound, fmt::format("There is no run {}.", id)));
  const RunSummary& summary = found->second;
  if (summary.status != RunStatus::kDone)
    return done(Fail(ErrorCode::kConflict, fmt::format("The run {} has not ended.", id), "tuesday run cancel ends it."));
  if (mode != ResumeMode::kNothing && summary.result == RunResult::kSuccess)
    return done(Fail(ErrorCode::kConflict, fmt::format("No job of the run {} has failed.", id)));
  Look(id, [this, id, mode, by, done = std::move(done)](Result<Progress> before) {
    if (!before.has_value()) return done(std::unexpected(before.error()));
    RunSummary next = summaries_.at(runs::SummaryKey(id));
    if (!before->record.has_value() || next.status != RunStatus::kDone)
      return done(Fail(ErrorCode::kConflict, fmt::format("The run {} cannot be begun again: {}", id, next.reason)));
    next.attempt += 1;
    next.status = RunStatus::kPending;
    next.result = RunResult::kNone;
    next.reason = "";
    next.began_at = next.ended_at = std::nullopt;
    PendingRun pending{.record = std::move(*before->record), .resume = mode};
    pending.record.id = runs::RecordIdOf(next);
    pending.record.attempt = next.attempt;
    pending.record.continues.clear();
    if (Result<Json> github = ParseJson(pending.record.github); github.has_value()) {
      github->as_object()->insert_or_assign("run_attempt", Json(std::to_string(next.attempt)));
      github->as_object()->insert_or_assign("triggering_actor", Json(by));
      pending.record.github = CanonicalJson(*github);
    }
    Transaction transaction;
    transaction.put.push_back({std::string(runs::kSummaryTable), runs::SummaryKey(id), runs::Encode(next)});
    transaction.put.push_back({std::string(runs::kPendingTable), id, runs::Encode(pending)});
    transaction.entries.push_back(
        EntryOf(next, ActEntry("run.rerun", fmt::format("{} began attempt {}.", by, next.attempt), by, "")));
    Commit(std::move(transaction), [this, next, pending, done](const Result<void>& stored) {
      if (!stored.has_value()) return done(std::unexpected(stored.error()));
      summaries_[runs::SummaryKey(next.id)] = next;
      pending_[next.id] = pending;
      Begin(next.id);
      Tell(next.id);
      done(next);
    });
  });
}

std::vector<RunSummary> RunList::List() const {
  std::vector<RunSummary> list;
  for (auto it = summaries_.rbegin(); it != summaries_.rend(); ++it) list.push_back(it->second);
  return list;
}

const RunSummary* RunList::Find(const std::string& id) const {
  const auto found = summaries_.find(runs::SummaryKey(id));
  return found == summaries_.end() ? nullptr : &found->second;
}

const workflow::RunState* RunList::StateOf(const std::string& id) const {
  const RunSummary* summary = Find(id);
  return summary == nullptr ? nullptr : runs_->Find(runs::RecordIdOf(*summary));
}

void RunList::Look(const std::string& id, Done<Progress> done) {
  const RunSummary* summary = Find(id);
  if (summary == nullptr) return done(Fail(ErrorCode::kNotFound, fmt::format("There is no run {}.", id)));
  const std::string record_id = runs::RecordIdOf(*summary);
  if (const workflow::RunState* state = runs_->Find(record_id); state != nullptr)
    return done(Progress{*runs_->FindRecord(record_id), *state});
  auto progress = std::make_shared<Result<Progress>>(Progress{});
  parts_.executor.Run(
      "store",
      [&store = parts_.store, record_id, progress] {
        const auto read = [&]() -> Result<Progress> {
          Progress found;
          TRY(const std::optional<std::string> record, store.Get(runs::kRunTable, record_id + "/record"));
          if (!record.has_value()) return found;
          TRY(found.record, runs::DecodeRecord(*record));
          TRY(runs::StoredState stored, ReadState(store, record_id));
          found.state = std::move(stored.state);
          return found;
        };
        *progress = read();
      },
      [progress, done = std::move(done)] { done(std::move(*progress)); });
}

RunList::Subscription RunList::Subscribe(std::function<void(const std::string&)> changed) {
  auto told = std::make_shared<Told>(Told{std::move(changed)});
  told_.push_back(told);
  return told;
}

void RunList::Tell(const std::string& id) {
  std::erase_if(told_, [](const auto& told) { return told.expired(); });
  const std::vector<std::weak_ptr<Told>> all = told_;  // A call may subscribe another.
  for (const auto& weak : all) {
    if (const auto told = weak.lock(); told != nullptr) told->changed(id);
  }
}

NewEntry RunList::EntryOf(const RunSummary& summary, audit::Entry entry) const {
  return {.at = parts_.clock.Wall(),
          .object = {Namespace(summary.ns), "WorkflowRun", summary.id},
          .attempt = "",
          .entry = std::move(entry)};
}

void RunList::Commit(Transaction transaction, Done<void> done) {
  auto stored = std::make_shared<Result<void>>();
  parts_.executor.Run(
      "store", [&store = parts_.store, transaction = std::move(transaction), stored] { *stored = store.Commit(transaction); },
      [self = self_, stored, done = std::move(done)] {
        if (*self != nullptr) done(*stored);
      });
}

void RunList::CommitSummary(const RunSummary& summary, std::vector<audit::Entry> entries, Done<void> done) {
  Transaction transaction;
  transaction.put.push_back({std::string(runs::kSummaryTable), runs::SummaryKey(summary.id), runs::Encode(summary)});
  for (audit::Entry& entry : entries) transaction.entries.push_back(EntryOf(summary, std::move(entry)));
  Commit(std::move(transaction), std::move(done));
}

}  // namespace tuesday::control
