// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/labels.h"

#include <algorithm>

#include "core/metrics/text.h"

namespace tuesday::metrics {

Labels::Labels(std::initializer_list<Pair> pairs) : Labels(std::vector<Pair>(pairs)) {}

Labels::Labels(std::vector<Pair> pairs) : pairs_(std::move(pairs)) {
  std::stable_sort(pairs_.begin(), pairs_.end(), [](const Pair& a, const Pair& b) { return a.first < b.first; });
  // Of a name that was given twice the last value counts.
  std::vector<Pair> kept;
  kept.reserve(pairs_.size());
  for (Pair& pair : pairs_) {
    if (!kept.empty() && kept.back().first == pair.first) kept.pop_back();
    kept.push_back(std::move(pair));
  }
  std::erase_if(kept, [](const Pair& pair) { return pair.second.empty(); });
  pairs_ = std::move(kept);
}

std::string_view Labels::Get(std::string_view name) const {
  const auto at = std::lower_bound(pairs_.begin(), pairs_.end(), name,
                                   [](const Pair& pair, std::string_view wanted) { return pair.first < wanted; });
  return at != pairs_.end() && at->first == name ? std::string_view(at->second) : std::string_view();
}

Labels Labels::With(std::string_view name, std::string_view value) const {
  Labels copy = *this;
  const auto at = std::lower_bound(copy.pairs_.begin(), copy.pairs_.end(), name,
                                   [](const Pair& pair, std::string_view wanted) { return pair.first < wanted; });
  const bool found = at != copy.pairs_.end() && at->first == name;
  if (value.empty()) {
    if (found) copy.pairs_.erase(at);
  } else if (found) {
    at->second = value;
  } else {
    copy.pairs_.insert(at, Pair(name, value));
  }
  return copy;
}

std::string Labels::Text() const {
  const std::string_view name = Name();
  const bool plain_name = IsMetricName(name);
  std::string text = plain_name ? std::string(name) : std::string();
  const std::size_t braces_min = plain_name ? 1 : 0;
  if (pairs_.size() <= braces_min && !text.empty()) return text;
  text += '{';
  const char* separator = "";
  if (!name.empty() && !plain_name) {
    text += Quoted(name);
    separator = ", ";
  }
  for (const Pair& pair : pairs_) {
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
