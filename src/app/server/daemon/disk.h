// SPDX-License-Identifier: Apache-2.0
// What the state takes on the disk, and how fast it grows. Measuring blocks; the history is a value.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"

namespace tuesday::server {

inline constexpr Duration kDiskInterval = std::chrono::minutes(1);         // How often it is measured.
inline constexpr Duration kDiskSampleInterval = std::chrono::minutes(30);  // Between two that are kept.
inline constexpr std::size_t kDiskSamplesMax = 49;                         // A day of them.
inline constexpr Duration kGrowthTimeMin = std::chrono::minutes(30);       // Less says nothing about a day.
inline constexpr std::size_t kDiskEntriesMax = 500'000;                    // Files of one folder that are looked at.

struct DiskUse {
  std::uint64_t database = 0;
  std::uint64_t metrics = 0;
  std::uint64_t blobs = 0;
  std::uint64_t logs = 0;  // Of instances, those that are gone included.
  std::uint64_t outbox_rows = 0;
  std::uint64_t total() const { return database + metrics + blobs + logs; }
  friend bool operator==(const DiskUse&, const DiskUse&) = default;
};

// Walks the state folder; what cannot be read counts as nothing.
DiskUse MeasureDisk(const std::string& state_folder);

// The totals of the last day.
class DiskHistory {
 public:
  void Take(std::uint64_t total_bytes, WallTime at);

  // Bytes a day, over what is known of the last day; nullopt until that is enough. Negative: it shrinks.
  std::optional<std::int64_t> GrowthPerDay() const;

  // As kept beside the database, so that a restart does not forget. A text that does not read back is an empty history.
  std::string Encode() const;
  static DiskHistory Decode(std::string_view text);

 private:
  struct Sample {
    WallTime at{};
    std::uint64_t total = 0;
  };
  std::deque<Sample> kept_;  // kDiskSampleInterval apart, oldest first.
  std::optional<Sample> newest_;
};

}  // namespace tuesday::server
