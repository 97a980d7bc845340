// SPDX-License-Identifier: Apache-2.0
#include "app/cli/simulate/attempt_judge.h"

#include <algorithm>
#include <utility>

#include "app/cli/simulate/remembering_source.h"
#include "control/metrics/roles.h"
#include "core/rules/reads.h"

namespace tuesday::cli::simulate {
namespace {

constexpr Duration kGateIntervalMax = std::chrono::seconds(15);
constexpr Duration kSampleStepMax = std::chrono::seconds(15);
constexpr Duration kStepLeast = std::chrono::seconds(1);
constexpr int kSamplesPerWindow = 4;  // At least, in the shortest window that a rule looks at.

// 2 PM on a Tuesday, one hour after the virtual machine began.
const ClockJoin kJoin{Instant(std::chrono::hours(1)), WallTime(std::chrono::seconds(1'767'708'000))};

std::int64_t Milliseconds(Instant at) { return kJoin.ToWall(at).time_since_epoch().count(); }

Duration IntervalOf(const rules::Group& group) { return group.interval.value_or(rules::kDefaultInterval); }

Duration GateIntervalFor(const std::vector<PlayedGroup>& groups) {
  Duration interval = kGateIntervalMax;
  for (const PlayedGroup& group : groups) interval = std::min(interval, IntervalOf(group.group));
  return std::max(interval, kStepLeast);
}

Duration SampleStepFor(const std::vector<PlayedGroup>& groups) {
  Duration step = std::min(kSampleStepMax, GateIntervalFor(groups));
  for (const PlayedGroup& group : groups) {
    for (const rules::Rule& rule : group.group.rules) {
      for (const rules::SelectorUse& use : rules::SelectorsOf(*rule.expr)) {
        if (use.range_ms) step = std::min<Duration>(step, std::chrono::milliseconds(*use.range_ms / kSamplesPerWindow));
      }
    }
  }
  return std::max(step, kStepLeast);
}

control::Owner OwnerOf(const RolloutName& name, const RevisionId& revision, const AttemptId& attempt) {
  return {name, revision, name.name + "-" + revision.str() + "-0", attempt};
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

rules::AlertPhase PhaseOf(const rules::RuleState& state) {
  if (rules::HasPhase(state, rules::AlertPhase::kFiring)) return rules::AlertPhase::kFiring;
  return rules::HasPhase(state, rules::AlertPhase::kPending) ? rules::AlertPhase::kPending : rules::AlertPhase::kInactive;
}

}  // namespace

AttemptJudge::AttemptJudge(const PlayInput& input, const PlayedRollout& rollout, const Script& script, std::uint64_t seed)
    : input_(input),
      rollout_(rollout),
      script_(script),
      seed_(seed),
      sample_step_(SampleStepFor(input.groups)),
      gate_interval_(GateIntervalFor(input.groups)),
      analyses_(input.objects, kJoin, [this](Instant at) { return ViewAt(at); }, [](const audit::Entry&) {}) {
  for (const PlayedGroup& group : input_.groups) {
    GroupCase& made = groups_.emplace_back();
    made.rules.resize(group.group.rules.size());
    for (std::size_t i = 0; i < made.rules.size(); ++i) made.rules[i].reads_restarts = rules::ReadsRestarts(group.group, i);
  }
}

int AttemptJudge::RestartsOf(const rollout::SimulatedMoment& moment) const {
  int restarts = 0;
  for (const rollout::InstanceSeen& seen : *moment.instances) {
    if (seen.revision == moment.judged->revision) restarts += seen.restarts;
  }
  return restarts;
}

void AttemptJudge::Advance(const rollout::SimulatedMoment& moment) {
  attempt_ = *moment.judged;
  if (!traffic_) {
    const RolloutName& name = rollout_.spec.name;
    TrafficPlan plan{OwnerOf(name, attempt_.revision, attempt_.id), OwnerOf(name, *attempt_.baseline, AttemptId("none")),
                     attempt_.started_at, sample_step_, kJoin};
    traffic_.emplace(std::move(plan), script_, seed_, store_);
  }
  traffic_->Advance(moment.now, moment.weight, RestartsOf(moment));
}

std::shared_ptr<const metrics::Source> AttemptJudge::ViewAt(Instant at) const {
  if (!traffic_) return nullptr;
  const RolloutName& name = rollout_.spec.name;
  return std::make_shared<metrics::AttemptView>(metrics::ViewIdentity{name.ns.str(), name.name, name.name}, store_.Snapshot(),
                                                control::RoleRowsOf(attempt_, rollout_.exposure, kJoin, at));
}

void AttemptJudge::Tell(const rollout::SimulatedMoment& moment, std::string kind, std::string message) {
  rollout::SimulatedEvent& event = events_.emplace_back();
  event.at = moment.since_attempt;
  event.kind = std::move(kind);
  event.message = std::move(message);
  event.step = moment.judged->step;
  event.weight = moment.weight;
  event.canary_instances = moment.canary_instances;
  event.stable_instances = moment.stable_instances;
  event.verdict = verdict_;
}

rules::Standing AttemptJudge::StandingOf(std::size_t index, std::size_t rule, bool fires_at_start, Instant at) const {
  const RolloutName& name = rollout_.spec.name;
  rules::AttemptLabels labels;
  labels.metrics = rules::OwnMetrics();
  for (const metrics::RoleRow& row : control::RoleRowsOf(attempt_, rollout_.exposure, kJoin, at)) {
    const metrics::Labels own =
        control::LabelsOf(OwnerOf(name, RevisionId(row.revision), attempt_.id), "up").With(metrics::kNameLabel, "");
    (row.canary ? labels.canary : labels.stable).push_back(metrics::WithRole(own, row, name.name));
  }
  return rules::StandingOf(input_.groups[index].group, rule, labels, input_.groups[index].asks,
                           fires_at_start ? rules::FiringAtStart::kYes : rules::FiringAtStart::kNo);
}

void AttemptJudge::Evaluate(std::size_t index, Instant at, const rollout::SimulatedMoment& moment) {
  GroupCase& group = groups_[index];
  const rules::Group& rules = input_.groups[index].group;
  const std::shared_ptr<const metrics::Source> view = ViewAt(at);
  const RememberingSource source(*view);
  rules::Evaluation evaluation = rules::Evaluate(rules, std::move(group.state), source, Milliseconds(at));
  for (std::size_t rule = 0; rule < rules.rules.size(); ++rule) {
    if (rules.rules[rule].kind == rules::RuleKind::kAlert) TakeRule(index, rule, evaluation, source, at, moment);
  }
  group.state = std::move(evaluation.state);
}

void AttemptJudge::TakeRule(std::size_t index, std::size_t rule, const rules::Evaluation& evaluation,
                            const metrics::Source& view, Instant at, const rollout::SimulatedMoment& moment) {
  const rules::Group& group = input_.groups[index].group;
  RuleCase& judged = groups_[index].rules[rule];
  if (!judged.standing) {
    // At the very start the canary has no samples: what fires then fires for somebody else.
    const bool fires = at == attempt_.started_at && !evaluation.state.rules[rule].alerts.empty();
    judged.standing = StandingOf(index, rule, fires, at);
    if (judged.standing->kind != rules::StandingKind::kShown) groups_[index].counts = true;
  }
  const rules::AttemptTime time{Milliseconds(attempt_.started_at),
                                std::chrono::duration_cast<std::chrono::milliseconds>(sample_step_).count()};
  const gate::Verdict before = judged.finding.verdict;
  judged.finding = rules::JudgeRule(group, rule, evaluation, view, time);
  const rules::AlertPhase phase = PhaseOf(evaluation.state.rules[rule]);
  const bool is_news = phase != judged.phase || (judged.finding.verdict != before && before == gate::Verdict::kFail);
  judged.phase = phase;
  if (!is_news) return;
  const std::string_view counts = judged.standing->kind == rules::StandingKind::kShown ? " (only shown)" : "";
  Tell(moment, "gate.rule",
       group.rules[rule].name + std::string(counts) + " is " + std::string(rules::AlertPhaseName(phase)) + ".");
}

gate::RolloutGateInput AttemptJudge::GateInput(const rollout::SimulatedMoment& moment) const {
  gate::RolloutGateInput input;
  std::optional<std::int64_t> evaluations;
  for (std::size_t index = 0; index < groups_.size(); ++index) {
    const GroupCase& group = groups_[index];
    if (group.counts) evaluations = std::min(evaluations.value_or(group.state.evaluations), group.state.evaluations);
    for (std::size_t rule = 0; rule < group.rules.size(); ++rule) {
      const RuleCase& said = group.rules[rule];
      if (!said.standing || said.standing->kind == rules::StandingKind::kShown) continue;
      const bool when_firing = said.standing->kind == rules::StandingKind::kCountsWhenFiring;
      input.rules.push_back({input_.groups[index].group.rules[rule].name, said.finding,
                             when_firing ? gate::Counting::kWhenFiring : gate::Counting::kAlways, said.reads_restarts});
    }
  }
  for (const rollout::AnalysisSeen& seen : analyses_.Seen(rollout_.spec.name)) {
    if (seen.key.attempt != attempt_.id) continue;
    const std::string& name = rollout_.spec.analyses[static_cast<std::size_t>(seen.key.analysis)];
    input.analyses.push_back({name, StandsOf(seen.phase), seen.measurements_passed, seen.message});
  }
  for (const rollout::InstanceSeen& seen : *moment.instances) {
    if (seen.revision != attempt_.revision || seen.stopping) continue;
    ++input.instances.canary;
    input.instances.canary_restarts += seen.restarts;
    if (!seen.ready && seen.restarts > 0) ++input.instances.canary_down;
  }
  input.evaluations = static_cast<int>(evaluations.value_or(0));
  if (input.rules.empty()) {
    // Where no rule counts, an analysis' measurements are what was evaluated.
    for (const gate::AnalysisSaid& said : input.analyses) input.evaluations += said.measurements_passed;
  }
  input.canary_requests = canary_requests();
  input.from = kJoin.ToWall(attempt_.started_at);
  input.to = kJoin.ToWall(moment.now);
  return input;
}

gate::Finding AttemptJudge::Gate(const rollout::SimulatedMoment& moment) {
  Advance(moment);
  for (std::size_t index = 0; index < groups_.size(); ++index) {
    const Duration interval = IntervalOf(input_.groups[index].group);
    const std::int64_t due = (moment.now - attempt_.started_at) / interval;
    for (; groups_[index].next_tick <= due; ++groups_[index].next_tick) {
      Evaluate(index, attempt_.started_at + groups_[index].next_tick * interval, moment);
    }
  }
  gate::Finding finding = gate::JudgeRollout(GateInput(moment));
  const bool is_news = !was_asked_ || finding.verdict != verdict_;
  was_asked_ = true;
  verdict_ = finding.verdict;
  if (is_news) {
    Tell(moment, "gate.verdict", "The rollout gate says " + std::string(gate::VerdictName(verdict_)) + ": " + finding.reason);
  }
  return finding;
}

void AttemptJudge::Target(const rollout::AnalysisTarget& target, Instant now) {
  rollout::Status status;
  status.stable = attempt_.baseline;
  const std::vector<InstanceState> instances;
  analyses_.Target({rollout_.spec.name, rollout_.spec, status, rollout_.exposure, instances}, target, now);
}

std::vector<rollout::AnalysisSeen> AttemptJudge::Seen(const rollout::SimulatedMoment& moment) {
  Advance(moment);
  analyses_.RunUntil(moment.now);
  return analyses_.Seen(rollout_.spec.name);
}

}  // namespace tuesday::cli::simulate
