// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/glob/segment.h"

#include "core/expression/value/text.h"

namespace tuesday::workflow {
namespace {

std::vector<char32_t> Characters(std::string_view text) {
  std::vector<char32_t> characters;
  for (std::size_t at = 0; at < text.size();) {
    const expression::Character character = expression::CharacterAt(text, at);
    characters.push_back(character.code);
    at += character.bytes;
  }
  return characters;
}

// The set that begins at `at`, a `[`, and where it ends. Nothing when it is never closed or has a range backwards: then the
// bracket is a character like any other.
std::optional<GlobAtom> ReadSet(const std::vector<char32_t>& text, std::size_t& at) {
  GlobAtom set{.kind = GlobAtom::Kind::kSet, .literal = 0, .negated = false, .ranges = {}};
  std::size_t i = at + 1;
  if (i < text.size() && (text[i] == U'!' || text[i] == U'^')) {
    set.negated = true;
    ++i;
  }
  const std::size_t first = i;
  const auto take = [&text, &i] {
    if (text[i] == U'\\' && i + 1 < text.size()) ++i;
    return text[i++];
  };
  while (i < text.size() && (text[i] != U']' || i == first)) {
    const char32_t low = take();
    char32_t high = low;
    if (i + 1 < text.size() && text[i] == U'-' && text[i + 1] != U']') {
      ++i;
      high = take();
    }
    if (high < low) return std::nullopt;
    set.ranges.emplace_back(low, high);
  }
  if (i >= text.size()) return std::nullopt;
  at = i;
  return set;
}

bool IsOf(const GlobAtom& atom, char32_t character) {
  switch (atom.kind) {
    case GlobAtom::Kind::kLiteral: return character == atom.literal;
    case GlobAtom::Kind::kAny:
    case GlobAtom::Kind::kStar: return true;
    case GlobAtom::Kind::kSet: break;
  }
  bool in_set = false;
  for (const auto& [low, high] : atom.ranges) in_set = in_set || (low <= character && character <= high);
  return in_set != atom.negated;
}

}  // namespace

GlobSegment::GlobSegment(std::string_view text) : is_globstar_(text == "**") {
  const std::vector<char32_t> characters = Characters(text);
  for (std::size_t at = 0; at < characters.size(); ++at) {
    const char32_t c = characters[at];
    GlobAtom atom{.kind = GlobAtom::Kind::kLiteral, .literal = c, .negated = false, .ranges = {}};
    if (c == U'\\' && at + 1 < characters.size()) {
      atom.literal = characters[++at];
    } else if (c == U'*') {
      atom.kind = GlobAtom::Kind::kStar;
    } else if (c == U'?') {
      atom.kind = GlobAtom::Kind::kAny;
    } else if (c == U'[') {
      if (std::optional<GlobAtom> set = ReadSet(characters, at); set.has_value()) atom = *std::move(set);
    }
    has_wildcards_ = has_wildcards_ || atom.kind != GlobAtom::Kind::kLiteral;
    const bool again = atom.kind == GlobAtom::Kind::kStar && !atoms_.empty() && atoms_.back().kind == GlobAtom::Kind::kStar;
    if (!again) atoms_.push_back(std::move(atom));
  }
}

// Going back to the last star alone is enough: an earlier one could not do better.
bool GlobSegment::Matches(std::string_view name) const {
  if (has_wildcards_ && (name.empty() || name == "." || name == "..")) return false;
  const std::vector<char32_t> text = Characters(name);
  std::size_t atom = 0;
  std::size_t at = 0;
  std::optional<std::size_t> star;
  std::size_t star_at = 0;
  while (at < text.size()) {
    if (atom < atoms_.size() && atoms_[atom].kind == GlobAtom::Kind::kStar) {
      star = atom++;
      star_at = at;
    } else if (atom < atoms_.size() && IsOf(atoms_[atom], text[at])) {
      ++atom;
      ++at;
    } else if (star.has_value()) {
      atom = *star + 1;
      at = ++star_at;
    } else {
      return false;
    }
  }
  while (atom < atoms_.size() && atoms_[atom].kind == GlobAtom::Kind::kStar) ++atom;
  return atom == atoms_.size();
}

std::optional<std::string> LiteralOf(std::string_view segment) {
  std::string literal;
  for (std::size_t at = 0; at < segment.size(); ++at) {
    const char c = segment[at];
    if (c == '\\' && at + 1 < segment.size()) {
      literal += segment[++at];
      continue;
    }
    if (c == '*' || c == '?') return std::nullopt;
    if (c == '[') {
      std::string set;
      std::size_t i = at + 1;
      for (; i < segment.size() && segment[i] != ']'; ++i) {
        if (segment[i] == '\\' && i + 1 < segment.size()) ++i;
        set += segment[i];
      }
      const bool closed = i < segment.size();
      if (closed && set.size() > 1) return std::nullopt;
      if (closed && set.size() == 1) {
        literal += set;
        at = i;
        continue;
      }
    }
    literal += c;
  }
  return literal;
}

std::string EscapeGlob(std::string_view name) {
  std::string escaped;
  for (const char c : name) {
    if (c == '*' || c == '?' || c == '[') {
      escaped += '[';
      escaped += c;
      escaped += ']';
    } else {
      if (c == '\\') escaped += '\\';
      escaped += c;
    }
  }
  return escaped;
}

}  // namespace tuesday::workflow
