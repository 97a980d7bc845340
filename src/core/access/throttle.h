// SPDX-License-Identifier: Apache-2.0
// How often one may fail, and how much of it is written down: a stranger can fill neither the journal nor our memory. Pure:
// time is passed in.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/time.h"

namespace tuesday::access {

inline constexpr int kFailedLoginsDefault = 10;                    // Of one address, in kLoginWindow.
inline constexpr Duration kLoginWindow = std::chrono::minutes(1);  // Counted from the first failure in it.
inline constexpr std::size_t kAddressesMax = 4096;                 // Remembered; the one whose window ends first goes.
inline constexpr int kRefusalsWrittenMax = 10;                     // Into the journal, in kRefusalWindow.
inline constexpr Duration kRefusalWindow = std::chrono::minutes(1);

// Failed logins by address.
class LoginThrottle {
 public:
  explicit LoginThrottle(int failed_max = kFailedLoginsDefault) : failed_max_(failed_max) {}

  void SetFailedMax(int failed_max) { failed_max_ = failed_max; }

  // Whether the address may try now; otherwise how long it has to wait.
  std::optional<Duration> MustWait(const std::string& address, Instant now) const;

  void Failed(const std::string& address, Instant now);

  std::size_t size() const { return windows_.size(); }

 private:
  struct Window {
    Instant ends;
    int failed = 0;
  };

  int failed_max_;
  std::map<std::string, Window> windows_;
};

// Which refused acts are written down. What is not is counted and told with the next one that is.
class RefusalBudget {
 public:
  // The number left out since the last one written when this one shall be written; nullopt when it shall not.
  std::optional<std::uint64_t> Take(Instant now);

 private:
  std::optional<Instant> window_ends_;
  int written_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace tuesday::access
