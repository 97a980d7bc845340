// SPDX-License-Identifier: Apache-2.0
// Base64 for addresses (RFC 4648, 5), without padding: the parts of a token.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tuesday::workflow {

std::string EncodeBase64Url(std::string_view bytes);

// The bytes, or nullopt when `text` has another character, or a length that no bytes give.
std::optional<std::string> DecodeBase64Url(std::string_view text);

}  // namespace tuesday::workflow
