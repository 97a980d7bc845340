// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/output/text.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "core/expression/value/text.h"

namespace tuesday::workflow {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kColourBegin = "\x1B[";

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

}  // namespace

// Eight bytes at a time: every line of a log passes here.
bool IsAscii(std::string_view text) {
  std::uint64_t bits = 0;
  while (text.size() >= sizeof(bits)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), sizeof(word));
    bits |= word;
    text.remove_prefix(sizeof(word));
  }
  for (const char c : text) bits |= static_cast<unsigned char>(c) & 0x80U;
  return (bits & 0x8080808080808080U) == 0;
}

std::size_t FindLineEnd(std::string_view text) {
  const auto found = std::find_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; });
  return found == text.end() ? std::string_view::npos : static_cast<std::size_t>(found - text.begin());
}

std::string RepairUtf8(std::string_view text) {
  if (IsAscii(text)) return std::string(text);
  std::string repaired;
  repaired.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const expression::Character character = expression::CharacterAt(text, at);
    const bool broken = character.bytes == 1 && character.code >= 0x80;
    repaired += broken ? kReplacement : text.substr(at, character.bytes);
    at += character.bytes;
  }
  return repaired;
}

std::size_t WholeCharacters(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text.size();
  std::size_t end = bytes_max;
  while (end > 0 && bytes_max - end < 4 && IsContinuation(text[end])) --end;
  return end == 0 || IsContinuation(text[end]) ? std::max<std::size_t>(bytes_max, 1) : end;
}

std::string_view FirstCharacters(std::string_view text, std::size_t characters_max) {
  std::size_t at = 0;
  for (std::size_t count = 0; at < text.size() && count < characters_max; ++count)
    at += expression::CharacterAt(text, at).bytes;
  return text.substr(0, at);
}

std::vector<std::string_view> SplitLines(std::string_view text) {
  std::vector<std::string_view> lines;
  do {
    const std::size_t end = std::min(FindLineEnd(text), text.size());
    lines.push_back(text.substr(0, end));
    const std::size_t stop = text.substr(end).starts_with("\r\n") ? 2 : 1;
    text.remove_prefix(std::min(end + stop, text.size()));
  } while (!text.empty());
  return lines;
}

std::string WithoutColours(std::string_view line) {
  std::string plain;
  while (true) {
    const std::size_t begin = line.find(kColourBegin);
    plain += line.substr(0, begin);
    if (begin == std::string_view::npos) return plain;
    line.remove_prefix(begin + kColourBegin.size());
    line.remove_prefix(std::min(line.find_first_not_of("0123456789;"), line.size()));
    if (line.starts_with('m')) line.remove_prefix(1);
  }
}

}  // namespace tuesday::workflow
