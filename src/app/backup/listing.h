// SPDX-License-Identifier: Apache-2.0
// What a backup says of itself: its first entry (`backup.json`: format, when, by whom) and its last (`LISTING`: a line for each
// entry with its digest). Pure.
#pragma once

#include <string>
#include <string_view>

#include "app/backup/tar_stream.h"
#include "base/result.h"
#include "base/time.h"

namespace tuesday::backup {

inline constexpr int kFormat = 2;             // The newest that this program reads. 2 may hold the parts of runs.
inline constexpr int kFormatWithoutRuns = 1;  // What it writes when there are none: an older program reads it too.
inline constexpr const char* kHeaderName = "backup.json";
inline constexpr const char* kListingName = "LISTING";
inline constexpr std::size_t kHeaderBytesMax = 64 << 10;
inline constexpr std::size_t kListingBytesMax = 128 << 20;

enum class Keys { kLeftOut, kIncluded };

struct Header {
  std::string id;  // Random; names the backup in the journal.
  std::string taken_at;
  std::string program;  // "tuesday 0.1.0"
  Keys keys = Keys::kLeftOut;
  std::uint64_t database_format = 0;
  int format = kFormatWithoutRuns;  // Also the oldest that a reader must know.
};

std::string HeaderText(const Header& header);

// kUnsupported for a format that this program cannot read, by name.
Result<Header> ParseHeader(std::string_view text);

// Collects the lines while a backup is written or read.
class Listing {
 public:
  void Add(const TarEntry& entry, std::string_view digest);
  const std::string& text() const { return text_; }
  std::uint64_t entries() const { return entries_; }
  std::uint64_t bytes() const { return bytes_; }

  // kCorrupt names the first entry that is not as `said`.
  Result<void> Compare(std::string_view said) const;

 private:
  std::string text_ = "tuesday-backup 1\n";
  std::uint64_t entries_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace tuesday::backup
