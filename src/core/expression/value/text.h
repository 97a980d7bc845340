// SPDX-License-Identifier: Apache-2.0
// Texts as GitHub's expressions see them: UTF-16 code units for positions and order, and comparison without regard to case by
// the simple upper case mapping of each character (.NET's OrdinalIgnoreCase). Bytes that are no UTF-8 stand for themselves.
#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>

namespace tuesday::expression {

// One character and the bytes that it takes. Bytes that are no UTF-8 come one at a time, as themselves.
struct Character {
  char32_t code = 0;
  std::size_t bytes = 0;
};

// The character at `offset`, which is inside of `text`.
Character CharacterAt(std::string_view text, std::size_t offset);

// .NET's Char.IsWhiteSpace.
bool IsSpace(char32_t code);

// `text` without the space at both ends.
std::string_view Trim(std::string_view text);

// How many UTF-16 code units the text has: the measure of positions and limits.
std::size_t Utf16Length(std::string_view text);

// Every character in its simple upper case. The dotless i and the long s stay as they are.
std::string UpperCase(std::string_view text);

// Whether both are the same without regard to case.
bool SameText(std::string_view left, std::string_view right);

// The order of the upper case texts by UTF-16 code units.
std::strong_ordering CompareText(std::string_view left, std::string_view right);

// [A-Za-z_][A-Za-z0-9_-]*: what may be a context, a function or a property after a dot.
bool IsKeyword(std::string_view text);

}  // namespace tuesday::expression
