// SPDX-License-Identifier: Apache-2.0
// Bytes of any kind in a line of JSON: base64, RFC 4648.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tuesday::sandbox {

std::string EncodeBytes(std::string_view bytes);
Result<std::string> DecodeBytes(std::string_view text);

}  // namespace tuesday::sandbox
