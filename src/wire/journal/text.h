// SPDX-License-Identifier: Apache-2.0
// Makes any bytes into text that JSON can hold. Pure.
#pragma once

#include <string>
#include <string_view>

namespace tuesday::journal {

// The text with every byte that is no part of well-formed UTF-8 (Unicode 15, table 3-7) replaced by U+FFFD.
std::string MendUtf8(std::string_view text);

}  // namespace tuesday::journal
