// SPDX-License-Identifier: Apache-2.0
// Base64 with padding (RFC 4648, 4), as headers carry it.
#pragma once

#include <string>
#include <string_view>

namespace tuesday {

std::string EncodeBase64(std::string_view bytes);

}  // namespace tuesday
