// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/labels.h"

#include <algorithm>
#include <cstring>

#include "core/metrics/text.h"

namespace tuesday::metrics {

namespace {

using Pair = Labels::Pair;

constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15ULL;  // 2^64 over the golden ratio.

std::uint64_t Mix(std::uint64_t hash, std::uint64_t word) {
  hash = (hash ^ word) * kMultiplier;
  return hash ^ (hash >> 32);
}

std::uint64_t HashText(std::uint64_t hash, std::string_view text) {
  hash = Mix(hash, text.size());
  while (text.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), 8);
    hash = Mix(hash, word);
    text.remove_prefix(8);
  }
  std::uint64_t rest = 0;
  if (!text.empty()) std::memcpy(&rest, text.data(), text.size());
  return Mix(hash, rest);
}

bool NameLess(const Pair& a, const Pair& b) { return a.first < b.first; }

// Ascending names, each once, and no empty value.
bool IsSettled(const std::vector<Pair>& pairs) {
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (pairs[i].second.empty() || (i > 0 && pairs[i - 1].first >= pairs[i].first)) return false;
  }
  return true;
}

// Labels have few names: walking beats halving.
const Pair* NotBefore(const Pair* begin, const Pair* end, std::string_view name) {
  while (begin != end && begin->first < name) ++begin;
  return begin;
}

}  // namespace

bool IsNameLabel(std::string_view label) {
  return label.starts_with("__") && (label == kNameLabel || label == "__type__" || label == "__unit__");
}

Labels::Labels(std::initializer_list<Pair> pairs) : Labels(std::vector<Pair>(pairs)) {}

Labels::Labels(std::vector<Pair> pairs) {
  if (!IsSettled(pairs)) {
    std::stable_sort(pairs.begin(), pairs.end(), NameLess);
    // Of a name that was given twice the last value counts.
    std::vector<Pair> kept;
    kept.reserve(pairs.size());
    for (Pair& pair : pairs) {
      if (!kept.empty() && kept.back().first == pair.first) kept.pop_back();
      kept.push_back(std::move(pair));
    }
    std::erase_if(kept, [](const Pair& pair) { return pair.second.empty(); });
    pairs = std::move(kept);
  }
  Adopt(std::move(pairs));
}

void Labels::Adopt(std::vector<Pair> sorted) {
  if (sorted.empty()) return;
  auto content = std::make_shared<Content>();
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const std::uint64_t hash = HashOf(sorted[i]);
    content->hash += hash;
    if (!IsNameLabel(sorted[i].first)) {
      content->nameless_hash += hash;
    } else if (i < 64) {
      content->name_bits |= 1ULL << i;
    }
  }
  content->pairs = std::move(sorted);
  content_ = std::move(content);
}

std::uint64_t Labels::HashOf(const Pair& pair) { return HashText(HashText(kMultiplier, pair.first), pair.second); }

std::string_view Labels::Get(std::string_view name) const {
  const Pair* at = NotBefore(begin(), end(), name);
  return at != end() && at->first == name ? std::string_view(at->second) : std::string_view();
}

Labels Labels::With(std::string_view name, std::string_view value) const {
  const Pair* at = NotBefore(begin(), end(), name);
  const Pair* after = at != end() && at->first == name ? at + 1 : at;
  std::vector<Pair> pairs;
  pairs.reserve(size() + 1);
  pairs.insert(pairs.end(), begin(), at);
  if (!value.empty()) pairs.emplace_back(name, value);
  pairs.insert(pairs.end(), after, end());
  Labels labels;
  labels.Adopt(std::move(pairs));
  return labels;
}

bool operator==(const Labels& a, const Labels& b) {
  if (a.content_ == b.content_) return true;
  return a.size() == b.size() && a.Hash() == b.Hash() && std::equal(a.begin(), a.end(), b.begin());
}

std::strong_ordering operator<=>(const Labels& a, const Labels& b) {
  if (a.content_ == b.content_) return std::strong_ordering::equal;
  return std::lexicographical_compare_three_way(a.begin(), a.end(), b.begin(), b.end());
}

std::string Labels::Text() const {
  const std::string_view name = Name();
  const bool plain_name = IsMetricName(name);
  std::string text = plain_name ? std::string(name) : std::string();
  const std::size_t braces_min = plain_name ? 1 : 0;
  if (size() <= braces_min && !text.empty()) return text;
  text += '{';
  const char* separator = "";
  if (!name.empty() && !plain_name) {
    text += Quoted(name);
    separator = ", ";
  }
  for (const Pair& pair : *this) {
    if (pair.first == kNameLabel) continue;
    text += separator;
    text += IsLabelName(pair.first) ? pair.first : Quoted(pair.first);
    text += '=';
    text += Quoted(pair.second);
    separator = ", ";
  }
  text += '}';
  return text;
}

}  // namespace tuesday::metrics
