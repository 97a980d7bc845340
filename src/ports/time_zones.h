// SPDX-License-Identifier: Apache-2.0
// The time zones that this machine knows, by their names in IANA's list. Thread-safe. May block.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "core/calendar/zone.h"

namespace tuesday {

class TimeZones {
 public:
  virtual ~TimeZones() = default;

  // "Europe/Vienna"; an empty name is UTC. kInvalid for what cannot be a name, kNotFound when the machine has none of this
  // name.
  virtual Result<std::shared_ptr<const calendar::TimeZone>> Find(const std::string& name) const = 0;
};

}  // namespace tuesday
