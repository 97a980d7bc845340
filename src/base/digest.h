// SPDX-License-Identifier: Apache-2.0
// SHA-256 over bytes, by libcrypto. Digests name artifacts, revisions, blobs and journal entries.
#pragma once

#include <string>
#include <string_view>

namespace tuesday {

// 64 lower-case hex digits.
std::string Sha256Hex(std::string_view bytes);

}  // namespace tuesday
