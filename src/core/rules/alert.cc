// SPDX-License-Identifier: Apache-2.0
#include "core/rules/alert.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/check.h"
#include "core/promql/parser.h"
#include "core/rules/template/expand.h"

namespace tuesday::rules {
namespace {

constexpr std::int64_t kNanosecondsPerMillisecond = 1'000'000;

bool HasLasted(std::int64_t from_ms, std::int64_t to_ms, Duration length) {
  return to_ms - from_ms >= length.count() / kNanosecondsPerMillisecond;
}

// A vector or a scalar as rules see it.
Result<promql::Vector> AsVector(promql::Value value) {
  if (auto* vector = std::get_if<promql::Vector>(&value)) return std::move(*vector);
  if (const auto* scalar = std::get_if<promql::ScalarValue>(&value)) {
    return promql::Vector{{metrics::Labels(), scalar->value}};
  }
  return Fail(ErrorCode::kInvalid, "rule result is not a vector or scalar");
}

std::map<std::string, std::string> WithoutName(const metrics::Labels& labels) {
  std::map<std::string, std::string> entries;
  for (const auto& [name, value] : labels) {
    if (name != metrics::kNameLabel) entries.emplace(name, value);
  }
  return entries;
}

metrics::Labels FromMap(const std::map<std::string, std::string>& entries) {
  return metrics::Labels(std::vector<metrics::Labels::Pair>(entries.begin(), entries.end()));
}

// Evaluates one group at one instant. Lives for one call of Evaluate.
class Evaluator {
 public:
  Evaluator(const Group& group, GroupState& state, const metrics::Source& base, std::int64_t time_ms,
            const EvaluateOptions& options)
      : group_(group),
        state_(state),
        source_(base, {&state.recorded}),
        time_ms_(time_ms),
        query_ms_(time_ms - group.query_offset.count() / kNanosecondsPerMillisecond),
        options_(options) {}

  RuleResult Run(const Rule& rule, RuleState& rule_state) {
    RuleResult result;
    result.rule = rule.name;
    result.query_ms = query_ms_;
    Result<promql::Vector> output = RunRule(rule, rule_state, result.witness);
    if (!output) {
      result.error = output.error().message;
      rule_state.error = result.error;
      return result;
    }
    rule_state.error.clear();
    result.output = std::move(*output);
    Write(result.output, rule_state);
    return result;
  }

  // Forgets what is older than the retention.
  void Trim() {
    const std::int64_t oldest = time_ms_ - options_.recorded_retention_ms;
    for (auto it = state_.recorded.begin(); it != state_.recorded.end();) {
      std::vector<metrics::Sample>& samples = it->second;
      const auto kept = std::ranges::find_if(samples, [&](const metrics::Sample& sample) { return sample.t > oldest; });
      samples.erase(samples.begin(), kept);
      it = samples.empty() ? state_.recorded.erase(it) : std::next(it);
    }
  }

 private:
  Result<promql::Vector> RunRule(const Rule& rule, RuleState& rule_state, promql::Witness& witness) {
    CHECK(rule.expr != nullptr, "a rule that was read has an expression");
    TRY(promql::Value value, promql::EvaluateInstant(*rule.expr, source_, query_ms_, options_.engine, &witness));
    TRY(promql::Vector vector, AsVector(std::move(value)));
    if (rule.kind == RuleKind::kRecording) return Record(rule, std::move(vector));
    return Alert(rule, rule_state, vector);
  }

  Result<promql::Vector> Record(const Rule& rule, promql::Vector vector) const {
    std::set<metrics::Labels> seen;
    for (promql::VectorSample& sample : vector) {
      sample.labels = sample.labels.With(metrics::kNameLabel, rule.name);
      for (const auto& [name, value] : rule.labels) sample.labels = sample.labels.With(name, value);
      if (!seen.insert(sample.labels).second) {
        return Fail(ErrorCode::kInvalid, "vector contains metrics with the same labelset after applying rule labels");
      }
    }
    if (group_.limit > 0 && static_cast<int>(vector.size()) > group_.limit) {
      return Fail(ErrorCode::kLimit, fmt::format("exceeded limit of {} with {} series", group_.limit, vector.size()));
    }
    return vector;
  }

