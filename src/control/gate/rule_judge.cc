// SPDX-License-Identifier: Apache-2.0
#include "control/gate/rule_judge.h"

#include <algorithm>
#include <utility>

#include "control/gate/sealing_source.h"
#include "control/gate/sides.h"
#include "control/metrics/roles.h"
#include "core/metrics/view.h"
#include "core/rules/reads.h"
#include "wire/state/judgement.h"

namespace tuesday::control {

// One attempt. What ticks made of it is never changed, only replaced: a worker may be reading it.
struct RuleJudge::Case {
  AttemptId attempt;
  Instant began;
  bool is_judged = true;      // False when it has ended: shown, but no longer looked at.
  std::uint64_t edition = 0;  // Of attempt and groups: what a worker did for another one is dropped.
  bool is_turning = false;    // A worker takes ticks.
  std::shared_ptr<const judge::AttemptCase> stands = std::make_shared<judge::AttemptCase>();
  std::shared_ptr<const Groups> groups;  // Those that `stands` is parallel to.
  std::map<InstanceId, int> restarts_at_start;
  std::vector<Judged> news;  // Since the last look.
  std::optional<rollout::GateSeen> gate;
  std::optional<Instant> gate_at;
  int ticks_unsaved = 0;
  std::string rules_row;                                                                       // `stands` encoded.
  std::shared_ptr<metrics::RoleLabels> role_labels = std::make_shared<metrics::RoleLabels>();  // The worker's.
  Memory memory;
  bool is_memory_old = false;  // `memory` has to be written anew.
};

// The ticks of one rollout that a worker takes in a row, with everything that they need.
struct RuleJudge::Turn {
  struct Planned {
    judge::Tick tick;
    std::vector<metrics::RoleRow> rows;
    bool has_gap = false;
  };
  std::uint64_t edition = 0;
  RolloutName rollout;
  AttemptId attempt;
  std::int64_t began_ms = 0;
  std::int64_t sample_interval_ms = 0;
  ClockJoin join;
  std::shared_ptr<const Groups> groups;
  std::shared_ptr<const metrics::Source> source;
  std::vector<Planned> ticks;
  std::shared_ptr<metrics::RoleLabels> role_labels;
  // Made by the worker.
  judge::AttemptCase stands;
  std::vector<Judged> news;
  std::string rules_row;

