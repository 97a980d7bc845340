// SPDX-License-Identifier: Apache-2.0
// Durable state: rows, journal and outbox in one transaction. What a call returned successfully survives power loss.
// One writer; may block; called on the store's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "core/audit/entry.h"

namespace tuesday {

// A stored value. `table` is one of a few fixed words ("object", "rollout", "attempt", ...); `key` orders rows in it.
struct Row {
  std::string table;
  std::string key;
  std::string value;
  friend bool operator==(const Row&, const Row&) = default;
};

// An entry as it goes in: whom it is about, when, and under which attempt.
struct NewEntry {
  WallTime at;
  ObjectName object;
  std::string attempt;  // Empty: none.
  audit::Entry entry;
  friend bool operator==(const NewEntry&, const NewEntry&) = default;
};

// A target that is not yet acknowledged. One row for each `target`; a newer generation replaces the older.
struct OutboxRow {
  std::string target;  // "route default/api", "count default/api 3f2a9c01de"
  Generation generation;
  std::string payload;  // JSON.
  friend bool operator==(const OutboxRow&, const OutboxRow&) = default;
};

// All or nothing.
struct Transaction {
  std::vector<Row> put;
  std::vector<std::pair<std::string, std::string>> erase;  // (table, key)
  std::vector<NewEntry> entries;
  std::vector<OutboxRow> outbox_put;
  std::vector<std::pair<std::string, Generation>> outbox_done;  // Removes the row only while it still has this generation.
};

// An entry as it is stored: canonical JSON bytes, numbered without gaps from 1, each with the hash of the one before.
struct StoredEntry {
  std::uint64_t number = 0;
  std::string bytes;
  std::string hash;
};

struct EntryFilter {
  std::uint64_t after = 0;  // Numbers greater than this.
  std::optional<ObjectName> object;
  std::string attempt;  // Empty: all.
  int limit = 1000;
};

class Store {
 public:
  virtual ~Store() = default;

  virtual Result<void> Commit(const Transaction& transaction) = 0;

  virtual Result<std::optional<std::string>> Get(std::string_view table, std::string_view key) = 0;
  virtual Result<std::vector<Row>> List(std::string_view table, std::string_view key_prefix) = 0;
  virtual Result<std::vector<OutboxRow>> Outbox() = 0;
  virtual Result<std::vector<StoredEntry>> Entries(const EntryFilter& filter) = 0;

  // Walks the whole journal: numbers without gaps, every hash right. The error names the first bad entry.
  virtual Result<void> VerifyJournal() = 0;
};

}  // namespace tuesday
