// SPDX-License-Identifier: Apache-2.0
// HMAC-SHA256 over a text: what makes a token or an address ours. Pure.
#pragma once

#include <string>
#include <string_view>

namespace tuesday::workflow {

// For addresses: base64 without characters that an address would have to escape.
std::string SignatureOf(std::string_view text, std::string_view key);

// In a time that does not depend on where the two differ.
bool SameSignature(std::string_view one, std::string_view other);

}  // namespace tuesday::workflow
