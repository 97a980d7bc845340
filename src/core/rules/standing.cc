// SPDX-License-Identifier: Apache-2.0
#include "core/rules/standing.h"

#include <algorithm>

#include "core/metrics/matchers.h"
#include "core/rules/reads.h"

namespace tuesday::rules {
namespace {

// Labels whose values come from the requests and not from who served them: they decide nothing here.
bool IsFree(std::string_view label) { return label == "status" || label == "le" || label == metrics::kNameLabel; }

bool NameMatches(const promql::VectorSelector& selector, const std::vector<std::string>& names) {
  std::vector<metrics::LabelMatcher> matchers;
  for (const metrics::LabelMatcher& matcher : selector.matchers) {
    if (matcher.name == metrics::kNameLabel) matchers.push_back(matcher);
  }
  if (matchers.empty() && !selector.name.empty()) return std::ranges::find(names, selector.name) != names.end();
  const auto compiled = metrics::CompiledMatchers::Compile(matchers);
  if (!compiled) return false;
  return std::ranges::any_of(names, [&](const std::string& name) {
    return compiled->Match(metrics::Labels{{std::string(metrics::kNameLabel), name}});
  });
}

bool MatchesAny(const promql::VectorSelector& selector, const std::vector<metrics::Labels>& sets) {
  std::vector<metrics::LabelMatcher> matchers;
  for (const metrics::LabelMatcher& matcher : selector.matchers) {
    if (!IsFree(matcher.name)) matchers.push_back(matcher);
  }
  const auto compiled = metrics::CompiledMatchers::Compile(matchers);
  return compiled && std::ranges::any_of(sets, [&](const metrics::Labels& labels) { return compiled->Match(labels); });
}

// What all selectors of a rule, also through recording rules, can see.
struct Sight {
  bool canary_alone = false;  // Some selector sees the canary and not the stable side.
  bool stable = false;        // Some selector sees the stable side.
  bool foreign = false;       // Some selector sees neither.
  bool anything = false;      // There is a selector at all.
};

Sight SightOf(const Group& group, std::size_t rule, const AttemptLabels& attempt) {
  Sight sight;
  for (const std::size_t index : WithDependencies(group, rule)) {
    for (const SelectorUse& use : SelectorsOf(*group.rules[index].expr)) {
      if (IsRecorded(group, MetricOf(*use.selector))) continue;
      sight.anything = true;
      const bool ours = NameMatches(*use.selector, attempt.metrics);
      const bool canary = ours && MatchesAny(*use.selector, attempt.canary);
      const bool stable = ours && MatchesAny(*use.selector, attempt.stable);
      sight.canary_alone |= canary && !stable;
      sight.stable |= stable;
      sight.foreign |= !canary && !stable;
    }
  }
  return sight;
}

}  // namespace

const std::vector<std::string>& OwnMetrics() {
  static const std::vector<std::string> kNames = {"http_requests_total",
                                                  "http_request_duration_seconds_bucket",
                                                  "http_request_duration_seconds_sum",
                                                  "http_request_duration_seconds_count",
                                                  "http_response_first_byte_seconds_bucket",
                                                  "http_response_first_byte_seconds_sum",
                                                  "http_response_first_byte_seconds_count",
                                                  "tuesday_open_requests",
                                                  "up",
                                                  "container_cpu_usage_seconds_total",
                                                  "container_memory_working_set_bytes",
                                                  std::string(kRestartMetric)};
  return kNames;
}

bool ReadsRestarts(const Group& group, std::size_t rule) {
  for (const std::size_t index : WithDependencies(group, rule)) {
    for (const SelectorUse& use : SelectorsOf(*group.rules[index].expr)) {
      if (MetricOf(*use.selector) == kRestartMetric) return true;
    }
  }
  return false;
}

Standing StandingOf(const Group& group, std::size_t rule, const AttemptLabels& attempt, ObjectAsks asks, FiringAtStart firing) {
  const Rule& tested = group.rules[rule];
  if (tested.kind == RuleKind::kRecording) return {StandingKind::kShown, "It records and does not alert."};
  const Sight sight = SightOf(group, rule, attempt);
  if (!sight.anything) return {StandingKind::kShown, "It reads no series, so it says nothing about the canary."};
  const auto label = tested.labels.find(std::string(kRollbackLabel));
  const bool asked = asks == ObjectAsks::kYes || (label != tested.labels.end() && label->second == "true");
  if (label != tested.labels.end() && label->second == "false") {
    return {StandingKind::kShown, "Its label tuesday_rollback is \"false\"."};
  }
  if (!sight.canary_alone && !asked) {
    return {StandingKind::kShown, sight.stable ? "It cannot tell the canary from the stable instances."
                                               : "It reads nothing of this rollout's canary."};
  }
  if (!sight.canary_alone && firing == FiringAtStart::kYes) {
    return {StandingKind::kShown, "It is about something else and was firing already when the attempt began."};
  }
  const std::string why = !sight.canary_alone ? "It is marked to roll back."
                          : sight.stable      ? "It compares the canary with the stable side."
                                              : "It reads the canary's series alone.";
  if (OutermostComparisons(*tested.expr).empty()) {
    return {StandingKind::kCountsWhenFiring, why + " It has no comparison, so it counts only when it fires."};
  }
  if (sight.foreign) {
    return {StandingKind::kCountsWhenFiring, why + " It reads metrics that are not ours, so it counts only when it fires."};
  }
  return {StandingKind::kCounts, why};
}

}  // namespace tuesday::rules
