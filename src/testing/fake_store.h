// SPDX-License-Identifier: Apache-2.0
// A store in memory that survives a "crash" (it is not part of the process that crashes) and can be made to fail.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ports/journal_keeper.h"
#include "ports/store.h"
#include "wire/journal/gap.h"
#include "wire/journal/record.h"

namespace tuesday::testing {

class FakeStore : public Store, public JournalKeeper {
 public:
  Result<void> Commit(const Transaction& transaction) override;
  Result<std::optional<std::string>> Get(std::string_view table, std::string_view key) override;
  Result<std::vector<Row>> List(std::string_view table, std::string_view key_prefix) override;
  Result<std::vector<OutboxRow>> Outbox() override;
  Result<std::vector<StoredEntry>> Entries(const EntryFilter& filter) override;
  Result<void> VerifyJournal() override;
  Result<EntriesDropped> DropEntries(const EntriesDrop& drop,
                                     const std::function<NewEntry(const EntriesDropped&)>& tell) override;

  // Commits fail with this from now on and change nothing; nullopt: they work again.
  void FailCommits(std::optional<Error> error) { commit_error_ = std::move(error); }
  // The next commit is done and reported as failed: its outcome is unknown to the caller.
  void LoseNextAnswer() { lose_next_answer_ = true; }

  // What a long run does not look at again: the chain goes on from its end.
  void ForgetEntries();

  const std::vector<NewEntry>& entries() const { return entries_; }
  int commits() const { return commits_; }

 private:
  std::map<std::pair<std::string, std::string>, std::string> rows_;
  std::map<std::string, OutboxRow> outbox_;
  std::vector<NewEntry> entries_;
  std::vector<StoredEntry> stored_;
  journal::Gaps gaps_;
  journal::ChainEnd forgotten_;  // The last one that was forgotten.
  std::optional<Error> commit_error_;
  bool lose_next_answer_ = false;
  int commits_ = 0;
};

}  // namespace tuesday::testing
