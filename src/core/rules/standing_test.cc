// SPDX-License-Identifier: Apache-2.0
#include "core/rules/standing.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tuesday::rules {
namespace {

AttemptLabels Attempt() {
  const metrics::Labels both{{"namespace", "default"}, {"rollout", "api"}};
  AttemptLabels attempt;
  attempt.canary = {both.With("canary", "true").With("pod", "api-2-canary").With("service", "api-canary")};
  attempt.stable = {both.With("canary", "false").With("pod", "api-1").With("service", "api-stable")};
  attempt.metrics = OwnMetrics();
  return attempt;
}

struct Case {
  std::string_view name;
  std::string_view expr;
  std::string_view label;
  ObjectAsks asks;
  FiringAtStart firing;
  StandingKind kind;
};

class RuleStanding : public testing::TestWithParam<Case> {};

TEST_P(RuleStanding, IsDecidedFromTheMatchers) {
  const std::string label =
      GetParam().label.empty() ? "" : fmt::format("        labels: {{tuesday_rollback: \"{}\"}}\n", GetParam().label);
  const ReadGroupsResult read = ReadRuleFile(
      fmt::format(
          "groups:\n  - name: g\n    rules:\n"
          "      - {{record: canary:errors, expr: 'sum(rate(http_requests_total{{canary=\"true\",status=~\"5..\"}}[2m]))'}}\n"
          "      - alert: A\n        expr: '{}'\n{}",
          GetParam().expr, label),
      "f");
  ASSERT_TRUE(read.findings.empty()) << read.findings.front().Text();
  const Standing standing = StandingOf(read.groups[0], 1, Attempt(), GetParam().asks, GetParam().firing);
  EXPECT_EQ(static_cast<int>(standing.kind), static_cast<int>(GetParam().kind)) << standing.why;
  EXPECT_FALSE(standing.why.empty());
}

constexpr auto kNo = ObjectAsks::kNo;
constexpr auto kYes = ObjectAsks::kYes;
constexpr auto kQuiet = FiringAtStart::kNo;
constexpr auto kFiring = FiringAtStart::kYes;

INSTANTIATE_TEST_SUITE_P(
    Cases, RuleStanding,
    testing::Values(
        Case{"CanaryAloneCounts", "rate(http_requests_total{canary=\"true\"}[2m]) > 1", "", kNo, kQuiet, StandingKind::kCounts},
        Case{"PodNameCounts", "increase(kube_pod_container_status_restarts_total{pod=~\".*canary.*\"}[5m]) > 0", "", kNo,
             kQuiet, StandingKind::kCounts},
        Case{"ServiceNameCounts", "rate(http_requests_total{service=\"api-canary\"}[2m]) > 1", "", kNo, kQuiet,
             StandingKind::kCounts},
        Case{"ComparisonOfBothCounts", "up{canary=\"true\"} < ignoring(canary,pod,service) up{canary=\"false\"}", "", kNo,
             kQuiet, StandingKind::kCounts},
        Case{"ThroughARecordingRuleItCounts", "canary:errors > 1", "", kNo, kQuiet, StandingKind::kCounts},
        Case{"BothSidesAlikeAreOnlyShown", "up == 0", "", kNo, kQuiet, StandingKind::kShown},
        Case{"StableAloneIsOnlyShown", "up{canary=\"false\"} == 0", "", kNo, kQuiet, StandingKind::kShown},
        Case{"AnotherRolloutsCanaryIsOnlyShown", "up{canary=\"true\",rollout=\"web\"} == 0", "", kNo, kQuiet,
             StandingKind::kShown},
        Case{"ForeignMetricIsOnlyShown", "node_load1 > 5", "", kNo, kQuiet, StandingKind::kShown},
        Case{"ForeignMetricThatIsMarkedCountsWhenItFires", "node_load1 > 5", "true", kNo, kQuiet,
             StandingKind::kCountsWhenFiring},
        Case{"TheObjectMarksItsRules", "node_load1 > 5", "", kYes, kQuiet, StandingKind::kCountsWhenFiring},
        Case{"ForeignAlertThatFiredBeforeIsOnlyShown", "node_load1 > 5", "true", kNo, kFiring, StandingKind::kShown},
        Case{"CanaryRuleThatFiredBeforeCountsAllTheSame", "up{canary=\"true\"} == 0", "", kNo, kFiring, StandingKind::kCounts},
        Case{"NoComparisonCountsWhenItFires", "absent(up{canary=\"true\"})", "", kNo, kQuiet, StandingKind::kCountsWhenFiring},
        Case{"WatchdogNeverCounts", "vector(1)", "true", kYes, kQuiet, StandingKind::kShown},
        Case{"ItsLabelCanTakeARuleOut", "up{canary=\"true\"} == 0", "false", kNo, kQuiet, StandingKind::kShown}),
    [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace tuesday::rules
