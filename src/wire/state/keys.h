// SPDX-License-Identifier: Apache-2.0
// The tables of the store and how their keys are written. Order of keys is order of rows.
#pragma once

#include <string>
#include <string_view>

#include "wire/state/records.h"

namespace tuesday::state {

inline constexpr std::string_view kImageTable = "image";
inline constexpr std::string_view kObjectTable = "object";
inline constexpr std::string_view kRevisionTable = "revision";
inline constexpr std::string_view kRolloutTable = "rollout";
inline constexpr std::string_view kStatusTable = "status";
inline constexpr std::string_view kAttemptTable = "attempt";
inline constexpr std::string_view kReleaseTable = "release";
inline constexpr std::string_view kRemovedTable = "removed";
inline constexpr std::string_view kMetaTable = "meta";
inline constexpr std::string_view kClockKey = "clock";

std::string ObjectKey(const ObjectName& name);
std::string RolloutKey(const RolloutName& name);
std::string RevisionKey(const RevisionRecord& record);
std::string AttemptKey(const AttemptRecord& record);
std::string ReleaseKey(std::uint64_t number);

}  // namespace tuesday::state
