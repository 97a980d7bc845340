// SPDX-License-Identifier: Apache-2.0
#include "app/cli/simulate/attempt_judge.h"

#include <algorithm>
#include <utility>

#include "control/gate/sides.h"
#include "control/metrics/roles.h"
#include "core/rules/reads.h"

namespace tuesday::cli::simulate {
namespace {

constexpr Duration kGateIntervalMax = std::chrono::seconds(15);
constexpr Duration kSampleStepMax = std::chrono::seconds(15);
constexpr Duration kStepLeast = std::chrono::seconds(1);
constexpr std::size_t kTicksPerMoment = 1'000;  // Every one that is due: the gate is asked as often as the quickest group.
constexpr int kSamplesPerWindow = 4;            // At least, in the shortest window that a rule looks at.

// 2 PM on a Tuesday, one hour after the virtual machine began.
const ClockJoin kJoin{Instant(std::chrono::hours(1)), WallTime(std::chrono::seconds(1'767'708'000))};

std::int64_t Milliseconds(Instant at) { return kJoin.ToWall(at).time_since_epoch().count(); }

Duration IntervalOf(const rules::Group& group) { return group.interval.value_or(rules::kDefaultInterval); }

Duration GateIntervalFor(const std::vector<judge::RuleGroup>& groups) {
  Duration interval = kGateIntervalMax;
  for (const judge::RuleGroup& group : groups) interval = std::min(interval, IntervalOf(group.group));
  return std::max(interval, kStepLeast);
}

Duration SampleStepFor(const std::vector<judge::RuleGroup>& groups) {
  Duration step = std::min(kSampleStepMax, GateIntervalFor(groups));
  for (const judge::RuleGroup& group : groups) {
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

}  // namespace

AttemptJudge::AttemptJudge(const PlayInput& input, const PlayedRollout& rollout, const Script& script, std::uint64_t seed)
    : input_(input),
      rollout_(rollout),
      script_(script),
      seed_(seed),
      sample_step_(SampleStepFor(input.groups)),
      gate_interval_(GateIntervalFor(input.groups)),
      analyses_(input.objects, script.answers, kJoin, [this](Instant at) { return ViewAt(at); }, [](const audit::Entry&) {}) {
  judge::Align(input_.groups, stands_);
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

void AttemptJudge::Take(const judge::Tick& tick, const rollout::SimulatedMoment& moment) {
  const RolloutName& name = rollout_.spec.name;
  const judge::RuleGroup& group = input_.groups[tick.group];
  judge::GroupCase& stood = stands_.groups[tick.group];
  const std::vector<metrics::RoleRow> rows = control::RoleRowsOf(attempt_, rollout_.exposure, kJoin, tick.at);
  const metrics::AttemptView view(control::IdentityOf(name), store_.Snapshot(), rows, nullptr, &role_labels_);
  const rules::AttemptLabels labels = control::LabelsOfAttempt(name, attempt_.id, rows);
  const rules::AttemptTime time{Milliseconds(attempt_.started_at),
                                std::chrono::duration_cast<std::chrono::milliseconds>(sample_step_).count()};
  for (const judge::AlertNews& news : judge::TakeTick(group, {view, labels, time, Milliseconds(tick.at)}, stood)) {
    const judge::AlertStands& alert = stood.alerts[news.alert];
    const rules::AlertPhase phase_before = news.before ? news.before->phase : rules::AlertPhase::kInactive;
    const bool failed_before = news.before && news.before->finding.verdict == gate::Verdict::kFail;
    if (alert.phase == phase_before && !failed_before) continue;
    const std::string_view counts = alert.standing.kind == rules::StandingKind::kShown ? " (only shown)" : "";
    Tell(moment, "gate.rule",
         group.group.rules[alert.rule].name + std::string(counts) + " is " + std::string(rules::AlertPhaseName(alert.phase)) +
             ".");
  }
}

gate::RolloutGateInput AttemptJudge::GateInput(const rollout::SimulatedMoment& moment) const {
  gate::RolloutGateInput input;
  judge::RulesSay say = judge::WhatRulesSay(input_.groups, stands_);
  input.rules = std::move(say.rules);
  input.evaluations = say.evaluations;
  input.analyses = control::AnalysesSay(analyses_.Seen(rollout_.spec.name), attempt_.id, rollout_.spec.analyses);
  for (const rollout::InstanceSeen& seen : *moment.instances) {
    if (seen.revision != attempt_.revision || seen.stopping) continue;
    ++input.instances.canary;
    input.instances.canary_restarts += seen.restarts;
    if (!seen.ready && seen.restarts > 0) ++input.instances.canary_down;
  }
  input.canary_requests = canary_requests();
  input.from = kJoin.ToWall(attempt_.started_at);
  input.to = kJoin.ToWall(moment.now);
  return input;
}

gate::Finding AttemptJudge::Gate(const rollout::SimulatedMoment& moment) {
  Advance(moment);
  for (const judge::Tick& tick : judge::DueTicks(input_.groups, stands_, attempt_.started_at, moment.now, kTicksPerMoment)) {
    Take(tick, moment);
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
