// SPDX-License-Identifier: Apache-2.0
#include "wire/journal/text.h"

#include <cstdint>

namespace tuesday::journal {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

bool Within(unsigned char byte, unsigned char low, unsigned char high) { return low <= byte && byte <= high; }

// How many bytes the well-formed character at the beginning of `text` has; 0 when there is none.
std::size_t CharacterLength(std::string_view text) {
  const auto at = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : std::uint8_t{0}; };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  const bool second = Within(at(1), 0x80, 0xBF);
  if (Within(lead, 0xC2, 0xDF)) return second ? 2 : 0;
  const bool third = Within(at(2), 0x80, 0xBF);
  if (lead == 0xE0) return Within(at(1), 0xA0, 0xBF) && third ? 3 : 0;
  if (lead == 0xED) return Within(at(1), 0x80, 0x9F) && third ? 3 : 0;
  if (Within(lead, 0xE1, 0xEF)) return second && third ? 3 : 0;
  const bool fourth = Within(at(3), 0x80, 0xBF);
  if (lead == 0xF0) return Within(at(1), 0x90, 0xBF) && third && fourth ? 4 : 0;
  if (lead == 0xF4) return Within(at(1), 0x80, 0x8F) && third && fourth ? 4 : 0;
  if (Within(lead, 0xF1, 0xF3)) return second && third && fourth ? 4 : 0;
  return 0;
}

}  // namespace

std::string MendUtf8(std::string_view text) {
  std::string mended;
  mended.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = CharacterLength(text);
    mended += length == 0 ? kReplacement : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return mended;
}

}  // namespace tuesday::journal
