// SPDX-License-Identifier: Apache-2.0
#include "core/manifest/quantity.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace tuesday::manifest {
namespace {

__extension__ typedef unsigned __int128 Wide;  // 18 digits times 2^60 fits.

constexpr std::size_t kDigitsMax = 18;
constexpr std::int64_t kValueMax = std::int64_t{1} << 62;

struct Suffix {
  std::string_view text;
  int power_of_ten;
  int power_of_two;
};
constexpr auto kSuffixes = std::to_array<Suffix>({
    {"", 0, 0},
    {"n", -9, 0},
    {"u", -6, 0},
    {"m", -3, 0},
    {"k", 3, 0},
    {"M", 6, 0},
    {"G", 9, 0},
    {"T", 12, 0},
    {"P", 15, 0},
    {"E", 18, 0},
    {"Ki", 0, 10},
    {"Mi", 0, 20},
    {"Gi", 0, 30},
    {"Ti", 0, 40},
    {"Pi", 0, 50},
    {"Ei", 0, 60},
});

std::unexpected<Error> Unreadable(std::string_view text) {
  return Fail(ErrorCode::kInvalid, fmt::format("\"{}\" is not a quantity.", text.substr(0, 40)),
              "Write a number with a unit, like 250m, 0.5, 256Mi or 1G.");
}

// The power of ten and of two that a suffix ("Mi", "m", "e3") stands for.
Result<Suffix> ReadSuffix(std::string_view suffix, std::string_view text) {
  for (const Suffix& known : kSuffixes) {
    if (known.text == suffix) return known;
  }
  constexpr int kExponentMax = 18;
  const std::string_view digits = suffix.substr(suffix.starts_with("e+") || suffix.starts_with("E+") ? 2 : 1);
  int exponent = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
  const bool exponent_form = (suffix.front() == 'e' || suffix.front() == 'E') && !digits.empty() && error == std::errc() &&
                             end == digits.data() + digits.size();
  if (!exponent_form || exponent > kExponentMax || exponent < -kExponentMax) return Unreadable(text);
  return Suffix{suffix, exponent, 0};
}

// The quantity times 10^`scale`, rounded up as Kubernetes does.
Result<std::int64_t> Parse(std::string_view text, int scale) {
  std::string_view rest = text;
  if (rest.starts_with('+')) rest.remove_prefix(1);
  Wide value = 0;
  std::size_t digits = 0;
  int power = scale;
  bool point = false;
  while (!rest.empty() && (rest.front() == '.' || (rest.front() >= '0' && rest.front() <= '9'))) {
    if (rest.front() == '.') {
      if (point) return Unreadable(text);
      point = true;
    } else {
      if (++digits > kDigitsMax) return Unreadable(text);
      value = value * 10 + static_cast<unsigned>(rest.front() - '0');
      if (point) --power;
    }
    rest.remove_prefix(1);
  }
  if (digits == 0) return Unreadable(text);
  TRY(const Suffix suffix, ReadSuffix(rest, text));
  value <<= suffix.power_of_two;
  power += suffix.power_of_ten;
  bool rest_lost = false;
  for (; power < 0; ++power) {
    rest_lost = rest_lost || value % 10 != 0;
    value /= 10;
  }
  if (rest_lost) ++value;
  for (; power > 0; --power) {
    if (value > static_cast<Wide>(kValueMax)) break;
    value *= 10;
  }
  if (value > static_cast<Wide>(kValueMax)) {
    return Fail(ErrorCode::kInvalid, fmt::format("\"{}\" is more than can be counted.", text), "Write a smaller number.");
  }
  return static_cast<std::int64_t>(value);
}

}  // namespace

Result<std::int64_t> ParseMilli(std::string_view text) { return Parse(text, 3); }

Result<std::int64_t> ParseBytes(std::string_view text) { return Parse(text, 0); }

}  // namespace tuesday::manifest
