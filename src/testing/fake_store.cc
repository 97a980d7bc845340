// SPDX-License-Identifier: Apache-2.0
#include "testing/fake_store.h"

namespace tuesday::testing {

Result<void> FakeStore::Commit(const Transaction& transaction) {
  if (commit_error_) return std::unexpected(*commit_error_);
  journal::ChainEnd end = forgotten_;
  if (!stored_.empty()) end = {stored_.back().number, stored_.back().hash};
  std::vector<StoredEntry> written;
  for (const NewEntry& entry : transaction.entries) {
    TRY(const journal::Encoded encoded, journal::Encode(end, {entry.at, entry.object, entry.attempt, entry.entry}));
    end = encoded.end;
    written.push_back({end.number, encoded.bytes, end.hash});
  }
  stored_.insert(stored_.end(), written.begin(), written.end());
  entries_.insert(entries_.end(), transaction.entries.begin(), transaction.entries.end());
  for (const Row& row : transaction.put) rows_[{row.table, row.key}] = row.value;
  for (const auto& key : transaction.erase) rows_.erase(key);
  for (const OutboxRow& row : transaction.outbox_put) outbox_[row.target] = row;
  for (const auto& [target, generation] : transaction.outbox_done) {
    const auto row = outbox_.find(target);
    if (row != outbox_.end() && row->second.generation == generation) outbox_.erase(row);
  }
  ++commits_;
  if (std::exchange(lose_next_answer_, false)) return Fail(ErrorCode::kUnavailable, "The answer of the store was lost.");
  return {};
}

Result<std::optional<std::string>> FakeStore::Get(std::string_view table, std::string_view key) {
  const auto row = rows_.find({std::string(table), std::string(key)});
  if (row == rows_.end()) return std::optional<std::string>();
  return std::optional<std::string>(row->second);
}

Result<std::vector<Row>> FakeStore::List(std::string_view table, std::string_view key_prefix) {
  std::vector<Row> found;
  for (const auto& [key, value] : rows_) {
    if (key.first == table && key.second.starts_with(key_prefix)) found.push_back({key.first, key.second, value});
  }
  return found;
}

Result<std::vector<OutboxRow>> FakeStore::Outbox() {
  std::vector<OutboxRow> rows;
  for (const auto& [target, row] : outbox_) rows.push_back(row);
  return rows;
}

Result<std::vector<StoredEntry>> FakeStore::Entries(const EntryFilter& filter) {
  std::vector<StoredEntry> found;
  for (std::size_t i = 0; i < stored_.size() && found.size() < static_cast<std::size_t>(filter.limit); ++i) {
    if (stored_[i].number <= filter.after) continue;
    if (filter.object && entries_[i].object != *filter.object) continue;
    if (!filter.attempt.empty() && entries_[i].attempt != filter.attempt) continue;
    found.push_back(stored_[i]);
  }
  return found;
}

Result<void> FakeStore::VerifyJournal() {
  journal::ChainWalk walk(gaps_);
  for (const StoredEntry& entry : stored_) TRY_OK(walk.Next(entry.number, entry.bytes, entry.hash));
  return {};
}

Result<EntriesDropped> FakeStore::DropEntries(const EntriesDrop& drop,
                                              const std::function<NewEntry(const EntriesDropped&)>& tell) {
  EntriesDropped dropped{.after = drop.after};
  std::size_t i = 0;
  while (i < stored_.size() && stored_[i].number <= drop.after) ++i;
  for (int looked_at = 0; looked_at < drop.look_at_max; ++looked_at) {
    dropped.is_done = i + 1 >= stored_.size() || entries_[i].at >= drop.before;
    if (dropped.is_done) break;
    dropped.after = stored_[i].number;
    if (drop.attempts_kept.contains(entries_[i].attempt)) {
      ++i;
      continue;
    }
    gaps_.Add(dropped.after, stored_[i].hash);
    if (dropped.count++ == 0) dropped.first = dropped.after;
    dropped.last = dropped.after;
    stored_.erase(stored_.begin() + static_cast<std::ptrdiff_t>(i));
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  if (dropped.count > 0) TRY_OK(Commit({.entries = {tell(dropped)}}));
  return dropped;
}

void FakeStore::ForgetEntries() {
  for (const StoredEntry& entry : stored_) gaps_.Add(entry.number, entry.hash);
  if (!stored_.empty()) forgotten_ = {stored_.back().number, stored_.back().hash};
  stored_.clear();
  entries_.clear();
}

}  // namespace tuesday::testing
