// SPDX-License-Identifier: Apache-2.0
// git's packet lines (gitprotocol-common): four hex digits of the length, themselves included, then the bytes; "0000" ends a
// list.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tuesday::git {

// The lines up to the next flush, without line ends. kInvalid for what is no packet line, or the end before a flush.
Result<std::vector<std::string>> ReadPackets(std::istream& in);

std::string PacketOf(std::string_view text);
inline constexpr std::string_view kFlushPacket = "0000";

}  // namespace tuesday::git
