// SPDX-License-Identifier: Apache-2.0
// One evaluation of a rule group: recording rules feed the rules behind them at the same instant, alerts go from pending to
// firing and back. Exactly Prometheus' rules/group.go and alerting.go, as a pure function: the state is a value.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "core/metrics/source.h"
#include "core/promql/engine.h"
#include "core/rules/file.h"

namespace tuesday::rules {

enum class AlertPhase { kPending, kFiring, kInactive };

std::string_view AlertPhaseName(AlertPhase phase);  // "pending", "firing", "inactive"

// One element of an alert. Instants are milliseconds since 1970.
struct ActiveAlert {
  metrics::Labels labels;  // With alertname: its identity.
  std::map<std::string, std::string> annotations;
  double value = 0;
  AlertPhase phase = AlertPhase::kPending;
  std::int64_t active_at = 0;
  std::optional<std::int64_t> fired_at;
  std::optional<std::int64_t> resolved_at;
  std::optional<std::int64_t> keep_firing_since;
};

// How long a resolved alert is still shown.
inline constexpr std::int64_t kResolvedRetentionMs = 15 * 60 * 1000;

struct RuleState {
  std::string rule;                       // Its name; a rule that changed places keeps its state.
  std::vector<ActiveAlert> alerts;        // Sorted by labels.
  std::vector<metrics::Labels> produced;  // The series of the last evaluation that went well, sorted.
  std::string error;                      // Of the last evaluation; empty when it went well.
};

// What the rules of a group wrote: recorded metrics, ALERTS and ALERTS_FOR_STATE, with stale markers where they ended.
using Recorded = std::map<metrics::Labels, std::vector<metrics::Sample>>;

struct GroupState {
  std::vector<RuleState> rules;
  Recorded recorded;
  std::int64_t evaluations = 0;
  std::optional<std::int64_t> last_ms;
};

struct EvaluateOptions {
  promql::EngineOptions engine;
  std::map<std::string, std::string> external_labels;
  std::string external_url;
  std::int64_t recorded_retention_ms = 6 * 60 * 60 * 1000;  // As long as the store keeps samples.
};

// What one rule said. `output` is empty when it failed.
struct RuleResult {
  std::string rule;
  promql::Vector output;      // Of an alert: ALERTS and ALERTS_FOR_STATE; of a recording rule: what it recorded.
  promql::Witness witness;    // Of its expression.
  std::int64_t query_ms = 0;  // The instant at which it was evaluated: `time_ms` less the query offset.
  std::string error;
};

struct Evaluation {
  GroupState state;
  std::vector<RuleResult> results;  // One for each rule of the group.
};

// Evaluates all rules in their order at `time_ms`. A rule that fails keeps its alerts and says why; the others go on.
Evaluation Evaluate(const Group& group, GroupState state, const metrics::Source& source, std::int64_t time_ms,
                    const EvaluateOptions& options = {});

// Whether any element of the rule's alert is in that phase.
bool HasPhase(const RuleState& state, AlertPhase phase);

// The base with what rules recorded. Where both have a sample at one time, the base's counts.
class RecordedSource : public metrics::Source {
 public:
  // All must outlive it.
  RecordedSource(const metrics::Source& base, std::vector<const Recorded*> layers) : base_(base), layers_(std::move(layers)) {}

  Result<std::vector<metrics::Series>> Select(const std::vector<metrics::LabelMatcher>& matchers, std::int64_t from,
                                              std::int64_t to) const override;

 private:
  const metrics::Source& base_;
  std::vector<const Recorded*> layers_;
};

// Nothing at all.
class EmptySource : public metrics::Source {
 public:
  Result<std::vector<metrics::Series>> Select(const std::vector<metrics::LabelMatcher>&, std::int64_t,
                                              std::int64_t) const override {
    return std::vector<metrics::Series>();
  }
};

// The state as it is stored. What is read back behaves in every later evaluation as what was written.
Json GroupStateToJson(const GroupState& state);
Result<GroupState> GroupStateFromJson(const Json& json);

}  // namespace tuesday::rules
