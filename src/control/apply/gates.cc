// SPDX-License-Identifier: Apache-2.0
#include "control/apply/gates.h"

#include "control/gate/sides.h"
#include "control/metrics/roles.h"
#include "core/rules/standing.h"

namespace tuesday::control {

namespace {

std::string_view KindText(rules::StandingKind kind) {
  switch (kind) {
    case rules::StandingKind::kCounts: return "counts";
    case rules::StandingKind::kCountsWhenFiring: return "counts when it fires";
    case rules::StandingKind::kShown: break;
  }
  return "only shown";
}

// Matchers alone decide, so that an attempt that has not begun stands for the one to come.
rules::AttemptLabels LabelsToCome(const state::RolloutRecord& before, const state::RolloutRecord& wanted) {
  rollout::Attempt attempt;
  attempt.revision = wanted.spec.revision;
  attempt.baseline = before.spec.revision;
  return LabelsOfAttempt(wanted.spec.name, attempt.id, RoleRowsOf(attempt, wanted.exposure, ClockJoin{}, Instant()));
}

}  // namespace

std::vector<std::string> GatesOf(const state::RolloutRecord& before, const state::RolloutRecord& wanted,
                                 const TypedObjects& objects) {
  std::vector<manifest::Object> all;
  for (const auto& [name, object] : objects) all.push_back(object);
  const rules::AttemptLabels labels = LabelsToCome(before, wanted);
  std::vector<std::string> counting;
  std::vector<std::string> shown;
  for (const judge::RuleGroup& known : GroupsOf(all)) {
    for (std::size_t i = 0; i < known.group.rules.size(); ++i) {
      if (known.group.rules[i].kind != rules::RuleKind::kAlert) continue;
      const rules::Standing standing = rules::StandingOf(known.group, i, labels, known.asks, rules::FiringAtStart::kNo);
      std::string line = known.group.rules[i].name + " (" + std::string(KindText(standing.kind)) + "): " + standing.why;
      (standing.kind == rules::StandingKind::kShown ? shown : counting).push_back(std::move(line));
    }
  }
  for (const std::string& analysis : wanted.spec.analyses) counting.push_back("analysis " + analysis + " (counts)");
  counting.emplace_back("restarts, readiness and hanging requests of the canary (count always)");
  counting.insert(counting.end(), shown.begin(), shown.end());
  return counting;
}

}  // namespace tuesday::control
