// SPDX-License-Identifier: Apache-2.0
// Texts of a log: whole characters only, of a limited length. An internal header of this folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tuesday::workflow {

bool IsAscii(std::string_view text);

// Where the first LF or CR is, or npos.
std::size_t FindLineEnd(std::string_view text);

// Every byte that belongs to no character of UTF-8 replaced by U+FFFD.
std::string RepairUtf8(std::string_view text);

// How many bytes of `text`, at most `bytes_max`, end at a character's end. Never 0 for a text that is not empty.
std::size_t WholeCharacters(std::string_view text, std::size_t bytes_max);

// The first `characters_max` characters.
std::string_view FirstCharacters(std::string_view text, std::size_t characters_max);

// The lines of a text: LF, CR and CRLF end one. An empty text has one empty line; an end at the text's end begins no further.
std::vector<std::string_view> SplitLines(std::string_view text);

// The line without the codes that give it colour: ESC [ digits and `;`, then `m`.
std::string WithoutColours(std::string_view line);

}  // namespace tuesday::workflow
