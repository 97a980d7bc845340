// SPDX-License-Identifier: Apache-2.0
// One piece of work for the pool: the rule groups of one attempt, evaluated at the ticks that are due, over snapshots that do
// not change. Pure; gets values and gives values.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/gate/verdict.h"
#include "core/metrics/source.h"
#include "core/metrics/view.h"
#include "core/rules/alert.h"
#include "core/rules/file.h"
#include "core/rules/standing.h"

namespace tuesday::control {

// One group as one attempt runs it.
struct GroupRun {
  std::shared_ptr<const rules::Group> group;
  rules::ObjectAsks asks = rules::ObjectAsks::kNo;
  rules::GroupState state;
  std::vector<rules::FiringAtStart> firing_at_start;  // By rule; as of the first tick.
  std::int64_t ticks = 0;                             // Evaluated so far: tick k is at start + k x interval.
  int evaluations = 0;
};

struct JudgedRule {
  std::string name;
  rules::Standing standing;
  bool reads_restarts = false;
  bool pending = false;
  bool firing = false;
  gate::Finding finding;
  std::int64_t at_ms = 0;
  std::string samples;  // JSON of what its selectors saw, when the verdict is new.
};

struct EvaluationInput {
  metrics::ViewIdentity identity;
  std::shared_ptr<const metrics::Source> snapshot;
  std::function<std::vector<metrics::RoleRow>(std::int64_t now_ms)> rows;  // By value: runs on the pool.
  rules::AttemptLabels labels;
  std::int64_t began_ms = 0;     // The attempt's beginning: ticks count from here.
  std::int64_t evidence_ms = 0;  // From when the canary's samples can exist.
  std::int64_t now_ms = 0;
  std::vector<GroupRun> groups;
  std::vector<std::vector<gate::Verdict>> last;  // By group and rule: what was said before.
};

struct EvaluationOutput {
  std::vector<GroupRun> groups;
  std::vector<std::vector<JudgedRule>> rules;  // By group; empty for a group with no tick due.
  double canary_requests = 0;                  // In the last kEvidenceWindow.
};

inline constexpr std::int64_t kEvidenceWindowMs = 2 * 60 * 1000;
inline constexpr int kTicksPerJobMax = 2'000;  // After a long absence the oldest ticks are left out.
inline constexpr std::size_t kSampleBytesMax = 4 << 20;

EvaluationOutput EvaluateTicks(EvaluationInput input);

std::int64_t IntervalMsOf(const rules::Group& group);

// How much the counters that match have grown in (from, to], resets included.
double IncreaseOf(const metrics::Source& source, const std::vector<metrics::LabelMatcher>& matchers, std::int64_t from,
                  std::int64_t to);

}  // namespace tuesday::control
