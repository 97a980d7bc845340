// SPDX-License-Identifier: Apache-2.0
// The identity of a series: sorted label pairs, as Prometheus has it. The metric's name is the label `__name__`.
#pragma once

#include <compare>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tuesday::metrics {

inline constexpr std::string_view kNameLabel = "__name__";

// Immutable in use: sorted by name, no empty values (an empty value is an absent label).
class Labels {
 public:
  using Pair = std::pair<std::string, std::string>;

  Labels() = default;
  Labels(std::initializer_list<Pair> pairs);
  explicit Labels(std::vector<Pair> pairs);

  // The value, or "" when the label is absent: Prometheus does not tell the two apart.
  std::string_view Get(std::string_view name) const;
  std::string_view Name() const { return Get(kNameLabel); }

  // A copy with one label set; an empty value removes it.
  Labels With(std::string_view name, std::string_view value) const;

  bool empty() const { return pairs_.empty(); }
  std::size_t size() const { return pairs_.size(); }
  auto begin() const { return pairs_.begin(); }
  auto end() const { return pairs_.end(); }

  // `name{a="b"}` as Prometheus prints it.
  std::string Text() const;

  friend auto operator<=>(const Labels&, const Labels&) = default;

 private:
  std::vector<Pair> pairs_;
};

enum class MatchOp { kEqual, kNotEqual, kRegex, kNotRegex };

struct LabelMatcher {
  MatchOp op = MatchOp::kEqual;
  std::string name;
  std::string value;  // RE2 syntax, fully anchored, for the two regex operators.
  friend bool operator==(const LabelMatcher&, const LabelMatcher&) = default;
};

}  // namespace tuesday::metrics
