// SPDX-License-Identifier: Apache-2.0
// How one attempt stands by the rules in force. A group is evaluated at the attempt's start plus k times its interval, over
// the attempt's own view of the samples. The same samples give the same case, so a tick that was lost may be taken again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "core/gate/rollout_gate.h"
#include "core/metrics/source.h"
#include "core/rules/alert.h"
#include "core/rules/file.h"
#include "core/rules/standing.h"
#include "core/rules/verdict.h"

namespace tuesday::judge {

// A tick that is later than this many intervals is left out: nobody waits for an evaluation of hours ago.
inline constexpr std::int64_t kTicksBehindMax = 240;

// A group in force.
struct RuleGroup {
  rules::Group group;
  rules::ObjectAsks asks = rules::ObjectAsks::kNo;
  std::string identity;              // Two groups with one identity say the same about everything.
  std::vector<bool> reads_restarts;  // By rule.
};

RuleGroup MakeRuleGroup(rules::Group group, rules::ObjectAsks asks);

// One alert as its last tick left it.
struct AlertStands {
  std::size_t rule = 0;  // Its place in the group.
  rules::Standing standing;
  gate::Finding finding;
  rules::AlertPhase phase = rules::AlertPhase::kInactive;
  std::int64_t at_ms = 0;
  friend bool operator==(const AlertStands&, const AlertStands&) = default;
};

struct GroupCase {
  std::string identity;                               // Of the group that it is about.
  std::int64_t next_tick = 0;                         // k of attempt start + k x interval.
  rules::GroupState state;                            // Alerts, recorded series, count of evaluations.
  std::vector<rules::FiringAtStart> firing_at_start;  // By rule; empty before the first tick.
  std::vector<AlertStands> alerts;                    // Of its alerting rules, in their order; empty before the first tick.
};

struct AttemptCase {
  std::vector<GroupCase> groups;  // Parallel to the groups in force, see Align.
};

// Makes the case parallel to `groups`: those that it knows keep what they have, others begin.
void Align(const std::vector<RuleGroup>& groups, AttemptCase& attempt);

struct Tick {
  std::size_t group = 0;
  Instant at;
};

// The ticks that are due at `now`, the oldest first, at most `most`. Leaves out what is too far behind.
std::vector<Tick> DueTicks(const std::vector<RuleGroup>& groups, AttemptCase& attempt, Instant began, Instant now,
                           std::size_t most);

// The next tick of any group; none when there are no groups.
std::optional<Instant> NextTickAt(const std::vector<RuleGroup>& groups, const AttemptCase& attempt, Instant began);

// What one tick is evaluated over.
struct TickInput {
  const metrics::Source& source;       // The attempt's view at the tick.
  const rules::AttemptLabels& labels;  // By which rules find the attempt's series.
  rules::AttemptTime time;
  std::int64_t at_ms = 0;
  bool has_gap = false;  // Samples are known to be missing: nothing passes.
};

// An alert whose verdict, phase or counting changed, and how it stood before.
struct AlertNews {
  std::size_t alert = 0;  // Its place in GroupCase::alerts.
  std::optional<AlertStands> before;
};

// Takes the group's next tick. In the order of the rules.
std::vector<AlertNews> TakeTick(const RuleGroup& group, const TickInput& tick, GroupCase& stands);

// What the rules that count say to the gate.
struct RulesSay {
  std::vector<gate::RuleSaid> rules;
  int evaluations = 0;  // Of the group that was evaluated least, of those with a rule that counts.
};
RulesSay WhatRulesSay(const std::vector<RuleGroup>& groups, const AttemptCase& attempt);

}  // namespace tuesday::judge
