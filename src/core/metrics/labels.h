// SPDX-License-Identifier: Apache-2.0
// The identity of a series: sorted label pairs, as Prometheus has it. The metric's name is the label `__name__`.
#pragma once

#include <compare>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tuesday::metrics {

inline constexpr std::string_view kNameLabel = "__name__";

// `__name__`, `__type__` and `__unit__`: what goes when an operation drops the name.
bool IsNameLabel(std::string_view label);

// Immutable: sorted by name, no empty values (an empty value is an absent label). Copies share their pairs, and a copy may be
// used by another thread.
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

  bool empty() const { return content_ == nullptr; }
  std::size_t size() const { return content_ == nullptr ? 0 : content_->pairs.size(); }
  const Pair* begin() const { return content_ == nullptr ? nullptr : content_->pairs.data(); }
  const Pair* end() const { return begin() + size(); }

  // The sum of HashOf its pairs: what is left of it after some pairs are dropped needs no new labels to be known. Only for
  // looking up; equal labels have equal hashes.
  std::uint64_t Hash() const { return content_ == nullptr ? 0 : content_->hash; }
  static std::uint64_t HashOf(const Pair& pair);
  // That of the labels without those of IsNameLabel.
  std::uint64_t NamelessHash() const { return content_ == nullptr ? 0 : content_->nameless_hash; }
  // Which of the first 64 pairs are those of IsNameLabel: bit i stands for pair i.
  std::uint64_t NameBits() const { return content_ == nullptr ? 0 : content_->name_bits; }
  // Asks for the pairs' memory before they are walked.
  void Fetch() const {
    if (content_ != nullptr) __builtin_prefetch(content_->pairs.data());
  }

  // `name{a="b"}` as Prometheus prints it.
  std::string Text() const;

  friend bool operator==(const Labels& a, const Labels& b);
  friend std::strong_ordering operator<=>(const Labels& a, const Labels& b);

 private:
  struct Content {
    std::vector<Pair> pairs;
    std::uint64_t hash = 0;
    std::uint64_t nameless_hash = 0;
    std::uint64_t name_bits = 0;
  };

  void Adopt(std::vector<Pair> sorted);

  std::shared_ptr<const Content> content_;  // Null: no labels.
};

// For unordered containers that are only looked up.
struct LabelsHash {
  std::size_t operator()(const Labels& labels) const { return labels.Hash(); }
};

enum class MatchOp { kEqual, kNotEqual, kRegex, kNotRegex };

struct LabelMatcher {
  MatchOp op = MatchOp::kEqual;
  std::string name;
  std::string value;  // RE2 syntax, fully anchored, for the two regex operators.
  friend bool operator==(const LabelMatcher&, const LabelMatcher&) = default;
};

}  // namespace tuesday::metrics
