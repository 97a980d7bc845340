// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/matchers.h"

#include <re2/re2.h>

#include "core/metrics/pattern.h"

namespace tuesday::metrics {

namespace {

constexpr int kRegexBytesMax = 8 << 20;  // Memory of one compiled pattern.

std::unique_ptr<RE2> MakeRegex(std::string_view pattern) {
  RE2::Options options;
  options.set_dot_nl(true);
  options.set_log_errors(false);
  options.set_max_mem(kRegexBytesMax);
  return std::make_unique<RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
}

}  // namespace

struct CompiledMatchers::One {
  LabelMatcher matcher;
  std::optional<PlainPattern> plain;
  mutable std::unique_ptr<RE2> regex;                     // Beside a plain pattern made when a text needs it.
  mutable std::map<std::string, bool, std::less<>> seen;  // Label values repeat: each is matched once.

  bool MatchesPattern(std::string_view value) const {
    if (plain && IsAscii(value)) return plain->Match(value);
    auto found = seen.find(value);
    if (found == seen.end()) {
      if (regex == nullptr) regex = MakeRegex(matcher.value);
      const bool full = RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *regex);
      found = seen.emplace(std::string(value), full).first;
    }
    return found->second;
  }
};

CompiledMatchers::CompiledMatchers(std::vector<One> all) : all_(std::move(all)) {}
CompiledMatchers::CompiledMatchers(CompiledMatchers&&) noexcept = default;
CompiledMatchers& CompiledMatchers::operator=(CompiledMatchers&&) noexcept = default;
CompiledMatchers::~CompiledMatchers() = default;

Result<CompiledMatchers> CompiledMatchers::Compile(const std::vector<LabelMatcher>& matchers) {
  std::vector<One> all;
  all.reserve(matchers.size());
  for (const LabelMatcher& matcher : matchers) {
    One one;
    one.matcher = matcher;
    if (matcher.op == MatchOp::kRegex || matcher.op == MatchOp::kNotRegex) {
      one.plain = PlainPattern::Read(matcher.value);
      if (!one.plain) one.regex = MakeRegex(matcher.value);
      if (one.regex != nullptr && !one.regex->ok()) {
        return Fail(ErrorCode::kInvalid, "The pattern " + matcher.value + " of label " + matcher.name +
                                             " is not a regular expression: " + one.regex->error() + ".");
      }
    }
    all.push_back(std::move(one));
  }
  return CompiledMatchers(std::move(all));
}

bool CompiledMatchers::MatchValue(std::size_t index, std::string_view value) const {
  const One& one = all_[index];
  if (one.matcher.op == MatchOp::kEqual) return value == one.matcher.value;
  if (one.matcher.op == MatchOp::kNotEqual) return value != one.matcher.value;
  return one.MatchesPattern(value) == (one.matcher.op == MatchOp::kRegex);
}

bool CompiledMatchers::Match(const Labels& labels) const {
  for (std::size_t i = 0; i < all_.size(); ++i) {
    if (!MatchValue(i, labels.Get(all_[i].matcher.name))) return false;
  }
  return true;
}

Result<void> CheckRegex(std::string_view pattern) {
  const std::unique_ptr<RE2> regex = MakeRegex(pattern);
  if (!regex->ok()) return Fail(ErrorCode::kInvalid, regex->error());
  return {};
}

bool MatchesEmpty(const LabelMatcher& matcher) {
  const Result<CompiledMatchers> compiled = CompiledMatchers::Compile({matcher});
  return compiled.has_value() && compiled->MatchValue(0, "");
}

}  // namespace tuesday::metrics
