// SPDX-License-Identifier: Apache-2.0
// Findings that were there before: kept by rule, object and path, never by line, so that moving lines does not bring them back.
#pragma once

#include <compare>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/source.h"
#include "base/yaml.h"

namespace tuesday::lint {

// What a finding is about. `object` is "Rollout default/api", or the file where there is none; `path` is
// "spec.template.spec.containers[api].image", with names instead of numbers where a list's entries have some.
struct FindingKey {
  std::string rule;
  std::string object;
  std::string path;
  friend auto operator<=>(const FindingKey&, const FindingKey&) = default;
};

// The places of one file. Keeps the tree that it reads.
class FindingPlaces {
 public:
  // An unreadable text has no places: its findings are about the file.
  FindingPlaces(std::string_view text, std::string_view file, std::string_view ns);

  FindingKey KeyOf(const Finding& finding) const;

 private:
  struct Place {
    std::string object;
    std::string path;
  };
  void Walk(const YamlNode& node, const Place& place);
  void WalkDocument(const YamlNode& node, int depth);

  std::string file_;
  std::string ns_;
  std::map<std::pair<int, int>, Place> places_;
};

// How often each stands in a baseline.
using Baseline = std::map<FindingKey, int>;

// JSON, one entry a finding, sorted.
std::string BaselineText(const Baseline& baseline);
Result<Baseline> ReadBaseline(std::string_view text);

// True when `key` is in it; takes it out once, so that a second finding of the same kind is new.
bool TakeKnown(Baseline& baseline, const FindingKey& key);

}  // namespace tuesday::lint
