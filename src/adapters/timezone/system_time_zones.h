// SPDX-License-Identifier: Apache-2.0
// The time zones in a folder of the system. Thread-safe; keeps nothing.
#pragma once

#include <string>
#include <utility>

#include "ports/time_zones.h"

namespace tuesday {

inline constexpr const char* kZoneFolder = "/usr/share/zoneinfo";

class SystemTimeZones : public TimeZones {
 public:
  explicit SystemTimeZones(std::string folder = kZoneFolder) : folder_(std::move(folder)) {}

  Result<std::shared_ptr<const calendar::TimeZone>> Find(const std::string& name) const override;

 private:
  std::string folder_;
};

}  // namespace tuesday
