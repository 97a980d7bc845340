// SPDX-License-Identifier: Apache-2.0
#include "core/promql/parse/utf8.h"

#include "core/metrics/text.h"
#include "core/promql/parse/lexer.h"

namespace tuesday::promql {

std::size_t Utf8Length(std::string_view text) { return metrics::Utf8Length(text); }

std::uint32_t CodePointAt(std::string_view text) {
  const std::size_t length = Utf8Length(text);
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<std::uint8_t>(text[i])); };
  switch (length) {
    case 1: return byte(0);
    case 2: return (byte(0) & 0x1F) << 6 | (byte(1) & 0x3F);
    case 3: return (byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
    case 4: return (byte(0) & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F);
    default: return 0xFFFD;
  }
}

void AppendUtf8(std::string& out, std::uint32_t code_point) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | code_point >> 6);
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3F));
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
}

std::string UnicodeName(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  const std::uint32_t code_point = CodePointAt(text);
  std::string digits;
  for (std::uint32_t rest = code_point; rest != 0 || digits.size() < 4; rest >>= 4)
    digits.insert(digits.begin(), kHex[rest & 15]);
  std::string name = "U+" + digits + " '";
  AppendUtf8(name, code_point);
  return name + "'";
}

std::uint32_t DigitValue(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint32_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<std::uint32_t>(c - 'A' + 10);
  return 16;
}

std::string QuotedRune(std::string_view text) {
  if (text.empty()) return "'\\x00'";
  std::string rune;
  AppendUtf8(rune, CodePointAt(text));
  if (rune == "'") return "'\\''";
  if (rune == "\"") return "'\"'";
  const std::string quoted = metrics::Quoted(rune);
  return "'" + quoted.substr(1, quoted.size() - 2) + "'";
}

Result<std::string> Unquote(std::string_view quoted) {
  const auto bad = [&] { return Fail(ErrorCode::kInvalid, "The string " + std::string(quoted) + " is not well-formed."); };
  if (quoted.size() < 2 || quoted.front() != quoted.back()) return bad();
  const std::string_view inner = quoted.substr(1, quoted.size() - 2);
  if (quoted.front() == '`') return std::string(inner);
  std::string out;
  for (std::size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] != '\\') {
      out += inner[i];
      continue;
    }
    if (++i >= inner.size()) return bad();
    static constexpr std::string_view kLetters = "abfnrtv\\\"'";
    static constexpr std::string_view kValues = "\a\b\f\n\r\t\v\\\"'";
    if (const std::size_t at = kLetters.find(inner[i]); at != std::string_view::npos) {
      out += kValues[at];
      continue;
    }
    const bool octal = inner[i] >= '0' && inner[i] <= '7';
    const std::size_t digits = octal ? 3 : inner[i] == 'x' ? 2 : inner[i] == 'u' ? 4 : inner[i] == 'U' ? 8 : 0;
    const bool byte = octal || inner[i] == 'x';
    const std::size_t first = octal ? i : i + 1;
    if (digits == 0 || first + digits > inner.size()) return bad();
    std::uint32_t value = 0;
    for (std::size_t j = first; j < first + digits; ++j) {
      const std::uint32_t digit = DigitValue(inner[j]);
      if (digit >= (octal ? 8U : 16U)) return bad();
      value = value * (octal ? 8 : 16) + digit;
    }
    if (byte) {
      out += static_cast<char>(value & 0xFF);
    } else {
      AppendUtf8(out, value);
    }
    i = first + digits - 1;
  }
  return out;
}

}  // namespace tuesday::promql
