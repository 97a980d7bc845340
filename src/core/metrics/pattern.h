// SPDX-License-Identifier: Apache-2.0
// The regular expressions that matchers mostly are (`5..`, `.*canary.*`, `api|web`), matched without an engine: literals, `.`,
// `.*`, `.+` and alternatives on the outermost level. Immutable.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace tuesday::metrics {

inline constexpr std::size_t kPlainPatternBytesMax = 1'000;

class PlainPattern {
 public:
  // Nothing for a pattern that is more than this, or not a pattern at all.
  static std::optional<PlainPattern> Read(std::string_view pattern);

  // Whether the whole text matches, `.` a newline too. Only for ASCII: of other text a `.` may be several bytes.
  bool Match(std::string_view text) const;

 private:
  enum class Kind : unsigned char { kLiteral, kAny, kAnyMany };
  struct Piece {
    Kind kind = Kind::kLiteral;
    char literal = 0;
  };
  using Pieces = std::vector<Piece>;

  static bool MatchOne(const Pieces& pieces, std::string_view text);

  std::vector<Pieces> alternatives_;
};

// Whether every byte is below 0x80.
bool IsAscii(std::string_view text);

}  // namespace tuesday::metrics
