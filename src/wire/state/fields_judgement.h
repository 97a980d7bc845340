// SPDX-License-Identifier: Apache-2.0
// The stored fields of `judgement.h`. Included by its codec only.
#pragma once

#include <array>
#include <string_view>

#include "wire/state/judgement.h"
#include "wire/state/visit.h"

namespace tuesday::gate {

constexpr std::array<std::string_view, 3> WordsOf(Verdict) { return {"no evidence", "pass", "fail"}; }

template <typename V>
void Fields(V& v, Evidence& x) {
  v("what", x.what);
  v("value", x.value);
  v("from", x.from);
  v("to", x.to);
}

template <typename V>
void Fields(V& v, Finding& x) {
  v("verdict", x.verdict);
  v("reason", x.reason);
  v("evidence", x.evidence);
}

}  // namespace tuesday::gate

namespace tuesday::rules {

constexpr std::array<std::string_view, 3> WordsOf(StandingKind) { return {"counts", "counts when firing", "shown"}; }
constexpr std::array<std::string_view, 2> WordsOf(FiringAtStart) { return {"no", "yes"}; }
constexpr std::array<std::string_view, 3> WordsOf(AlertPhase) { return {"pending", "firing", "inactive"}; }

template <typename V>
void Fields(V& v, Standing& x) {
  v("kind", x.kind);
  v("why", x.why);
}

inline Json WriteSpecial(const GroupState& state) { return GroupStateToJson(state); }
inline Result<void> ReadSpecial(const Json& json, GroupState& state) {
  TRY(state, GroupStateFromJson(json));
  return {};
}

}  // namespace tuesday::rules

namespace tuesday::judge {

template <typename V>
void Fields(V& v, AlertStands& x) {
  v("rule", x.rule);
  v("standing", x.standing);
  v("finding", x.finding);
  v("phase", x.phase);
  v("at", x.at_ms);
}

template <typename V>
void Fields(V& v, GroupCase& x) {
  v("identity", x.identity);
  v("next_tick", x.next_tick);
  v("state", x.state);
  v("firing_at_start", x.firing_at_start);
  v("alerts", x.alerts);
}

template <typename V>
void Fields(V& v, AttemptCase& x) {
  v("groups", x.groups);
}

}  // namespace tuesday::judge

namespace tuesday::analysis {

constexpr std::array<std::string_view, 7> WordsOf(Phase) {
  return {"Pending", "Running", "Successful", "Failed", "Error", "Inconclusive", "NoEvidence"};
}

template <typename V>
void Fields(V& v, Metric& x) {
  v("name", x.name);
  v("query", x.query);
  v("address", x.address);
  v("interval", x.interval);
  v("initial_delay", x.initial_delay);
  v("count", x.count);
  v("failure_limit", x.failure_limit);
  v("inconclusive_limit", x.inconclusive_limit);
  v("consecutive_error_limit", x.consecutive_error_limit);
  v("consecutive_success_limit", x.consecutive_success_limit);
  v("success_condition", x.success_condition);
  v("failure_condition", x.failure_condition);
  v("dry_run", x.dry_run);
}

template <typename V>
void Fields(V& v, Spec& x) {
  v("metrics", x.metrics);
}

template <typename V>
void Fields(V& v, Measurement& x) {
  v("ordinal", x.ordinal);
  v("phase", x.phase);
  v("value", x.value);
  v("message", x.message);
  v("at", x.at);
}

template <typename V>
void Fields(V& v, MetricStatus& x) {
  v("phase", x.phase);
  v("successful", x.successful);
  v("failed", x.failed);
  v("inconclusive", x.inconclusive);
  v("error", x.error);
  v("no_evidence", x.no_evidence);
  v("consecutive_error", x.consecutive_error);
  v("consecutive_success", x.consecutive_success);
  v("asked", x.asked);
  v("waiting", x.waiting);
  v("next_at", x.next_at);
  v("message", x.message);
  v("measurements", x.measurements);
}

template <typename V>
void Fields(V& v, Status& x) {
  v("phase", x.phase);
  v("message", x.message);
  v("started_at", x.started_at);
  v("ending", x.ending);
  v("metrics", x.metrics);
}

}  // namespace tuesday::analysis

namespace tuesday::rollout {

template <typename V>
void Fields(V& v, AnalysisRunKey& x) {
  v("attempt", x.attempt);
  v("analysis", x.analysis);
  v("step", x.step);
  v("round", x.round);
}

}  // namespace tuesday::rollout

namespace tuesday::state {

template <typename V>
void Fields(V& v, JudgementRecord& x) {
  v("attempt", x.attempt);
  v("began", x.began);
  v("restarts_at_start", x.restarts_at_start);
  v("gate", x.gate);
}

template <typename V>
void Fields(V& v, RulesCaseRecord& x) {
  v("attempt", x.attempt);
  v("stands", x.stands);
}

template <typename V>
void Fields(V& v, AnalysesRecord::Run& x) {
  v("key", x.key);
  v("name", x.name);
  v("spec", x.spec);
  v("status", x.status);
  v("ending", x.ending);
  v("broken", x.broken);
}

template <typename V>
void Fields(V& v, AnalysesRecord& x) {
  v("boot_id", x.boot_id);
  v("runs", x.runs);
}

}  // namespace tuesday::state
