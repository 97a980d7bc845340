// SPDX-License-Identifier: Apache-2.0
// Stored rows of repositories, and of what is told of a run in lists. See docs/formats/runs.md.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "core/workflow/run/state.h"
#include "wire/runs/runs.h"

namespace tuesday::runs {

inline constexpr std::string_view kRepositoryTable = "repository";  // Key: the name.
inline constexpr std::string_view kSummaryTable = "run-summary";    // Key: the id, padded so that rows are in its order.
inline constexpr std::string_view kPendingTable = "run-pending";    // Key: the id. Attempts that are not begun.

struct RepositoryRecord {
  std::string name;
  std::string ns;
  std::string default_branch;
  std::vector<std::string> secret_branches;  // Patterns of branches whose runs have the secrets, beside the default one.
  std::string follow;                        // The address of the repository that this one is a mirror of; empty: none.
  int follow_seconds = 0;
  WallTime created_at{};
  std::string created_by;
  std::map<std::string, std::string> refs;         // As they were last seen.
  std::map<std::string, std::string> run_numbers;  // Workflow file → number of its last run, in decimal.
  WallTime schedules_seen{};                       // Up to when schedules have begun their runs.
  friend bool operator==(const RepositoryRecord&, const RepositoryRecord&) = default;
};

enum class RunStatus { kApproval, kPending, kRunning, kDone };

// One run of a workflow on the daemon, all its attempts.
struct RunSummary {
  std::string id;
  int attempt = 1;
  std::string repository;
  std::string ns;
  std::string file;
  std::string title;  // Of the workflow.
  int number = 0;     // Among the runs of this file.
  std::string event;
  std::string ref;
  std::string sha;
  std::string subject;  // Of the commit, or the change.
  std::string actor;
  int change = 0;
  RunStatus status = RunStatus::kPending;
  workflow::RunResult result = workflow::RunResult::kNone;
  std::string reason;
  WallTime created_at{};
  std::optional<WallTime> began_at;
  std::optional<WallTime> ended_at;
  friend bool operator==(const RunSummary&, const RunSummary&) = default;
};

// An attempt that is decided and not begun. `resume` says what of the attempt before it goes on with.
enum class ResumeMode { kNothing, kFailedJobs, kFailedStep };
struct PendingRun {
  RunRecord record;
  ResumeMode resume = ResumeMode::kNothing;
};

// The id of an attempt's record: the run's own of the first, "<id>.<attempt>" of others.
std::string RecordIdOf(const RunSummary& summary);
std::string SummaryKey(const std::string& id);

std::string Encode(const RepositoryRecord& record);
std::string Encode(const RunSummary& summary);
std::string Encode(const PendingRun& pending);
Result<RepositoryRecord> DecodeRepository(std::string_view text);
Result<RunSummary> DecodeSummary(std::string_view text);
Result<PendingRun> DecodePending(std::string_view text);

// "approval", "pending", "running", "done"
std::string_view StatusText(RunStatus status);

}  // namespace tuesday::runs