  void Take();
  void TakeOne(const Planned& planned);
};

namespace {

constexpr std::string_view kGateSignal = "tuesday/rollout-gate";

Json::Object VerdictData(const gate::Finding& finding) {
  Json::Array evidence;
  for (const gate::Evidence& item : finding.evidence) {
    evidence.push_back(
        Json::Object{{"what", item.what}, {"value", item.value}, {"from", WallText(item.from)}, {"to", WallText(item.to)}});
  }
  return {{"verdict", std::string(gate::VerdictName(finding.verdict))}, {"evidence", std::move(evidence)}};
}

bool Counts(const judge::AlertStands& alert) { return alert.standing.kind != rules::StandingKind::kShown; }

WallTime WallOf(std::int64_t ms) { return WallTime(std::chrono::milliseconds(ms)); }

audit::Entry EntryOf(const rules::Group& group, const judge::AlertStands& alert) {
  const std::string& name = group.rules[alert.rule].name;
  audit::Entry entry;
  entry.kind = "gate.rule";
  entry.message = name + ": " + std::string(gate::VerdictName(alert.finding.verdict)) + ". " + alert.finding.reason;
  entry.data = VerdictData(alert.finding);
  entry.data.insert_or_assign("rule", Json(group.name + "/" + name));
  entry.data.insert_or_assign("counts", Json(Counts(alert)));
  entry.data.insert_or_assign("standing", Json(alert.standing.why));
  entry.data.insert_or_assign("at", Json(WallText(WallOf(alert.at_ms))));
  return entry;
}

SignalView SignalOf(const rules::Group& group, const judge::AlertStands& alert) {
  SignalView signal;
  signal.name = group.rules[alert.rule].name;
  signal.counts = Counts(alert);
  signal.standing = alert.standing.why;
  if (alert.phase == rules::AlertPhase::kPending) signal.state = RuleState::kPending;
  if (alert.phase == rules::AlertPhase::kFiring) signal.state = RuleState::kFiring;
  signal.finding = alert.finding;
  signal.at = WallOf(alert.at_ms);
  return signal;
}

}  // namespace

void RuleJudge::Turn::Take() {
  for (const Planned& planned : ticks) TakeOne(planned);
  rules_row = state::Encode(state::RulesCaseRecord{attempt, stands});
}

void RuleJudge::Turn::TakeOne(const Planned& planned) {
  const judge::RuleGroup& group = (*groups)[planned.tick.group];
  judge::GroupCase& stood = stands.groups[planned.tick.group];
  const metrics::AttemptView view(IdentityOf(rollout), source, planned.rows, nullptr, role_labels.get());
  SealingSource sealed(view);
  const std::int64_t at_ms = join.ToWall(planned.tick.at).time_since_epoch().count();
  const rules::AttemptLabels labels = LabelsOfAttempt(rollout, attempt, planned.rows);
  const judge::TickInput input{sealed, labels, {began_ms, sample_interval_ms}, at_ms, planned.has_gap};
  const std::vector<judge::AlertNews> changed = judge::TakeTick(group, input, stood);
  if (changed.empty()) return;
  const std::string samples = sealed.TakeBytes();
  for (const judge::AlertNews& alert : changed) news.push_back({EntryOf(group.group, stood.alerts[alert.alert]), samples});
}

RuleJudge::RuleJudge(JudgeParts parts, JudgeSettings settings)
    : parts_(std::move(parts)), settings_(settings), self_(std::make_shared<RuleJudge*>(this)) {}

RuleJudge::~RuleJudge() { *self_ = nullptr; }

void RuleJudge::SetRules(const std::vector<manifest::Object>& rules) {
  groups_ = std::make_shared<const Groups>(GroupsOf(rules));
}

void RuleJudge::Begin(const JudgedRollout& rollout, Case& attempt) {
  const rollout::Attempt& judged = *rollout.status.attempt;
  if (attempt.attempt != judged.id || attempt.began != judged.started_at) {
    const std::uint64_t version = attempt.memory.version;
    attempt = Case();
    attempt.memory.version = version;
    attempt.attempt = judged.id;
    attempt.began = judged.started_at;
    for (const InstanceState& instance : rollout.instances) attempt.restarts_at_start[instance.id] = instance.restarts;
    attempt.is_memory_old = true;
  }
  if (attempt.groups == groups_) return;
  judge::AttemptCase aligned = *attempt.stands;
  judge::Align(*groups_, aligned);
  attempt.stands = std::make_shared<const judge::AttemptCase>(std::move(aligned));
  attempt.groups = groups_;
  attempt.is_turning = false;
  attempt.edition = ++last_edition_;
}

// In the bake the predecessor's last window is looked at too, as long as it is kept.
Duration RuleJudge::ReachOf(const rules::Group& group, const rollout::Attempt& attempt) {
  const std::optional<std::int64_t> reach_ms = rules::ReachMsOf(group);
  if (attempt.promoted_at || !reach_ms) return kFrozenWindow;
  return std::min<Duration>(std::chrono::milliseconds(*reach_ms), kFrozenWindow);
}

std::shared_ptr<RuleJudge::Turn> RuleJudge::TurnOf(const JudgedRollout& rollout, Case& attempt, Instant now) const {
  auto turn = std::make_shared<Turn>();
  turn->stands = *attempt.stands;
  for (const judge::Tick& tick : judge::DueTicks(*groups_, turn->stands, attempt.began, now, settings_.ticks_per_turn_max)) {
    Turn::Planned& planned = turn->ticks.emplace_back();
    planned.tick = tick;
    planned.rows = RoleRowsOf(*rollout.status.attempt, rollout.exposure, parts_.join, tick.at);
    const Duration reach = std::min(tick.at - attempt.began, ReachOf((*groups_)[tick.group].group, *rollout.status.attempt));
    planned.has_gap = parts_.recorder.HasGap(Milliseconds(tick.at - reach), Milliseconds(tick.at));
  }
  if (turn->ticks.empty()) return nullptr;
  turn->edition = attempt.edition;
  turn->rollout = rollout.name;
  turn->attempt = attempt.attempt;
  turn->began_ms = Milliseconds(attempt.began);
  turn->sample_interval_ms = std::chrono::duration_cast<std::chrono::milliseconds>(parts_.recorder.SampleInterval()).count();
  turn->join = parts_.join;
  turn->groups = groups_;
  turn->role_labels = attempt.role_labels;
  turn->source = parts_.store.Snapshot();
  return turn;
}

void RuleJudge::Start(const RolloutName& name, Case& attempt, std::shared_ptr<Turn> turn) {
  attempt.is_turning = true;
  parts_.executor.Run(
      "judge " + name.Text(), [turn] { turn->Take(); },
      [self = self_, turn] {
        if (*self != nullptr) (*self)->TakeIn(turn->rollout, *turn);
      });
}

void RuleJudge::TakeIn(const RolloutName& name, const Turn& turn) {
  const auto found = cases_.find(name);
  if (found == cases_.end() || found->second->edition != turn.edition) return;
  Case& attempt = *found->second;
  attempt.is_turning = false;
  attempt.stands = std::make_shared<const judge::AttemptCase>(turn.stands);
  attempt.rules_row = turn.rules_row;
  attempt.news.insert(attempt.news.end(), turn.news.begin(), turn.news.end());
  attempt.ticks_unsaved += static_cast<int>(turn.ticks.size());
  attempt.is_memory_old = true;
  attempt.gate_at.reset();
  parts_.changed(name);
}

std::vector<Judged> RuleJudge::Look(const JudgedRollout& rollout, Instant now) {
  if (!rollout.status.attempt || !IsJudged(*rollout.status.attempt)) {
    const auto ended = cases_.find(rollout.name);
    if (ended == cases_.end()) return {};
    if (std::exchange(ended->second->is_judged, false)) ended->second->is_memory_old = true;
    return std::exchange(ended->second->news, {});
  }
  std::unique_ptr<Case>& found = cases_[rollout.name];
  if (!found) found = std::make_unique<Case>();
  Case& attempt = *found;
  Begin(rollout, attempt);
  attempt.is_judged = true;
  if (!attempt.is_turning) {
    if (std::shared_ptr<Turn> turn = TurnOf(rollout, attempt, now)) Start(rollout.name, attempt, std::move(turn));
  }
  if (!attempt.gate_at || now - *attempt.gate_at >= settings_.gate_interval) JudgeGate(rollout, attempt, now);
  return std::exchange(attempt.news, {});
}

gate::RolloutGateInput RuleJudge::GateInput(const JudgedRollout& rollout, const Case& attempt, Instant now) const {
  const rollout::Attempt& judged = *rollout.status.attempt;
  gate::RolloutGateInput input;
  judge::RulesSay say = judge::WhatRulesSay(*attempt.groups, *attempt.stands);
  input.rules = std::move(say.rules);
  input.evaluations = say.evaluations;
  if (parts_.analyses != nullptr) {
    input.analyses = AnalysesSay(parts_.analyses->Seen(rollout.name), judged.id, rollout.spec.analyses);
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
  input.canary_requests = static_cast<double>(parts_.recorder.RequestsOf(rollout.name, judged.revision, judged.id));
  if (judged.baseline && judged.stage == rollout::Stage::kStepping) {
    input.hanging = parts_.recorder.HangingOf(rollout.name, judged.revision, *judged.baseline, Milliseconds(attempt.began));
  }
  input.from = parts_.join.ToWall(attempt.began);
  input.to = parts_.join.ToWall(now);
  return input;
}

void RuleJudge::JudgeGate(const JudgedRollout& rollout, Case& attempt, Instant now) {
  attempt.gate_at = now;
  rollout::GateSeen seen{attempt.attempt, gate::JudgeRollout(GateInput(rollout, attempt, now))};
  if (!attempt.gate || attempt.gate->finding.verdict != seen.finding.verdict) {
    Judged told;
    told.entry.kind = "gate.verdict";
    told.entry.message =
        "The rollout gate says " + std::string(gate::VerdictName(seen.finding.verdict)) + ": " + seen.finding.reason;
    told.entry.data = VerdictData(seen.finding);
    attempt.news.push_back(std::move(told));
    attempt.is_memory_old = true;
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
  if (found == cases_.end() || !found->second->groups) return signals;
  const Case& attempt = *found->second;
  for (std::size_t i = 0; i < attempt.stands->groups.size(); ++i) {
    for (const judge::AlertStands& alert : attempt.stands->groups[i].alerts) {
      signals.push_back(SignalOf((*attempt.groups)[i].group, alert));
    }
  }
  if (attempt.gate) {
    const Instant at = attempt.gate_at.value_or(attempt.began);
    signals.push_back({std::string(kGateSignal), true, "All that counts, taken together.", RuleState::kInactive,
                       attempt.gate->finding, parts_.join.ToWall(at)});
  }
  return signals;
}

std::optional<Instant> RuleJudge::WakeAt(const RolloutName& rollout) const {
  const auto found = cases_.find(rollout);
  if (found == cases_.end() || !found->second->is_judged || !found->second->groups) return std::nullopt;
  const Case& attempt = *found->second;
  std::optional<Instant> wake;
  if (attempt.gate_at) wake = *attempt.gate_at + settings_.gate_interval;
  if (attempt.is_turning) return wake;
  const std::optional<Instant> tick = judge::NextTickAt(*attempt.groups, *attempt.stands, attempt.began);
  return tick && (!wake || *tick < *wake) ? tick : wake;
}

const Memory* RuleJudge::MemoryOf(const RolloutName& rollout) {
  const auto found = cases_.find(rollout);
  if (found == cases_.end()) return nullptr;
  Case& attempt = *found->second;
  if (std::exchange(attempt.is_memory_old, false)) {
    const std::string table(state::kJudgeTable);
    state::JudgementRecord record{attempt.attempt, attempt.began, attempt.restarts_at_start, std::nullopt};
    if (attempt.gate) record.gate = attempt.gate->finding;
    ++attempt.memory.version;
    attempt.memory.rows = {{table, rollout.Text(), attempt.is_judged ? state::Encode(record) : ""},
                           {table, state::RulesCaseKey(rollout), attempt.is_judged ? attempt.rules_row : ""}};
    attempt.memory.is_due = !attempt.is_judged || attempt.ticks_unsaved >= settings_.ticks_unsaved_max;
    if (attempt.memory.is_due) attempt.ticks_unsaved = 0;
  }
  return &attempt.memory;
}

Result<void> RuleJudge::Restore(const RolloutName& rollout, const std::vector<Row>& rows, const std::string&, Instant) {
  auto restored = std::make_unique<Case>();
  for (const Row& row : rows) {
    if (row.table != state::kJudgeTable) continue;
    if (row.key == state::RulesCaseKey(rollout)) {
      TRY(state::RulesCaseRecord rules, state::DecodeRulesCase(row.value));
      restored->stands = std::make_shared<const judge::AttemptCase>(std::move(rules.stands));
      restored->rules_row = row.value;
    } else {
      TRY(state::JudgementRecord record, state::DecodeJudgement(row.value));
      restored->attempt = record.attempt;
      restored->began = record.began;
      restored->restarts_at_start = std::move(record.restarts_at_start);
      if (record.gate) restored->gate = {record.attempt, *std::move(record.gate)};
    }
  }
  if (!restored->attempt.str().empty()) cases_[rollout] = std::move(restored);
  return {};
}

}  // namespace tuesday::control
