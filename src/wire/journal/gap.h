// SPDX-License-Identifier: Apache-2.0
// Where entries of the journal were let go: a gap keeps the hash of its last entry, so that the chain is whole over it.
// docs/formats/journal.md, "Gaps". Values; no IO.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/journal/record.h"

namespace tuesday::journal {

inline constexpr std::string_view kGapTable = "journal_gap";  // Rows of the store, by GapKey.

struct Gap {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::string hash;  // Of entry `last`.
  friend bool operator==(const Gap&, const Gap&) = default;
};

// The number of its first entry with 20 digits: rows are in its order.
std::string GapKey(std::uint64_t first);
std::string Encode(const Gap& gap);
Result<Gap> DecodeGap(std::string_view text);

// All gaps of one journal, by their first entry; no two of them touch.
class Gaps {
 public:
  // A row as it is stored.
  Result<void> Take(std::string_view text);

  // Entry `number` with `hash` is let go. Gaps that touch become one.
  void Add(std::uint64_t number, const std::string& hash);

  const std::map<std::uint64_t, Gap>& all() const { return gaps_; }

 private:
  std::map<std::uint64_t, Gap> gaps_;
};

// Walks a journal from its first entry that is there to its last.
class ChainWalk {
 public:
  explicit ChainWalk(Gaps gaps) : gaps_(std::move(gaps)) {}

  // kCorrupt when the entry does not follow the one before, or a gap that does.
  Result<void> Next(std::uint64_t number, std::string_view bytes, std::string_view hash);

 private:
  Gaps gaps_;
  ChainEnd end_;
};

}  // namespace tuesday::journal
