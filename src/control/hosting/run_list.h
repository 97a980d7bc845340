// SPDX-License-Identifier: Apache-2.0
// The runs of workflows on the daemon, from the decision that there shall be one to its end. Loop thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/executor.h"
#include "control/hosting/new_run.h"
#include "control/runs/runs.h"
#include "ports/clock.h"
#include "ports/store.h"

namespace tuesday::control {

inline constexpr std::size_t kRunsKeptMax = 1'000;  // Ended ones; the oldest go first, with all that they left.
inline constexpr std::size_t kFilesKeptMax = 10;    // Failed runs whose jobs' files stay, to go on from.

struct RunListParts {
  const Clock& clock;
  Executor& executor;
  Store& store;
  std::function<void(const runs::RunSummary&, runs::RunRecord&)> furnish;  // Paths, mounts, labels, vars. On the loop.
  std::function<Result<void>(runs::RunRecord&)> prepare;   // What a run needs before it begins, or goes on. Blocks.
  std::function<void(const runs::RunRecord&)> ended;       // What it needs no longer. Blocks.
  std::function<void(const runs::RunRecord&)> drop_files;  // Of its jobs. Blocks.
  std::function<void(const runs::RunRecord&)> remove;      // All that it left but its rows. Blocks.
  std::size_t kept_max = kRunsKeptMax;
  // The highest number of a run that has left anything on the disk: after a restore the list may know of fewer, and no number
  // is given twice. Null: none has. Blocks.
  std::function<std::uint64_t()> highest_left = nullptr;
};

class RunList {
 public:
  template <typename T>
  using Done = std::function<void(Result<T>)>;

  explicit RunList(RunListParts parts);
  ~RunList();

  // Before anything else; `runs` must call Changed for each change.
  void Drive(Runs& runs) { runs_ = &runs; }

  // Reads the list, goes on with what had not ended and begins what was decided. Blocks.
  Result<void> Load();

  // Gives ids and stores the runs, with `also` in the same transaction; then begins those that wait for no approval.
  void Add(std::vector<NewRun> runs, Transaction also, Done<std::vector<runs::RunSummary>> done);

  // By the run's id. kNotFound, or kConflict when it is not the time for it.
  void Approve(const std::string& id, const std::string& by, const std::string& reason, Done<void> done);
  void Cancel(const std::string& id, const std::string& by, const std::string& reason, Done<void> done);
  void Rerun(const std::string& id, runs::ResumeMode mode, const std::string& by, Done<runs::RunSummary> done);

  // Newest first.
  std::vector<runs::RunSummary> List() const;
  const runs::RunSummary* Find(const std::string& id) const;

  // How far the last attempt is; none before it has begun. Of one that has ended: from the store.
  struct Progress {
    std::optional<runs::RunRecord> record;
    std::optional<workflow::RunState> state;
  };
  void Look(const std::string& id, Done<Progress> done);
  const workflow::RunState* StateOf(const std::string& id) const;  // Null when it does not go on.

  // Called by Runs, with the id of a record.
  void Changed(const std::string& record_id);

  // Called after each change, with the run's id, until it is destroyed.
  using Subscription = std::shared_ptr<void>;
  Subscription Subscribe(std::function<void(const std::string& id)> changed);

 private:
  struct Told;

  Result<void> TakeUp(const runs::RunSummary& summary);
  void Begin(const std::string& id);
  void Prepared(const std::string& id, Result<runs::RunRecord> prepared, Result<workflow::RunState> from);
  void Begun(const std::string& id, const Result<void>& begun);
  void End(runs::RunSummary& summary, workflow::RunResult result, const std::string& reason);
  void Commit(Transaction transaction, Done<void> done);
  void CommitSummary(const runs::RunSummary& summary, std::vector<audit::Entry> entries, Done<void> done);
  void ForgetOldest();
  void DropOldFiles();
  void WithRecords(
      const runs::RunSummary& summary, std::function<void(const runs::RunRecord&)> blocking_work,
      std::function<void()> then = [] {});
  void Tell(const std::string& id);
  NewEntry EntryOf(const runs::RunSummary& summary, audit::Entry entry) const;

  RunListParts parts_;
  Runs* runs_ = nullptr;
  std::map<std::string, runs::RunSummary> summaries_;  // By SummaryKey.
  std::map<std::string, runs::PendingRun> pending_;    // By id.
  std::uint64_t next_id_ = 1;
  std::vector<std::weak_ptr<Told>> told_;
  std::shared_ptr<RunList*> self_;
};

}  // namespace tuesday::control
