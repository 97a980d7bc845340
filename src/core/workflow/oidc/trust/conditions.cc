// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/oidc/trust/conditions.h"

#include <algorithm>
#include <array>

namespace tuesday::workflow {
namespace {

using Compare = TrustOperation::Compare;
using Set = TrustOperation::Set;

struct Word {
  std::string_view name;
  Compare compare;
  bool is_negated;
};
// Names of resources are compared like texts with wildcards, whichever operator says it.
constexpr auto kWords = std::to_array<Word>({{"StringEquals", Compare::kEquals, false},
                                             {"StringNotEquals", Compare::kEquals, true},
                                             {"StringEqualsIgnoreCase", Compare::kEqualsIgnoreCase, false},
                                             {"StringNotEqualsIgnoreCase", Compare::kEqualsIgnoreCase, true},
                                             {"StringLike", Compare::kLike, false},
                                             {"StringNotLike", Compare::kLike, true},
                                             {"ArnEquals", Compare::kLike, false},
                                             {"ArnLike", Compare::kLike, false},
                                             {"ArnNotEquals", Compare::kLike, true},
                                             {"ArnNotLike", Compare::kLike, true},
                                             {"Null", Compare::kNull, false}});
constexpr std::string_view kIfExists = "IfExists";
constexpr std::string_view kAny = "ForAnyValue:";
constexpr std::string_view kAll = "ForAllValues:";

// One unit of a pattern and how long it is written.
struct Unit {
  enum class Kind { kText, kMany, kOne } kind = Kind::kText;
  char text = 0;
  std::size_t length = 1;
};

Unit UnitAt(std::string_view pattern) {
  if (pattern.size() >= 4 && pattern.starts_with("${") && pattern[3] == '}' &&
      (pattern[2] == '*' || pattern[2] == '?' || pattern[2] == '$'))
    return {Unit::Kind::kText, pattern[2], 4};
  if (pattern.front() == '*') return {Unit::Kind::kMany, 0, 1};
  if (pattern.front() == '?') return {Unit::Kind::kOne, 0, 1};
  return {Unit::Kind::kText, pattern.front(), 1};
}

bool Matches(const TrustOperation& operation, std::string_view wanted, std::string_view value) {
  switch (operation.compare) {
    case Compare::kEquals: return wanted == value;
    case Compare::kEqualsIgnoreCase: return SameWithoutCase(wanted, value);
    case Compare::kLike: return MatchesLike(wanted, value);
    case Compare::kNull: return false;
  }
  return false;
}

}  // namespace

bool SameWithoutCase(std::string_view one, std::string_view other) {
  return std::ranges::equal(one, other, [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

std::optional<TrustOperation> ReadOperation(std::string_view name) {
  TrustOperation operation;
  if (name.starts_with(kAny)) {
    operation.set = Set::kAnyValue;
    name.remove_prefix(kAny.size());
  } else if (name.starts_with(kAll)) {
    operation.set = Set::kAllValues;
    name.remove_prefix(kAll.size());
  }
  if (name.ends_with(kIfExists)) {
    operation.if_exists = true;
    name.remove_suffix(kIfExists.size());
  }
  for (const Word& word : kWords) {
    if (!SameWithoutCase(word.name, name)) continue;
    // IAM has no `Null` of sets or with a suffix.
    if (word.compare == Compare::kNull && (operation.if_exists || operation.set != Set::kNone)) return std::nullopt;
    operation.compare = word.compare;
    operation.is_negated = word.is_negated;
    return operation;
  }
  return std::nullopt;
}

// By going back to the last `*` on a mismatch: in the worst case pattern times text, with no recursion.
bool MatchesLike(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_text = 0;
  while (t < text.size()) {
    const Unit unit = p < pattern.size() ? UnitAt(pattern.substr(p)) : Unit{Unit::Kind::kText, 0, 0};
    if (p < pattern.size() && unit.kind == Unit::Kind::kMany) {
      star = p;
      star_text = t;
      p += unit.length;
    } else if (p < pattern.size() && (unit.kind == Unit::Kind::kOne || unit.text == text[t])) {
      p += unit.length;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool Holds(const TrustOperation& operation, const std::vector<std::string>& wanted, const std::optional<std::string>& value) {
  if (operation.compare == Compare::kNull) {
    const bool absent = !value.has_value();
    return std::ranges::any_of(wanted, [&](const std::string& text) { return text == (absent ? "true" : "false"); });
  }
  if (!value.has_value()) {
    if (operation.if_exists || operation.set == Set::kAllValues) return true;
    return operation.is_negated && operation.set == Set::kNone;
  }
  const bool any = std::ranges::any_of(wanted, [&](const std::string& text) { return Matches(operation, text, *value); });
  return any != operation.is_negated;
}

}  // namespace tuesday::workflow
