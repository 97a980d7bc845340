// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace tuesday::metrics {

namespace {

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

std::string Written(double value, std::chars_format format) {
  std::array<char, 400> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format);
  return std::string(buffer.data(), end.ptr);
}

}  // namespace

std::size_t Utf8Length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  if (text.empty()) return 0;
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 && lead < 0xF5   ? 4
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xC2 && lead < 0xE0 ? 2
                                                           : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  if (lead == 0xE0 && byte(1) < 0xA0) return 0;
  if (lead == 0xED && byte(1) > 0x9F) return 0;
  if (lead == 0xF0 && byte(1) < 0x90) return 0;
  if (lead == 0xF4 && byte(1) > 0x8F) return 0;
  return length;
}

bool IsLabelName(std::string_view name) { return IsMetricName(name) && name.find(':') == std::string_view::npos; }

bool IsMetricName(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  for (const char c : name) {
    if (!IsLetter(c) && c != ':' && (c < '0' || c > '9')) return false;
  }
  return true;
}

std::string Quoted(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  while (!text.empty()) {
    const char c = text[0];
    const std::size_t length = Utf8Length(text);
    static constexpr std::string_view kEscaped = "\a\b\f\n\r\t\v\"\\";
    static constexpr std::string_view kLetters = "abfnrtv\"\\";
    if (const std::size_t at = kEscaped.find(c); at != std::string_view::npos) {
      out += '\\';
      out += kLetters[at];
    } else if (length == 0 || (length == 1 && (c < 0x20 || c == 0x7f))) {
      out += "\\x";
      out += kHex[static_cast<std::uint8_t>(c) >> 4];
      out += kHex[static_cast<std::uint8_t>(c) & 15];
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out + '"';
}

std::string FixedText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return Written(value, std::chars_format::fixed);
}

std::string NumberText(double value) {
  const double size = std::fabs(value);
  if (!std::isfinite(value) || size == 0 || (size >= 1e-6 && size < 1e21)) return FixedText(value);
  return Written(value, std::chars_format::scientific);
}

std::string ShortText(double value) {
  const double size = std::fabs(value);
  if (!std::isfinite(value) || size == 0 || (size >= 1e-4 && size < 1e21)) return FixedText(value);
  return Written(value, std::chars_format::scientific);
}

}  // namespace tuesday::metrics
