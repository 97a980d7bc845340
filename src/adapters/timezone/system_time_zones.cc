// SPDX-License-Identifier: Apache-2.0
#include "adapters/timezone/system_time_zones.h"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/files/files.h"
#include "core/calendar/tzif.h"

namespace tuesday {
namespace {

constexpr std::size_t kNameBytesMax = 64;
constexpr std::size_t kZoneBytesMax = 64 << 10;

// Parts of letters, digits, "_", "+" and "-": no other name is in IANA's list, and none leads out of the folder.
bool IsName(const std::string& name) {
  const auto is_fine = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-' ||
           c == '/';
  };
  return name.size() <= kNameBytesMax && std::ranges::all_of(name, is_fine) && !name.starts_with('/') && !name.ends_with('/') &&
         !name.contains("//");
}

}  // namespace

Result<std::shared_ptr<const calendar::TimeZone>> SystemTimeZones::Find(const std::string& name) const {
  // So that a machine without any zones has this one.
  if (name.empty() || name == "UTC" || name == "Etc/UTC") return std::make_shared<calendar::Utc>();
  if (!IsName(name))
    return Fail(ErrorCode::kInvalid, fmt::format("\"{}\" is no name of a time zone.", name), "Write Europe/Vienna.");
  const auto bytes = files::ReadFile(fmt::format("{}/{}", folder_, name), kZoneBytesMax);
  if (bytes.has_value()) return calendar::ReadTzif(*bytes);
  if (!files::Exists(folder_ + "/Europe"))
    return Fail(ErrorCode::kNotFound, fmt::format("This machine has no time zones in {}.", folder_),
                "Install the package tzdata.");
  return Fail(ErrorCode::kNotFound, fmt::format("This machine knows no time zone \"{}\".", name),
              "Look for the right spelling with: timedatectl list-timezones");
}

}  // namespace tuesday
