// SPDX-License-Identifier: Apache-2.0
#include <re2/re2.h>

#include <algorithm>

#include "core/metrics/text.h"
#include "core/promql/eval/eval_state.h"
#include "core/promql/parse/utf8.h"

namespace tuesday::promql {

using metrics::Labels;

namespace {

re2::StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }

bool IsWord(char c) { return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string Group(const RE2& regex, const std::vector<re2::StringPiece>& groups, const std::string& name) {
  std::size_t index = groups.size();
  if (!name.empty() && name.find_first_not_of("0123456789") == std::string::npos) {
    if (name.size() < 6) index = std::stoul(name);
  } else if (const auto at = regex.NamedCapturingGroups().find(name); at != regex.NamedCapturingGroups().end()) {
    index = static_cast<std::size_t>(at->second);
  }
  return index < groups.size() ? std::string(groups[index].data() == nullptr ? "" : groups[index].as_string()) : "";
}

// `$1`, `${name}` and `$$`, as Go's Regexp.Expand: `$1x` is the group named `1x`.
std::string Expand(const std::string& text, const RE2& regex, const std::vector<re2::StringPiece>& groups) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$' || i + 1 >= text.size()) {
      out += text[i];
      continue;
    }
    if (text[i + 1] == '$') {
      out += '$';
      ++i;
      continue;
    }
    const bool braces = text[i + 1] == '{';
    const std::size_t begin = i + (braces ? 2 : 1);
    std::size_t end = begin;
    while (end < text.size() && IsWord(text[end])) ++end;
    if (end == begin || (braces && (end >= text.size() || text[end] != '}'))) {
      out += '$';
      continue;
    }
    out += Group(regex, groups, text.substr(begin, end - begin));
    i = braces ? end : end - 1;
  }
  return out;
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = Utf8Length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

// Digits compare as numbers: "a2" is before "a10".
bool NaturalLess(std::string_view a, std::string_view b) {
  const auto digits = [](std::string_view text) { return std::min(text.find_first_not_of("0123456789"), text.size()); };
  while (!a.empty() && !b.empty()) {
    const std::size_t a_digits = digits(a);
    const std::size_t b_digits = digits(b);
    if (a_digits > 0 && b_digits > 0) {
      std::string_view a_number = a.substr(0, a_digits);
      std::string_view b_number = b.substr(0, b_digits);
      a_number.remove_prefix(std::min(a_number.find_first_not_of('0'), a_number.size()));
      b_number.remove_prefix(std::min(b_number.find_first_not_of('0'), b_number.size()));
      if (a_number.size() != b_number.size()) return a_number.size() < b_number.size();
      if (a_number != b_number) return a_number < b_number;
      a.remove_prefix(a_digits);
      b.remove_prefix(b_digits);
    } else {
      if (a[0] != b[0]) return a[0] < b[0];
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  return a.empty() && !b.empty();
}

}  // namespace

Result<Evaluated> Evaluator::LabelReplace(const CallExpr& call) {
  TRY(Evaluated result, Evaluate(*call.arguments[0]));
  std::string texts[4];
  for (std::size_t i = 0; i < 4; ++i) {
    TRY(const Evaluated text, Evaluate(*call.arguments[i + 1]));
    texts[i] = text.text;
  }
  const auto& [destination, replacement, source, pattern] = texts;
  RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  const RE2 regex(Piece(pattern), options);
  if (!regex.ok()) return Fail(ErrorCode::kInvalid, "invalid regular expression in label_replace(): " + pattern);
  if (destination.empty() || !IsUtf8(destination)) {
    return Fail(ErrorCode::kInvalid, "invalid destination label name in label_replace(): " + destination);
  }
  std::vector<re2::StringPiece> groups(static_cast<std::size_t>(regex.NumberOfCapturingGroups()) + 1);
  for (Row& row : result.rows) {
    const std::string value(row.identity.Get(source));
    if (!regex.Match(value, 0, value.size(), RE2::ANCHOR_BOTH, groups.data(), static_cast<int>(groups.size()))) continue;
    row.identity = row.identity.Whole().With(destination, Expand(replacement, regex, groups));
    if (destination == metrics::kNameLabel) row.drop_name = false;
  }
  TRY_OK(MergeEqual(result.rows));
  return result;
}

Result<Evaluated> Evaluator::LabelJoin(const CallExpr& call) {
  TRY(Evaluated result, Evaluate(*call.arguments[0]));
  std::vector<std::string> texts;
  for (std::size_t i = 1; i < call.arguments.size(); ++i) {
    TRY(const Evaluated text, Evaluate(*call.arguments[i]));
    texts.push_back(text.text);
  }
  for (std::size_t i = 2; i < texts.size(); ++i) {
    if (texts[i].empty() || !IsUtf8(texts[i])) {
      return Fail(ErrorCode::kInvalid, "invalid source label name in label_join(): " + texts[i]);
    }
  }
  if (texts[0].empty() || !IsUtf8(texts[0])) {
    return Fail(ErrorCode::kInvalid, "invalid destination label name in label_join(): " + texts[0]);
  }
  for (Row& row : result.rows) {
    std::string joined;
    for (std::size_t i = 2; i < texts.size(); ++i) {
      if (i > 2) joined += texts[1];
      joined += row.identity.Get(texts[i]);
    }
    row.identity = row.identity.Whole().With(texts[0], joined);
    if (texts[0] == metrics::kNameLabel) row.drop_name = false;
  }
  TRY_OK(MergeEqual(result.rows));
  return result;
}

Result<Evaluated> Evaluator::SortByLabel(const CallExpr& call) {
  TRY(Evaluated result, Evaluate(*call.arguments[0]));
  std::vector<std::string> names;
  for (std::size_t i = 1; i < call.arguments.size(); ++i) {
    TRY(const Evaluated text, Evaluate(*call.arguments[i]));
    names.push_back(text.text);
  }
  if (grid_.count != 1) return result;
  const bool descending = call.function == "sort_by_label_desc";
  std::stable_sort(result.rows.begin(), result.rows.end(), [&](const Row& left, const Row& right) {
    const Row& a = descending ? right : left;
    const Row& b = descending ? left : right;
    for (const std::string& name : names) {
      const std::string_view a_value = a.identity.Get(name);
      const std::string_view b_value = b.identity.Get(name);
      if (a_value != b_value) return NaturalLess(a_value, b_value);
    }
    return a.identity.Whole() < b.identity.Whole();
  });
  return result;
}

}  // namespace tuesday::promql
