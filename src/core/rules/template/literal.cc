// SPDX-License-Identifier: Apache-2.0
#include "core/rules/template/literal.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace tuesday::rules::text {
namespace {

void AppendUtf8(std::string& text, std::uint32_t code) {
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xc0 | code >> 6);
    text += static_cast<char>(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    text += static_cast<char>(0xe0 | code >> 12);
    text += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    text += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    text += static_cast<char>(0xf0 | code >> 18);
    text += static_cast<char>(0x80 | (code >> 12 & 0x3f));
    text += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    text += static_cast<char>(0x80 | (code & 0x3f));
  }
}

char SimpleEscape(char c) {
  switch (c) {
    case 'a': return '\a';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'v': return '\v';
    case '\\':
    case '\'':
    case '"': return c;
    default: return '\0';
  }
}

// Reads the escape behind the backslash at `at` and moves past it.
bool ReadEscape(std::string_view body, std::size_t& at, std::string& text) {
  if (at + 1 >= body.size()) return false;
  const char c = body[at + 1];
  if (const char simple = SimpleEscape(c); simple != '\0') {
    text += simple;
    at += 2;
    return true;
  }
  const std::size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : (c >= '0' && c <= '7') ? 3 : 0;
  const std::size_t from = digits == 3 ? at + 1 : at + 2;
  if (digits == 0 || from + digits > body.size()) return false;
  std::uint32_t code = 0;
  const char* end = body.data() + from + digits;
  const auto read = std::from_chars(body.data() + from, end, code, digits == 3 ? 8 : 16);
  if (read.ec != std::errc() || read.ptr != end || code > 0x10ffff || (digits == 3 && code > 255)) return false;
  if (digits <= 3) {
    text += static_cast<char>(code);
  } else {
    AppendUtf8(text, code);
  }
  at = from + digits;
  return true;
}

}  // namespace

std::optional<std::string> Unquote(std::string_view quoted) {
  const std::string_view body = quoted.substr(1, quoted.size() - 2);
  std::string text;
  for (std::size_t at = 0; at < body.size();) {
    if (body[at] == '\\') {
      if (!ReadEscape(body, at, text)) return std::nullopt;
    } else {
      text += body[at++];
    }
  }
  return text;
}

std::optional<double> ReadFloat(std::string_view text) {
  std::string_view digits = text;
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  std::string word(digits);
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  double value = 0;
  if (word == "inf" || word == "infinity") {
    value = std::numeric_limits<double>::infinity();
  } else if (word == "nan") {
    return std::numeric_limits<double>::quiet_NaN();
  } else {
    std::erase(word, '_');
    const bool hex = word.starts_with("0x");
    const std::string_view number = hex ? std::string_view(word).substr(2) : std::string_view(word);
    if (number.empty() || number.front() == '-' || number.front() == '+') return std::nullopt;
    const auto read = std::from_chars(number.data(), number.data() + number.size(), value,
                                      hex ? std::chars_format::hex : std::chars_format::general);
    if (read.ptr != number.data() + number.size()) return std::nullopt;
    if (read.ec == std::errc::result_out_of_range) value = word.find("e-") == std::string::npos ? HUGE_VAL : 0.0;
    if (read.ec != std::errc() && read.ec != std::errc::result_out_of_range) return std::nullopt;
  }
  return negative ? -value : value;
}

bool ReadNumber(std::string_view text, Node& node) {
  if (text.starts_with('\'')) {
    const std::optional<std::string> character = Unquote(text);
    if (!character || character->empty()) return false;
    const auto lead = static_cast<unsigned char>(character->front());
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (character->size() != length) return false;
    std::int64_t code = length == 1 ? lead : lead & (0xff >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) code = code << 6 | (static_cast<unsigned char>((*character)[i]) & 0x3f);
    node.is_int = true;
    node.integer = code;
    node.number = static_cast<double>(code);
    return true;
  }
  std::string digits(text);
  std::erase(digits, '_');
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.erase(0, 1);
  const bool hex = digits.starts_with("0x") || digits.starts_with("0X");
  const bool binary = digits.starts_with("0b") || digits.starts_with("0B");
  const bool octal = digits.starts_with("0o") || digits.starts_with("0O");
  const bool old_octal = digits.size() > 1 && digits[0] == '0' && !hex && !binary && !octal;
  const std::string_view bare = std::string_view(digits).substr(hex || binary || octal ? 2 : 0);
  std::uint64_t whole = 0;
  const int base = hex ? 16 : binary ? 2 : octal || old_octal ? 8 : 10;
  const auto read = std::from_chars(bare.data(), bare.data() + bare.size(), whole, base);
  constexpr auto kIntMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!bare.empty() && read.ec == std::errc() && read.ptr == bare.data() + bare.size() && whole <= kIntMax) {
    node.is_int = true;
    node.integer = negative ? -static_cast<std::int64_t>(whole) : static_cast<std::int64_t>(whole);
    node.number = static_cast<double>(node.integer);
    return true;
  }
  const std::optional<double> value = ReadFloat(text);
  if (!value) return false;
  node.is_float = true;
  node.number = *value;
  return true;
}

}  // namespace tuesday::rules::text
