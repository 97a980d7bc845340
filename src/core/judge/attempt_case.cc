// SPDX-License-Identifier: Apache-2.0
#include "core/judge/attempt_case.h"

#include <algorithm>
#include <utility>

#include "core/judge/remembering_source.h"

namespace tuesday::judge {
namespace {

Duration IntervalOf(const RuleGroup& group) { return group.group.interval.value_or(rules::kDefaultInterval); }

bool Counts(const AlertStands& alert) { return alert.standing.kind != rules::StandingKind::kShown; }

rules::AlertPhase PhaseOf(const rules::RuleState& state) {
  if (rules::HasPhase(state, rules::AlertPhase::kFiring)) return rules::AlertPhase::kFiring;
  return rules::HasPhase(state, rules::AlertPhase::kPending) ? rules::AlertPhase::kPending : rules::AlertPhase::kInactive;
}

// At the very start the canary has no samples: what fires then fires for somebody else.
std::vector<rules::FiringAtStart> FiringAtStartOf(const rules::GroupState& state, bool is_start) {
  std::vector<rules::FiringAtStart> firing;
  for (const rules::RuleState& rule : state.rules) {
    firing.push_back(is_start && !rule.alerts.empty() ? rules::FiringAtStart::kYes : rules::FiringAtStart::kNo);
  }
  return firing;
}

gate::Finding FindingOf(const rules::Group& group, std::size_t rule, const rules::Evaluation& evaluation,
                        const metrics::Source& source, const TickInput& tick) {
  gate::Finding finding = rules::JudgeRule(group, rule, evaluation, source, tick.time);
  if (tick.has_gap && finding.verdict == gate::Verdict::kPass) {
    finding.verdict = gate::Verdict::kNoEvidence;
    finding.reason = group.rules[rule].name + ": lines of the edge's log were lost in the window, so its numbers are too low.";
  }
  return finding;
}

bool Differs(const AlertStands& a, const AlertStands& b) {
  return a.finding.verdict != b.finding.verdict || a.phase != b.phase || Counts(a) != Counts(b);
}

}  // namespace

void Align(const std::vector<RuleGroup>& groups, AttemptCase& attempt) {
  std::vector<GroupCase> before = std::exchange(attempt.groups, {});
  for (const RuleGroup& group : groups) {
    const auto known = std::ranges::find(before, group.identity, &GroupCase::identity);
    if (known == before.end()) {
      attempt.groups.emplace_back().identity = group.identity;
    } else {
      attempt.groups.push_back(std::move(*known));
      before.erase(known);
    }
  }
}

std::vector<Tick> DueTicks(const std::vector<RuleGroup>& groups, AttemptCase& attempt, Instant began, Instant now,
                           std::size_t most) {
  std::vector<Tick> ticks;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const Duration interval = IntervalOf(groups[i]);
    const std::int64_t due = (now - began) / interval;
    std::int64_t& next = attempt.groups[i].next_tick;
    next = std::max(next, due - kTicksBehindMax);
    const std::int64_t last = std::min<std::int64_t>(due, next + static_cast<std::int64_t>(most) - 1);
    for (std::int64_t tick = next; tick <= last; ++tick) ticks.push_back({i, began + tick * interval});
  }
  std::ranges::stable_sort(ticks, {}, &Tick::at);
  if (ticks.size() > most) ticks.resize(most);
  return ticks;
}

std::optional<Instant> NextTickAt(const std::vector<RuleGroup>& groups, const AttemptCase& attempt, Instant began) {
  std::optional<Instant> next;
  for (std::size_t i = 0; i < groups.size() && i < attempt.groups.size(); ++i) {
    const Instant at = began + attempt.groups[i].next_tick * IntervalOf(groups[i]);
    next = std::min(next.value_or(at), at);
  }
  return next;
}

std::vector<AlertNews> TakeTick(const RuleGroup& group, const TickInput& tick, GroupCase& stands) {
  const RememberingSource source(tick.source);
  ++stands.next_tick;
  rules::Evaluation evaluation = rules::Evaluate(group.group, std::move(stands.state), source, tick.at_ms);
  if (stands.firing_at_start.empty()) {
    stands.firing_at_start = FiringAtStartOf(evaluation.state, tick.at_ms == tick.time.began_ms);
  }
  std::vector<AlertNews> news;
  std::vector<AlertStands> before = std::exchange(stands.alerts, {});
  for (std::size_t i = 0; i < group.group.rules.size(); ++i) {
    if (group.group.rules[i].kind != rules::RuleKind::kAlert) continue;
    AlertStands& alert = stands.alerts.emplace_back();
    alert.rule = i;
    alert.standing = rules::StandingOf(group.group, i, tick.labels, group.asks, stands.firing_at_start[i]);
    alert.finding = FindingOf(group.group, i, evaluation, source, tick);
    alert.phase = PhaseOf(evaluation.state.rules[i]);
    alert.at_ms = tick.at_ms;
    const auto known = std::ranges::find(before, i, &AlertStands::rule);
    if (known == before.end()) {
      news.push_back({stands.alerts.size() - 1, std::nullopt});
    } else if (Differs(*known, alert)) {
      news.push_back({stands.alerts.size() - 1, std::move(*known)});
    }
  }
  stands.state = std::move(evaluation.state);
  return news;
}

RulesSay WhatRulesSay(const std::vector<RuleGroup>& groups, const AttemptCase& attempt) {
  RulesSay say;
  std::optional<std::int64_t> least;
  for (std::size_t i = 0; i < groups.size() && i < attempt.groups.size(); ++i) {
    const GroupCase& stands = attempt.groups[i];
    bool counts = false;
    for (const AlertStands& alert : stands.alerts) {
      if (!Counts(alert)) continue;
      counts = true;
      const bool when_firing = alert.standing.kind == rules::StandingKind::kCountsWhenFiring;
      say.rules.push_back({groups[i].group.rules[alert.rule].name, alert.finding,
                           when_firing ? gate::Counting::kWhenFiring : gate::Counting::kAlways,
                           groups[i].reads_restarts[alert.rule]});
    }
    if (counts) least = std::min(least.value_or(stands.state.evaluations), stands.state.evaluations);
  }
  say.evaluations = static_cast<int>(least.value_or(0));
  return say;
}

}  // namespace tuesday::judge
