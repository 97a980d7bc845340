// SPDX-License-Identifier: Apache-2.0
// A time zone as the system's database stores it (RFC 9636): a table of changes, and the rule that holds after the last. Pure.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "core/calendar/zone.h"

namespace tuesday::calendar {

// The zone in a file's bytes. kCorrupt when they are no such file, kUnsupported for the first version of the format, which has
// no rule.
Result<std::shared_ptr<const TimeZone>> ReadTzif(std::string_view bytes);

}  // namespace tuesday::calendar
