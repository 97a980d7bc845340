// SPDX-License-Identifier: Apache-2.0
#include "core/manifest/read/base64.h"

#include <cstdint>

namespace tuesday::manifest {
namespace {

int DigitOf(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

}  // namespace

std::optional<std::string> DecodeBase64(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int bit_count = 0;
  int digits = 0;
  int padding = 0;
  for (const char c : text) {
    if (c == '\n' || c == '\r') continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    const int digit = DigitOf(c);
    if (digit < 0 || padding > 0) return std::nullopt;
    ++digits;
    bits = (bits << 6U) | static_cast<std::uint32_t>(digit);
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    out.push_back(static_cast<char>((bits >> static_cast<unsigned>(bit_count)) & 0xFFU));
  }
  if ((digits + padding) % 4 != 0 || padding > 2) return std::nullopt;
  return out;
}

}  // namespace tuesday::manifest
