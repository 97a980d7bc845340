// SPDX-License-Identifier: Apache-2.0
// The little of UTF-8 that the lexer needs. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tuesday::promql {

// Bytes of the well-formed sequence at the start of `text`; 0 if there is none.
std::size_t Utf8Length(std::string_view text);

// The code point at the start of `text`, U+FFFD if it is not well-formed.
std::uint32_t CodePointAt(std::string_view text);

void AppendUtf8(std::string& out, std::uint32_t code_point);

// `U+002E '.'`, as Go's %#U.
std::string UnicodeName(std::string_view text);

// The value of a hexadecimal digit; 16 for anything else.
std::uint32_t DigitValue(char c);

}  // namespace tuesday::promql