  text::AlertFacts Facts(const Rule& rule, const promql::VectorSample& sample) const {
    text::AlertFacts facts;
    facts.alert = rule.name;
    for (const auto& [name, value] : sample.labels) facts.labels.emplace(name, value);
    facts.external_labels = options_.external_labels;
    facts.external_url = options_.external_url;
    facts.value = sample.value;
    facts.now_ms = time_ms_;
    facts.query = [this](std::string_view text) { return Query(text); };
    return facts;
  }

  Result<std::vector<text::QueriedSample>> Query(std::string_view text) const {
    TRY(const promql::ExprPtr expr, promql::ParseExpr(text));
    TRY(promql::Value value, promql::EvaluateInstant(*expr, source_, query_ms_, options_.engine, nullptr));
    TRY(const promql::Vector vector, AsVector(std::move(value)));
    std::vector<text::QueriedSample> samples;
    for (const promql::VectorSample& element : vector) {
      text::QueriedSample sample;
      for (const auto& [name, label] : element.labels) sample.labels.emplace(name, label);
      sample.value = element.value;
      samples.push_back(std::move(sample));
    }
    return samples;
  }

  // The alerts that the result stands for, by their labels.
  Result<std::map<metrics::Labels, ActiveAlert>> Present(const Rule& rule, const promql::Vector& vector) const {
    std::map<metrics::Labels, ActiveAlert> present;
    for (const promql::VectorSample& sample : vector) {
      const text::AlertFacts facts = Facts(rule, sample);
      ActiveAlert alert;
      std::map<std::string, std::string> labels = WithoutName(sample.labels);
      for (const auto& [name, value] : rule.labels) labels[name] = text::ExpandForAlert(value, facts);
      labels["alertname"] = rule.name;
      for (const auto& [name, value] : rule.annotations) alert.annotations[name] = text::ExpandForAlert(value, facts);
      alert.labels = FromMap(labels);
      alert.value = sample.value;
      alert.active_at = time_ms_;
      const metrics::Labels key = alert.labels;
      if (!present.emplace(key, std::move(alert)).second) {
        return Fail(ErrorCode::kInvalid, "vector contains metrics with the same labelset after applying alert labels");
      }
    }
    return present;
  }

  // An alert that the result no longer holds. False: forget it.
  bool StepAbsent(const Rule& rule, ActiveAlert& alert) const {
    if (alert.phase == AlertPhase::kPending) return false;
    if (alert.phase == AlertPhase::kInactive) return time_ms_ - alert.resolved_at.value_or(time_ms_) <= kResolvedRetentionMs;
    if (rule.keep_firing_for > Duration::zero()) {
      if (!alert.keep_firing_since) alert.keep_firing_since = time_ms_;
      if (!HasLasted(*alert.keep_firing_since, time_ms_, rule.keep_firing_for)) return true;
    }
    alert.phase = AlertPhase::kInactive;
    alert.resolved_at = time_ms_;
    return true;
  }

  void StepActive(const Rule& rule, ActiveAlert& alert) const {
    const bool held = HasLasted(alert.active_at, time_ms_, rule.hold);
    if (alert.phase == AlertPhase::kPending && held) {
      alert.phase = AlertPhase::kFiring;
      alert.fired_at = time_ms_;
    } else if (alert.phase == AlertPhase::kFiring && !held) {
      alert.phase = AlertPhase::kPending;  // `for` was raised.
    }
  }

