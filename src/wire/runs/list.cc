// SPDX-License-Identifier: Apache-2.0
#include "wire/runs/list.h"

#include <fmt/format.h>

#include <array>

#include "wire/runs/fields.h"
#include "wire/state/row.h"

namespace tuesday::runs {

constexpr auto WordsOf(RunStatus) { return std::to_array<std::string_view>({"approval", "pending", "running", "done"}); }

constexpr auto WordsOf(ResumeMode) { return std::to_array<std::string_view>({"nothing", "failed-jobs", "failed-step"}); }

template <typename V>
void Fields(V& v, PendingRun& x) {
  v("record", x.record);
  v("resume", x.resume);
}

template <typename V>
void Fields(V& v, RepositoryRecord& x) {
  v("name", x.name);
  v("namespace", x.ns);
  v("default_branch", x.default_branch);
  v("secret_branches", x.secret_branches);
  v("follow", x.follow);
  v("follow_seconds", x.follow_seconds);
  v("created_at", x.created_at);
  v("created_by", x.created_by);
  v("refs", x.refs);
  v("run_numbers", x.run_numbers);
  v("schedules_seen", x.schedules_seen);
}

template <typename V>
void Fields(V& v, RunSummary& x) {
  v("id", x.id);
  v("attempt", x.attempt);
  v("repository", x.repository);
  v("namespace", x.ns);
  v("file", x.file);
  v("title", x.title);
  v("number", x.number);
  v("event", x.event);
  v("ref", x.ref);
  v("sha", x.sha);
  v("subject", x.subject);
  v("actor", x.actor);
  v("change", x.change);
  v("status", x.status);
  v("result", x.result);
  v("reason", x.reason);
  v("created_at", x.created_at);
  v("began_at", x.began_at);
  v("ended_at", x.ended_at);
}

std::string RecordIdOf(const RunSummary& summary) {
  return summary.attempt == 1 ? summary.id : fmt::format("{}.{}", summary.id, summary.attempt);
}

std::string SummaryKey(const std::string& id) { return fmt::format("{:0>12}", id); }

std::string Encode(const RepositoryRecord& record) { return state::EncodeRow(record); }
std::string Encode(const RunSummary& summary) { return state::EncodeRow(summary); }
std::string Encode(const PendingRun& pending) { return state::EncodeRow(pending); }
Result<RepositoryRecord> DecodeRepository(std::string_view text) { return state::DecodeRow<RepositoryRecord>(text); }
Result<RunSummary> DecodeSummary(std::string_view text) { return state::DecodeRow<RunSummary>(text); }
Result<PendingRun> DecodePending(std::string_view text) { return state::DecodeRow<PendingRun>(text); }

std::string_view StatusText(RunStatus status) { return WordsOf(status)[static_cast<std::size_t>(status)]; }

}  // namespace tuesday::runs
