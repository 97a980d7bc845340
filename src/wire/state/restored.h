// SPDX-License-Identifier: Apache-2.0
// The rows that a restore leaves: the world may be ahead of this state. One goes when every rollout was taken over, the other
// when every repository was.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tuesday::state {

inline constexpr std::string_view kRestoredTable = "meta";
inline constexpr const char* kRestoredKey = "restored";
inline constexpr const char* kRestoredRepositoriesKey = "restored-repositories";

struct RestoredRecord {
  std::string backup;       // Its id.
  std::string taken_at;     // RFC 3339.
  std::string restored_at;  // RFC 3339.
  friend bool operator==(const RestoredRecord&, const RestoredRecord&) = default;
};

std::string EncodeRestored(const RestoredRecord& record);
Result<RestoredRecord> DecodeRestored(std::string_view text);

}  // namespace tuesday::state
