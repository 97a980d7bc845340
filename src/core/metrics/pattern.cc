// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/pattern.h"

#include <algorithm>

namespace tuesday::metrics {

namespace {

constexpr std::string_view kMeaningful = R"(\.+*?()|[]{}^$)";

bool IsPunctuation(char c) {
  return c > ' ' && c < 0x7F && c != '_' && !(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z');
}

bool IsRepetition(std::string_view rest) { return !rest.empty() && std::string_view("*+?{").contains(rest[0]); }

}  // namespace

std::optional<PlainPattern> PlainPattern::Read(std::string_view pattern) {
  if (pattern.size() > kPlainPatternBytesMax || !IsAscii(pattern)) return std::nullopt;
  PlainPattern plain;
  Pieces pieces;
  while (!pattern.empty()) {
    const char c = pattern[0];
    pattern.remove_prefix(1);
    if (c == '|') {
      plain.alternatives_.push_back(std::move(pieces));
      pieces.clear();
      continue;
    }
    if (c == '.') {
      const bool many = pattern.starts_with('*') || pattern.starts_with('+');
      if (!many || pattern[0] == '+') pieces.push_back({Kind::kAny, 0});
      if (many) pieces.push_back({Kind::kAnyMany, 0});
      if (many) pattern.remove_prefix(1);
    } else if (c == '\\') {
      if (pattern.empty() || !IsPunctuation(pattern[0])) return std::nullopt;
      pieces.push_back({Kind::kLiteral, pattern[0]});
      pattern.remove_prefix(1);
    } else if (kMeaningful.contains(c)) {
      return std::nullopt;
    } else {
      pieces.push_back({Kind::kLiteral, c});
    }
    if (IsRepetition(pattern)) return std::nullopt;
  }
  plain.alternatives_.push_back(std::move(pieces));
  return plain;
}

bool PlainPattern::Match(std::string_view text) const {
  return std::any_of(alternatives_.begin(), alternatives_.end(), [&](const Pieces& pieces) { return MatchOne(pieces, text); });
}

// The newest `.*` takes one byte more whenever what follows it does not fit.
bool PlainPattern::MatchOne(const Pieces& pieces, std::string_view text) {
  std::size_t piece = 0;
  std::size_t at = 0;
  std::optional<std::size_t> many;  // The piece after the newest `.*`.
  std::size_t many_at = 0;          // Where its rest begins in the text.
  while (at < text.size()) {
    if (piece < pieces.size() && pieces[piece].kind == Kind::kAnyMany) {
      many = ++piece;
      many_at = at;
    } else if (piece < pieces.size() && (pieces[piece].kind == Kind::kAny || pieces[piece].literal == text[at])) {
      ++piece;
      ++at;
    } else if (many) {
      piece = *many;
      at = ++many_at;
    } else {
      return false;
    }
  }
  while (piece < pieces.size() && pieces[piece].kind == Kind::kAnyMany) ++piece;
  return piece == pieces.size();
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace tuesday::metrics
