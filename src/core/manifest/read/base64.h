// SPDX-License-Identifier: Apache-2.0
// Base64 as Secrets carry it (RFC 4648, 4; line breaks are skipped).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tuesday::manifest {

// The bytes, or nullopt when `text` is not base64 with its padding.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace tuesday::manifest