  Result<promql::Vector> Alert(const Rule& rule, RuleState& rule_state, const promql::Vector& vector) const {
    TRY(auto present, Present(rule, vector));
    std::map<metrics::Labels, ActiveAlert> alerts;
    for (ActiveAlert& alert : rule_state.alerts) {
      const auto found = present.find(alert.labels);
      if (found == present.end()) {
        if (StepAbsent(rule, alert)) alerts.emplace(alert.labels, alert);
        continue;
      }
      if (alert.phase != AlertPhase::kInactive) {
        alert.value = found->second.value;
        alert.annotations = std::move(found->second.annotations);
        alert.keep_firing_since.reset();
        found->second = std::move(alert);
      }
    }
    for (auto& [labels, alert] : present) alerts.insert_or_assign(labels, std::move(alert));
    promql::Vector output;
    int active = 0;
    for (auto& [labels, alert] : alerts) {
      if (alert.phase == AlertPhase::kInactive) continue;
      StepActive(rule, alert);
      ++active;
      const metrics::Labels named = labels.With(metrics::kNameLabel, "ALERTS");
      output.push_back({named.With("alertstate", AlertPhaseName(alert.phase)), 1});
      output.push_back(
          {labels.With(metrics::kNameLabel, "ALERTS_FOR_STATE"), std::floor(static_cast<double>(alert.active_at) / 1000)});
    }
    rule_state.alerts.clear();
    if (group_.limit > 0 && active > group_.limit) {
      return Fail(ErrorCode::kLimit, fmt::format("exceeded limit of {} with {} alerts", group_.limit, active));
    }
    for (auto& [labels, alert] : alerts) rule_state.alerts.push_back(std::move(alert));
    return output;
  }

  void Append(const metrics::Labels& labels, double value) {
    std::vector<metrics::Sample>& samples = state_.recorded[labels];
    // A second sample for one instant (two rules that write one series) is dropped, as a store would.
    if (samples.empty() || samples.back().t < query_ms_) samples.push_back({query_ms_, value});
  }

  void Write(const promql::Vector& output, RuleState& rule_state) {
    std::vector<metrics::Labels> produced;
    for (const promql::VectorSample& sample : output) {
      Append(sample.labels, sample.value);
      produced.push_back(sample.labels);
    }
    std::ranges::sort(produced);
    for (const metrics::Labels& labels : rule_state.produced) {
      if (!std::ranges::binary_search(produced, labels)) Append(labels, metrics::StaleMarker());
    }
    rule_state.produced = std::move(produced);
  }

  const Group& group_;
  GroupState& state_;
  RecordedSource source_;
  std::int64_t time_ms_;
  std::int64_t query_ms_;
  const EvaluateOptions& options_;
};

// Gives each rule of the group the state of the rule of the same name, at its own place if it can.
void Align(const Group& group, GroupState& state) {
  std::vector<RuleState> aligned(group.rules.size());
  std::vector<bool> used(state.rules.size(), false);
  const auto take = [&](std::size_t rule, std::size_t from) {
    aligned[rule] = std::move(state.rules[from]);
    used[from] = true;
  };
  for (std::size_t i = 0; i < group.rules.size() && i < state.rules.size(); ++i) {
    if (state.rules[i].rule == group.rules[i].name) take(i, i);
  }
  for (std::size_t i = 0; i < group.rules.size(); ++i) {
    if (aligned[i].rule == group.rules[i].name) continue;
    for (std::size_t from = 0; from < state.rules.size(); ++from) {
      if (!used[from] && state.rules[from].rule == group.rules[i].name) {
        take(i, from);
        break;
      }
    }
    aligned[i].rule = group.rules[i].name;
  }
  state.rules = std::move(aligned);
}

}  // namespace

std::string_view AlertPhaseName(AlertPhase phase) {
  switch (phase) {
    case AlertPhase::kPending: return "pending";
    case AlertPhase::kFiring: return "firing";
    case AlertPhase::kInactive: return "inactive";
  }
  return "";
}

bool HasPhase(const RuleState& state, AlertPhase phase) {
  return std::ranges::any_of(state.alerts, [&](const ActiveAlert& alert) { return alert.phase == phase; });
}

Evaluation Evaluate(const Group& group, GroupState state, const metrics::Source& source, std::int64_t time_ms,
                    const EvaluateOptions& options) {
  Evaluation evaluation;
  Align(group, state);
  Evaluator evaluator(group, state, source, time_ms, options);
  for (std::size_t i = 0; i < group.rules.size(); ++i) {
    evaluation.results.push_back(evaluator.Run(group.rules[i], state.rules[i]));
  }
  evaluator.Trim();
  ++state.evaluations;
  state.last_ms = time_ms;
  evaluation.state = std::move(state);
  return evaluation;
}

}  // namespace tuesday::rules
