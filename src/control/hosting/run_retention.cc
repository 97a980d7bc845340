// SPDX-License-Identifier: Apache-2.0
// What runs leave behind, and for how long.
#include "control/hosting/run_list.h"

namespace tuesday::control {

using runs::RunStatus;
using runs::RunSummary;

// All attempts of the run, where the disk may be waited for.
void RunList::WithRecords(const RunSummary& summary, std::function<void(const runs::RunRecord&)> blocking_work,
                          std::function<void()> then) {
  parts_.executor.Run(
      "run " + summary.id,
      [&store = parts_.store, summary, blocking_work = std::move(blocking_work)] {
        for (int attempt = 1; attempt <= summary.attempt; ++attempt) {
          RunSummary of_attempt = summary;
          of_attempt.attempt = attempt;
          const auto text = store.Get(runs::kRunTable, runs::RecordIdOf(of_attempt) + "/record");
          if (!text.has_value() || !text->has_value()) continue;
          if (const auto record = runs::DecodeRecord(**text); record.has_value() && blocking_work) blocking_work(*record);
        }
      },
      std::move(then));
}

// Who goes on from a failed step does so soon.
void RunList::DropOldFiles() {
  std::size_t kept = 0;
  for (auto it = summaries_.rbegin(); it != summaries_.rend(); ++it) {
    const RunSummary& summary = it->second;
    if (summary.status != RunStatus::kDone || summary.result == workflow::RunResult::kSuccess || !summary.began_at) continue;
    if (++kept == kFilesKeptMax + 1) return WithRecords(summary, parts_.drop_files);
  }
}

void RunList::ForgetOldest() {
  while (summaries_.size() > kRunsKeptMax) {
    const RunSummary oldest = summaries_.begin()->second;
    if (oldest.status != RunStatus::kDone) return;
    Transaction transaction;
    transaction.erase.emplace_back(std::string(runs::kSummaryTable), runs::SummaryKey(oldest.id));
    for (int attempt = 1; attempt <= oldest.attempt; ++attempt) {
      RunSummary of_attempt = oldest;
      of_attempt.attempt = attempt;
      for (const char* row : {"/record", "/state"})
        transaction.erase.emplace_back(std::string(runs::kRunTable), runs::RecordIdOf(of_attempt) + row);
    }
    summaries_.erase(summaries_.begin());
    // Its rows say what is to be removed, and go last.
    WithRecords(oldest, parts_.remove, [self = self_, transaction = std::move(transaction)] {
      if (*self != nullptr) (*self)->Commit(transaction, [](const Result<void>&) {});
    });
  }
}

}  // namespace tuesday::control
