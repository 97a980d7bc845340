// SPDX-License-Identifier: Apache-2.0
#include "control/judging/live_judge.h"

#include <fmt/format.h>

#include <algorithm>

#include "control/judging/roles.h"

namespace tuesday::control {
namespace {

// Of the instances' signals and of hanging requests while an attempt is judged.
constexpr Duration kLookInterval = std::chrono::seconds(1);

std::int64_t MsOf(WallTime time) { return time.time_since_epoch().count(); }

metrics::Labels OwnLabels(const JudgedRollout& rollout, const InstanceState& instance) {
  return {{"namespace", rollout.name.ns.str()},
          {"rollout", rollout.name.name},
          {"revision", instance.revision.str()},
          {"instance", instance.id.str()}};
}

// The labels of one instance of a role, made up where none runs yet: standing must not depend on timing.
metrics::Labels LabelsOf(const JudgedRollout& rollout, const RevisionId& revision, bool canary) {
  InstanceState instance;
  instance.id = InstanceId(rollout.name.name + "-" + revision.str() + "-0");
  instance.revision = revision;
  for (const InstanceState& seen : rollout.instances) {
    if (seen.revision == revision) {
      instance.id = seen.id;
      break;
    }
  }
  metrics::RoleRow row{.revision = revision.str(),
                       .canary = canary,
                       .service = canary ? rollout.exposure.canary_service : rollout.exposure.stable_service};
  return metrics::WithRole(OwnLabels(rollout, instance), row, rollout.name.name);
}

gate::RuleSaid SaidOf(const JudgedRule& rule) {
  return {
      .name = rule.name,
      .finding = rule.finding,
      .counting = rule.standing.kind == rules::StandingKind::kCounts ? gate::Counting::kAlways : gate::Counting::kWhenFiring,
      .reads_restarts = rule.reads_restarts};
}

}  // namespace

void LiveJudge::SetRules(const std::vector<manifest::Object>& objects) {
  rules_.clear();
  rule_findings_.clear();
  for (const manifest::Object& object : objects) {
    const auto* body = std::get_if<manifest::PrometheusRule>(&object.body);
    if (body == nullptr) continue;
    rules::ReadGroupsResult read = rules::ReadGroups(body->spec, object.at.file);
    rule_findings_.insert(rule_findings_.end(), read.findings.begin(), read.findings.end());
    const auto asked = object.metadata.annotations.find(std::string(rules::kRollbackAnnotation));
    const bool asks = asked != object.metadata.annotations.end() && asked->second == "true";
    for (rules::Group& group : read.groups) {
      rules_.push_back(
          {std::make_shared<const rules::Group>(std::move(group)), asks ? rules::ObjectAsks::kYes : rules::ObjectAsks::kNo});
    }
  }
}

std::vector<Judged> LiveJudge::Look(const JudgedRollout& rollout, Instant now) {
  const auto found = cases_.find(rollout.name);
  if (!IsJudged(rollout.status)) {
    if (found != cases_.end()) found->second.over = true;
    return {};
  }
  Case& entry = cases_[rollout.name];
  if (entry.attempt != rollout.status.attempt->id) {
    entry = Case();
    Begin(rollout, entry);
  }
  Update(rollout, entry);
  Schedule(rollout.name, entry, now);
  Combine(rollout.name, entry, now);
  return std::exchange(entry.told, {});
}

void LiveJudge::Begin(const JudgedRollout& rollout, Case& entry) {
  entry.attempt = rollout.status.attempt->id;
  entry.identity = {rollout.name.ns.str(), rollout.name.name, rollout.name.name};
  for (const RuleObject& rule : rules_)
    entry.groups.push_back({.group = rule.group, .asks = rule.asks, .state = {}, .firing_at_start = {}});
  entry.rules.resize(entry.groups.size());
  for (const InstanceState& instance : rollout.instances) {
    // Of one that began with the attempt every restart counts, also those before we looked.
    const bool older = instance.started_at < rollout.status.attempt->started_at;
    if (older) entry.restarts_before[instance.id] = instance.restarts;
  }
}

void LiveJudge::Update(const JudgedRollout& rollout, Case& entry) {
  entry.status = rollout.status;
  entry.exposure = rollout.exposure;
  const rollout::Attempt& attempt = *rollout.status.attempt;
  entry.labels.canary = {LabelsOf(rollout, attempt.revision, true)};
  entry.labels.stable = {LabelsOf(rollout, *attempt.baseline, false)};
  entry.labels.metrics = rules::OwnMetrics();
  CountRestarts(rollout, entry);
}

void LiveJudge::CountRestarts(const JudgedRollout& rollout, Case& entry) {
  entry.instances = {};
  for (const InstanceState& instance : rollout.instances) {
    if (instance.revision != rollout.status.attempt->revision) continue;
    if (instance.phase == InstancePhase::kStopping || instance.phase == InstancePhase::kStopped) continue;
    ++entry.instances.canary;
    const auto before = entry.restarts_before.find(instance.id);
    const int restarts = instance.restarts - (before == entry.restarts_before.end() ? 0 : before->second);
    entry.instances.canary_restarts += std::max(0, restarts);
    if (!instance.ready && (restarts > 0 || instance.phase == InstancePhase::kBackOff)) ++entry.instances.canary_down;
    if (instance.ready_since.has_value()) {
      const Instant since = std::max(*instance.ready_since, rollout.status.attempt->started_at);
      if (!entry.evidence_from.has_value() || since < *entry.evidence_from) entry.evidence_from = since;
    }
  }
}

std::optional<Instant> LiveJudge::NextTick(const Case& entry) const {
  std::optional<Instant> next;
  for (const GroupRun& run : entry.groups) {
    const Instant tick = entry.status.attempt->started_at + std::chrono::milliseconds(run.ticks * IntervalMsOf(*run.group));
    if (!next.has_value() || tick < *next) next = tick;
  }
  return next;
}

void LiveJudge::Schedule(const RolloutName& name, Case& entry, Instant now) {
  const std::optional<Instant> next = NextTick(entry);
  if (entry.evaluating || !next.has_value() || *next > now) return;
  entry.evaluating = true;
  EvaluationInput input;
  input.identity = entry.identity;
  input.snapshot = parts_.snapshot();
  input.labels = entry.labels;
  input.began_ms = MsOf(parts_.wall(entry.status.attempt->started_at));
  input.evidence_ms = MsOf(parts_.wall(entry.evidence_from.value_or(entry.status.attempt->started_at)));
  input.now_ms = MsOf(parts_.wall(now));
  input.groups = entry.groups;
  for (const auto& group : entry.rules) {
    std::vector<gate::Verdict>& last = input.last.emplace_back();
    for (const JudgedRule& rule : group) last.push_back(rule.finding.verdict);
  }
  input.rows = [status = entry.status, exposure = entry.exposure, now, now_ms = input.now_ms](std::int64_t at_ms) {
    const Instant at = now + std::chrono::milliseconds(at_ms - now_ms);
    return RoleRows(status, exposure, at, [now, now_ms](Instant instant) {
      return WallTime(std::chrono::milliseconds(now_ms) + std::chrono::duration_cast<std::chrono::milliseconds>(instant - now));
    });
  };
  auto output = std::make_shared<EvaluationOutput>();
  auto shared_input = std::make_shared<EvaluationInput>(std::move(input));
  parts_.executor.Run(
      "judge " + name.Text(), [output, shared_input] { *output = EvaluateTicks(std::move(*shared_input)); },
      [self = self_, name, attempt = entry.attempt, output] {
        if (*self != nullptr) (*self)->Take(name, attempt, std::move(*output));
      });
}

void LiveJudge::Take(const RolloutName& name, const AttemptId& attempt, EvaluationOutput output) {
  const auto found = cases_.find(name);
  if (found == cases_.end() || found->second.attempt != attempt) return;
  Case& entry = found->second;
  entry.evaluating = false;
  if (entry.over) return;
  const std::vector<std::vector<JudgedRule>> before = entry.rules;
  entry.groups = std::move(output.groups);
  entry.canary_requests = output.canary_requests;
  for (std::size_t i = 0; i < output.rules.size(); ++i) {
    if (!output.rules[i].empty()) entry.rules[i] = std::move(output.rules[i]);
  }
  TellRules(entry, before);
  parts_.changed(name);
}

void LiveJudge::TellRules(Case& entry, const std::vector<std::vector<JudgedRule>>& before) {
  for (std::size_t g = 0; g < entry.rules.size(); ++g) {
    for (std::size_t r = 0; r < entry.rules[g].size(); ++r) {
      JudgedRule& rule = entry.rules[g][r];
      const bool known = g < before.size() && r < before[g].size();
      if (known && before[g][r].finding.verdict == rule.finding.verdict && before[g][r].pending == rule.pending) continue;
      Judged judged;
      judged.entry = {"gate.rule",
                      fmt::format("{}: {}. {}", rule.name, gate::VerdictName(rule.finding.verdict), rule.finding.reason),
                      {{"rule", rule.name},
                       {"verdict", gate::VerdictName(rule.finding.verdict)},
                       {"state", rule.firing    ? "firing"
                                 : rule.pending ? "pending"
                                                : "inactive"},
                       {"reason", rule.finding.reason},
                       {"standing", rule.standing.why},
                       {"counts", rule.standing.kind != rules::StandingKind::kShown},
                       {"at", WallText(WallTime(std::chrono::milliseconds(rule.at_ms)))}}};
      Json::Array evidence;
      for (const gate::Evidence& item : rule.finding.evidence) {
        evidence.emplace_back(
            Json::Object{{"what", item.what}, {"value", item.value}, {"from", WallText(item.from)}, {"to", WallText(item.to)}});
      }
      judged.entry.data["evidence"] = std::move(evidence);
      judged.samples = std::exchange(rule.samples, {});
      entry.told.push_back(std::move(judged));
    }
  }
}

gate::RolloutGateInput LiveJudge::InputOf(const RolloutName& name, const Case& entry, Instant now) const {
  gate::RolloutGateInput input;
  int evaluations = -1;
  for (std::size_t g = 0; g < entry.rules.size(); ++g) {
    bool counts = false;
    for (const JudgedRule& rule : entry.rules[g]) {
      if (rule.standing.kind == rules::StandingKind::kShown) continue;
      counts |= rule.standing.kind == rules::StandingKind::kCounts;
      input.rules.push_back(SaidOf(rule));
    }
    if (counts)
      evaluations = evaluations < 0 ? entry.groups[g].evaluations : std::min(evaluations, entry.groups[g].evaluations);
  }
  if (analyses_) {
    for (const AnalysisSignal& signal : analyses_(name)) {
      if (signal.attempt == entry.attempt) input.analyses.push_back(signal.said);
    }
  }
  input.instances = entry.instances;
  input.evaluations = std::max(0, evaluations);
  input.canary_requests = entry.canary_requests;
  input.to = parts_.wall(now);
  input.from = std::max(parts_.wall(entry.status.attempt->started_at), input.to - std::chrono::milliseconds(kEvidenceWindowMs));
  return input;
}

void LiveJudge::Combine(const RolloutName& name, Case& entry, Instant now) {
  gate::Finding finding = gate::JudgeRollout(InputOf(name, entry, now));
  if (finding.verdict != entry.finding.verdict) {
    entry.told.push_back({{"gate.verdict",
                           fmt::format("The rollout gate: {}. {}", gate::VerdictName(finding.verdict), finding.reason),
                           {{"verdict", gate::VerdictName(finding.verdict)}, {"reason", finding.reason}}},
                          ""});
  }
  entry.finding = std::move(finding);
}

std::optional<rollout::GateSeen> LiveJudge::Gate(const RolloutName& rollout) const {
  const auto found = cases_.find(rollout);
  if (found == cases_.end()) return std::nullopt;
  return rollout::GateSeen{found->second.attempt, found->second.finding};
}

std::vector<SignalView> LiveJudge::Signals(const RolloutName& rollout) const {
  std::vector<SignalView> views;
  const auto found = cases_.find(rollout);
  if (found == cases_.end()) return views;
  for (const auto& group : found->second.rules) {
    for (const JudgedRule& rule : group) {
      const RuleState state = rule.firing ? RuleState::kFiring : rule.pending ? RuleState::kPending : RuleState::kInactive;
      views.push_back({rule.name, rule.standing.kind != rules::StandingKind::kShown, rule.standing.why, state, rule.finding,
                       WallTime(std::chrono::milliseconds(rule.at_ms))});
    }
  }
  if (analyses_) {
    for (const AnalysisSignal& signal : analyses_(rollout)) {
      if (signal.attempt != found->second.attempt) continue;
      views.push_back(
          {signal.said.name, true, "It is an analysis of this rollout.", RuleState::kInactive, signal.finding, WallTime()});
    }
  }
  return views;
}

std::optional<Instant> LiveJudge::WakeAt(const RolloutName& rollout) const {
  const auto found = cases_.find(rollout);
  if (found == cases_.end() || found->second.over) return std::nullopt;
  const Instant look = parts_.clock.Now() + kLookInterval;
  const std::optional<Instant> tick = found->second.evaluating ? std::nullopt : NextTick(found->second);
  return tick.has_value() ? std::min(*tick, look) : look;
}

std::shared_ptr<const metrics::Source> LiveJudge::ViewOf(const RolloutName& rollout) const {
  const auto found = cases_.find(rollout);
  if (found == cases_.end()) return nullptr;
  const Case& entry = found->second;
  return std::make_shared<metrics::AttemptView>(entry.identity, parts_.snapshot(),
                                                RoleRows(entry.status, entry.exposure, parts_.clock.Now(), parts_.wall));
}

}  // namespace tuesday::control
