// SPDX-License-Identifier: Apache-2.0
#include "core/expression/value/number.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

#include "core/expression/value/text.h"

namespace tuesday::expression {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Digits with at most one point among them, then an exponent: what from_chars reads, but for its words and its leniency.
bool IsDecimal(std::string_view digits) {
  std::size_t at = 0;
  std::size_t count = 0;
  while (at < digits.size() && IsDigit(digits[at])) ++at, ++count;
  if (at < digits.size() && digits[at] == '.') {
    ++at;
    while (at < digits.size() && IsDigit(digits[at])) ++at, ++count;
  }
  if (count == 0) return false;
  if (at == digits.size()) return true;
  if (digits[at] != 'e' && digits[at] != 'E') return false;
  ++at;
  if (at < digits.size() && (digits[at] == '+' || digits[at] == '-')) ++at;
  const std::size_t exponent = at;
  while (at < digits.size() && IsDigit(digits[at])) ++at;
  return at > exponent && at == digits.size();
}

// from_chars reports too large and too small alike; the sign of the decimal exponent tells them apart.
double OutOfRange(std::string_view digits) {
  const std::size_t e = digits.find_first_of("eE");
  const bool small = e != std::string_view::npos ? digits[e + 1] == '-' : digits.find_first_not_of("0.") > digits.find('.');
  return small ? 0 : kInfinity;
}

std::optional<double> ReadDecimal(std::string_view text) {
  const bool negative = text.starts_with('-');
  std::string_view digits = negative || text.starts_with('+') ? text.substr(1) : text;
  if (SameText(digits, "Infinity")) return negative ? -kInfinity : kInfinity;
  if (!IsDecimal(digits)) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc::result_out_of_range) value = OutOfRange(digits);
  return negative ? -value : value;
}

// Hexadecimal wraps round at 32 bits, as a bit pattern; octal does as well.
double ReadBits(std::string_view digits, int base) {
  std::uint32_t bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits, base);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return kNan;
  return static_cast<double>(static_cast<std::int32_t>(bits));
}

}  // namespace

double ParseNumber(std::string_view text) {
  text = Trim(text);
  if (text.empty()) return 0;
  if (const std::optional<double> decimal = ReadDecimal(text)) return *decimal;
  if (text.starts_with("0x")) return ReadBits(text.substr(2), 16);
  if (text.starts_with("0o")) return ReadBits(text.substr(2), 8);
  return kNan;
}

std::string NumberText(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
  if (number == 0) return "0";
  return fmt::format("{:.15G}", number);
}

}  // namespace tuesday::expression
