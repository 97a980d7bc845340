// SPDX-License-Identifier: Apache-2.0
#include "control/gate/rule_judge.h"

#include <algorithm>
#include <utility>

#include "control/gate/sealing_source.h"
#include "control/metrics/roles.h"
#include "core/metrics/view.h"
#include "core/rules/file.h"
#include "core/rules/verdict.h"

namespace tuesday::control {

// One group in one attempt.
struct RuleJudge::GroupCase {
  rules::GroupState state;
  std::vector<rules::FiringAtStart> firing_at_start;  // By rule.
  std::int64_t next_tick = 0;                         // k of attempt start + k x interval.
  bool counts = false;                                // One of its rules does.
};

struct RuleJudge::Case {
  AttemptId attempt;
  bool is_judged = true;  // False when it has ended: shown, but no longer looked at.
  Instant began;
  std::uint64_t rules_version = 0;
  std::vector<GroupCase> groups;
  std::map<InstanceId, int> restarts_at_start;
  std::map<std::string, SignalView> signals;   // By name.
  std::map<std::string, gate::RuleSaid> said;  // Of those that count.
  std::optional<rollout::GateSeen> gate;
  std::optional<Instant> gate_at;
};

namespace {

constexpr std::string_view kGateSignal = "tuesday/rollout-gate";

Duration IntervalOf(const rules::Group& group) { return group.interval.value_or(rules::kDefaultInterval); }

bool AsksForRollback(const manifest::Object& object) {
  const auto found = object.metadata.annotations.find(std::string(rules::kRollbackAnnotation));
  return found != object.metadata.annotations.end() && found->second == "true";
}

std::string ContainerOf(const JudgedRollout& rollout) { return rollout.name.name; }

// The labels by which rules can find each side, an instance each.
rules::AttemptLabels LabelsOfAttempt(const JudgedRollout& rollout, const std::vector<metrics::RoleRow>& rows) {
  rules::AttemptLabels labels;
  labels.metrics = rules::OwnMetrics();
  for (const metrics::RoleRow& row : rows) {
    const Owner owner{rollout.name, RevisionId(row.revision), rollout.name.name + "-" + row.revision + "-0",
                      rollout.status.attempt->id};
    const metrics::Labels own = LabelsOf(owner, "up").With(metrics::kNameLabel, "");
    (row.canary ? labels.canary : labels.stable).push_back(metrics::WithRole(own, row, ContainerOf(rollout)));
  }
  return labels;
}

Json::Object VerdictData(const gate::Finding& finding) {
  Json::Array evidence;
  for (const gate::Evidence& item : finding.evidence) {
    evidence.push_back(
        Json::Object{{"what", item.what}, {"value", item.value}, {"from", WallText(item.from)}, {"to", WallText(item.to)}});
  }
  return {{"verdict", std::string(gate::VerdictName(finding.verdict))}, {"evidence", std::move(evidence)}};
}

gate::AnalysisStands StandsOf(rollout::AnalysisPhase phase) {
  switch (phase) {
    case rollout::AnalysisPhase::kPending: return gate::AnalysisStands::kPending;
    case rollout::AnalysisPhase::kRunning: return gate::AnalysisStands::kRunning;
    case rollout::AnalysisPhase::kSuccessful: return gate::AnalysisStands::kSuccessful;
    case rollout::AnalysisPhase::kFailed: return gate::AnalysisStands::kFailed;
    case rollout::AnalysisPhase::kError: return gate::AnalysisStands::kError;
    case rollout::AnalysisPhase::kInconclusive: break;
  }
  return gate::AnalysisStands::kInconclusive;
}

}  // namespace

RuleJudge::RuleJudge(const metrics::SeriesStore& store, const Recorder& recorder, const AnalysisRunner* analyses,
                     ClockJoin join, JudgeSettings settings)
    : store_(store), recorder_(recorder), analyses_(analyses), join_(join), settings_(settings) {}

RuleJudge::~RuleJudge() = default;

void RuleJudge::SetRules(const std::vector<manifest::Object>& rules) {
  groups_.clear();
  ++rules_version_;
  for (const manifest::Object& object : rules) {
    const auto* body = std::get_if<manifest::PrometheusRule>(&object.body);
    if (body == nullptr) continue;
    rules::ReadGroupsResult read = rules::ReadGroups(body->spec, object.at.file);
    const rules::ObjectAsks asks = AsksForRollback(object) ? rules::ObjectAsks::kYes : rules::ObjectAsks::kNo;
    for (rules::Group& group : read.groups) groups_.push_back({std::move(group), asks});
  }
}

void RuleJudge::Begin(const JudgedRollout& rollout, Case& attempt) {
  const rollout::Attempt& judged = *rollout.status.attempt;
  if (attempt.attempt != judged.id) {
    attempt = Case();
    attempt.attempt = judged.id;
    attempt.began = judged.started_at;
    for (const InstanceState& instance : rollout.instances) attempt.restarts_at_start[instance.id] = instance.restarts;
  }
  if (attempt.rules_version == rules_version_) return;
  attempt.rules_version = rules_version_;
  attempt.groups.assign(groups_.size(), GroupCase());
  attempt.said.clear();
  attempt.signals.clear();
}

std::vector<Judged> RuleJudge::Look(const JudgedRollout& rollout, Instant now) {
  std::vector<Judged> news;
  if (!rollout.status.attempt || !IsJudged(*rollout.status.attempt)) {
    if (const auto ended = cases_.find(rollout.name); ended != cases_.end()) ended->second->is_judged = false;
    return news;
  }
  std::unique_ptr<Case>& found = cases_[rollout.name];
  if (!found) found = std::make_unique<Case>();
  Case& attempt = *found;
  attempt.is_judged = true;
  Begin(rollout, attempt);
  for (std::size_t i = 0; i < attempt.groups.size(); ++i) {
    GroupCase& group = attempt.groups[i];
    const Duration interval = IntervalOf(groups_[i].group);
    const std::int64_t due = (now - attempt.began) / interval;
    if (due - group.next_tick > settings_.ticks_behind_max) group.next_tick = due - settings_.ticks_behind_max;
    for (; group.next_tick <= due; ++group.next_tick) {
      EvaluateGroup(rollout, attempt, i, attempt.began + group.next_tick * interval, news);
    }
  }
  if (!attempt.gate_at || now - *attempt.gate_at >= settings_.gate_interval || !news.empty()) {
    JudgeGate(rollout, attempt, now, news);
  }
  return news;
}

void RuleJudge::EvaluateGroup(const JudgedRollout& rollout, Case& attempt, std::size_t index, Instant at,
                              std::vector<Judged>& news) {
  GroupCase& group = attempt.groups[index];
  const rules::Group& rules = groups_[index].group;
  const std::vector<metrics::RoleRow> rows = RoleRowsOf(*rollout.status.attempt, rollout.exposure, join_, at);
  const metrics::AttemptView view({rollout.name.ns.str(), rollout.name.name, ContainerOf(rollout)}, store_.Snapshot(), rows);
  SealingSource sealed(view);
  rules::Evaluation evaluation = rules::Evaluate(rules, std::move(group.state), sealed, Milliseconds(at));
  group.state = evaluation.state;
  if (group.firing_at_start.empty()) {
    // At the very start the canary has no samples: what fires then fires for somebody else.
    for (const rules::RuleState& state : evaluation.state.rules) {
      const bool fires = at == attempt.began && !state.alerts.empty();
      group.firing_at_start.push_back(fires ? rules::FiringAtStart::kYes : rules::FiringAtStart::kNo);
    }
  }
  const std::string samples = sealed.TakeBytes();
  const std::size_t before = news.size();
  for (std::size_t rule = 0; rule < rules.rules.size(); ++rule) {
    if (rules.rules[rule].kind != rules::RuleKind::kAlert) continue;
    TakeRule(rollout, attempt, index, rule, evaluation, view, at, news);
  }
  for (std::size_t i = before; i < news.size(); ++i) news[i].samples = samples;
}

void RuleJudge::TakeRule(const JudgedRollout& rollout, Case& attempt, std::size_t index, std::size_t rule,
                         const rules::Evaluation& evaluation, const metrics::Source& source, Instant at,
                         std::vector<Judged>& news) {
  const rules::Group& group = groups_[index].group;
  const std::vector<metrics::RoleRow> rows = RoleRowsOf(*rollout.status.attempt, rollout.exposure, join_, at);
  const rules::Standing standing = rules::StandingOf(group, rule, LabelsOfAttempt(rollout, rows), groups_[index].asks,
                                                     attempt.groups[index].firing_at_start[rule]);
  SignalView signal;
  signal.name = group.rules[rule].name;
  signal.counts = standing.kind != rules::StandingKind::kShown;
  signal.standing = standing.why;
  signal.at = join_.ToWall(at);
  rules::AttemptTime time;
  time.began_ms = Milliseconds(attempt.began);
  time.sample_interval_ms = std::chrono::duration_cast<std::chrono::milliseconds>(recorder_.SampleInterval()).count();
  signal.finding = rules::JudgeRule(group, rule, evaluation, source, time);
  const rules::RuleState& state = evaluation.state.rules[rule];
  if (rules::HasPhase(state, rules::AlertPhase::kPending)) signal.state = RuleState::kPending;
  if (rules::HasPhase(state, rules::AlertPhase::kFiring)) signal.state = RuleState::kFiring;
  const std::int64_t now_ms = Milliseconds(at);
  const Duration reach = std::min<Duration>(at - attempt.began, kFrozenWindow);
  const std::int64_t from_ms = now_ms - std::chrono::duration_cast<std::chrono::milliseconds>(reach).count();
  if (signal.finding.verdict == gate::Verdict::kPass && recorder_.HasGap(from_ms, now_ms)) {
    signal.finding.verdict = gate::Verdict::kNoEvidence;
    signal.finding.reason = signal.name + ": lines of the edge's log were lost in the window, so its numbers are too low.";
  }
  const std::string key = group.name + "/" + signal.name;
  if (signal.counts) {
    attempt.groups[index].counts = true;
    attempt.said[key] = {
        signal.name, signal.finding,
        standing.kind == rules::StandingKind::kCountsWhenFiring ? gate::Counting::kWhenFiring : gate::Counting::kAlways,
        rules::ReadsRestarts(group, rule)};
  } else {
    attempt.said.erase(key);
  }
  const auto last = attempt.signals.find(key);
  const bool is_news = last == attempt.signals.end() || last->second.finding.verdict != signal.finding.verdict ||
                       last->second.state != signal.state || last->second.counts != signal.counts;
  if (is_news) {
    Judged judged;
    judged.entry.kind = "gate.rule";
    judged.entry.message =
        signal.name + ": " + std::string(gate::VerdictName(signal.finding.verdict)) + ". " + signal.finding.reason;
    judged.entry.data = VerdictData(signal.finding);
    judged.entry.data.insert_or_assign("rule", Json(key));
    judged.entry.data.insert_or_assign("counts", Json(signal.counts));
    judged.entry.data.insert_or_assign("standing", Json(signal.standing));
    judged.entry.data.insert_or_assign("at", Json(WallText(signal.at)));
    news.push_back(std::move(judged));
  }
  attempt.signals[key] = std::move(signal);
}

// Of the rules that count: as often as the one that was asked least.
int RuleJudge::EvaluationsOf(const Case& attempt) {
  std::optional<std::int64_t> least;
  for (const GroupCase& group : attempt.groups) {
    if (group.counts) least = std::min(least.value_or(group.state.evaluations), group.state.evaluations);
  }
  return static_cast<int>(least.value_or(0));
}

void RuleJudge::JudgeGate(const JudgedRollout& rollout, Case& attempt, Instant now, std::vector<Judged>& news) {
  attempt.gate_at = now;
  const rollout::Attempt& judged = *rollout.status.attempt;
  gate::RolloutGateInput input;
  for (const auto& [key, said] : attempt.said) input.rules.push_back(said);
  if (analyses_ != nullptr) {
    for (const rollout::AnalysisSeen& seen : analyses_->Seen(rollout.name)) {
      if (seen.key.attempt != judged.id) continue;
      const std::string& name = rollout.spec.analyses[static_cast<std::size_t>(seen.key.analysis)];
      input.analyses.push_back({name, StandsOf(seen.phase), seen.measurements_passed, seen.message});
    }
  }
  for (const InstanceState& instance : rollout.instances) {
    if (instance.revision != judged.revision || instance.phase == InstancePhase::kStopping) continue;
    const auto before = attempt.restarts_at_start.find(instance.id);
    const int restarts = instance.restarts - (before == attempt.restarts_at_start.end() ? 0 : before->second);
    ++input.instances.canary;
    input.instances.canary_restarts += std::max(0, restarts);
    const bool is_first_start = instance.phase == InstancePhase::kStarting && instance.restarts == 0;
    if (!instance.ready && !is_first_start) ++input.instances.canary_down;
  }
  input.evaluations = EvaluationsOf(attempt);
  if (input.rules.empty()) {
    // Where no rule counts, an analysis' measurements are what was evaluated.
    for (const gate::AnalysisSaid& said : input.analyses) input.evaluations += said.measurements_passed;
  }
  input.canary_requests = static_cast<double>(recorder_.RequestsOf(rollout.name, judged.revision, judged.id));
  if (judged.baseline && judged.stage == rollout::Stage::kStepping) {
    input.hanging = recorder_.HangingOf(rollout.name, judged.revision, *judged.baseline, Milliseconds(attempt.began));
  }
  input.from = join_.ToWall(attempt.began);
  input.to = join_.ToWall(now);
  rollout::GateSeen seen{judged.id, gate::JudgeRollout(input)};
  if (!attempt.gate || attempt.gate->finding.verdict != seen.finding.verdict) {
    Judged told;
    told.entry.kind = "gate.verdict";
    told.entry.message =
        "The rollout gate says " + std::string(gate::VerdictName(seen.finding.verdict)) + ": " + seen.finding.reason;
    told.entry.data = VerdictData(seen.finding);
    news.push_back(std::move(told));
  }
  attempt.gate = std::move(seen);
}

void RuleJudge::Forget(const RolloutName& rollout) { cases_.erase(rollout); }

std::optional<rollout::GateSeen> RuleJudge::Gate(const RolloutName& rollout) const {
  const auto found = cases_.find(rollout);
  return found == cases_.end() ? std::nullopt : found->second->gate;
}

std::vector<SignalView> RuleJudge::Signals(const RolloutName& rollout) const {
  std::vector<SignalView> signals;
  const auto found = cases_.find(rollout);
  if (found == cases_.end()) return signals;
  for (const auto& [key, signal] : found->second->signals) signals.push_back(signal);
  if (found->second->gate) {
    signals.push_back({std::string(kGateSignal), true, "All that counts, taken together.", RuleState::kInactive,
                       found->second->gate->finding, join_.ToWall(*found->second->gate_at)});
  }
  return signals;
}

std::optional<Instant> RuleJudge::WakeAt(const RolloutName& rollout) const {
  const auto found = cases_.find(rollout);
  if (found == cases_.end() || !found->second->is_judged || !found->second->gate_at) return std::nullopt;
  Instant wake = *found->second->gate_at + settings_.gate_interval;
  for (std::size_t i = 0; i < found->second->groups.size(); ++i) {
    const Instant tick = found->second->began + found->second->groups[i].next_tick * IntervalOf(groups_[i].group);
    wake = std::min(wake, tick);
  }
  return wake;
}

}  // namespace tuesday::control
