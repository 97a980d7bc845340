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
  while (summaries_.size() > parts_.kept_max) {
    const RunSummary oldest = summaries_.begin()->second;
    if (oldest.status != RunStatus::kDone) return;
    summaries_.erase(summaries_.begin());
    // Its rows say what is to be removed, and go last.
    auto keys = std::make_shared<std::vector<std::string>>();
    const auto remove = [&store = parts_.store, keys, remove_files = parts_.remove](const runs::RunRecord& record) {
      if (remove_files) remove_files(record);
      const auto rows = store.List(runs::kRunTable, record.id + "/");
      if (!rows.has_value()) return;
      for (const Row& row : *rows) keys->push_back(row.key);
    };
    WithRecords(oldest, remove, [self = self_, keys, summary_key = runs::SummaryKey(oldest.id)] {
      if (*self == nullptr) return;
      Transaction transaction;
      transaction.erase.emplace_back(std::string(runs::kSummaryTable), summary_key);
      for (const std::string& key : *keys) transaction.erase.emplace_back(std::string(runs::kRunTable), key);
      (*self)->Commit(std::move(transaction), [](const Result<void>&) {});
    });
  }
}

}  // namespace tuesday::control
