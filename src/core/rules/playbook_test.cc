// SPDX-License-Identifier: Apache-2.0
// The playbook's three alerts, fact by fact as Prometheus 3.16 was measured to treat them, through our group evaluation.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <sstream>

#include "core/promql/parser.h"
#include "core/rules/alert.h"
#include "core/rules/figures.h"
#include "core/rules/lint.h"
#include "core/rules/reads.h"
#include "core/rules/standing.h"
#include "core/rules/unit/series_text.h"
#include "core/rules/verdict.h"

namespace tuesday::rules {
namespace {

constexpr std::int64_t kStepMs = 30'000;

Group ReadPlaybook() {
  std::ifstream file(std::string(TUESDAY_SOURCE_DIR) + "/examples/playbook/prometheus-rule.yaml");
  std::ostringstream text;
  text << file.rdbuf();
  const Result<YamlNode> root = ParseYaml(text.str(), "prometheus-rule.yaml");
  EXPECT_TRUE(root.has_value());
  ReadGroupsResult read = ReadGroups(*root->Find("spec"), "prometheus-rule.yaml");
  EXPECT_TRUE(read.findings.empty());
  EXPECT_EQ(read.groups.size(), 1U);
  return std::move(read.groups.front());
}

const Group& Playbook() {
  static const Group kGroup = ReadPlaybook();
  return kGroup;
}

// Samples every 30 s from 0.
struct Scene {
  Recorded input;

  void Add(std::string_view series, std::string_view values) {
    std::vector<metrics::Sample>& samples = input[unit::ParseMetric(series).value()];
    std::int64_t t = 0;
    const auto parsed = unit::ParseValues(values);
    for (const std::optional<double>& value : parsed.value()) {
      if (value) samples.push_back({t, *value});
      t += kStepMs;
    }
  }
};

// One letter for each tick: '.' inactive, 'p' pending, 'F' firing.
std::string Phases(const Scene& scene, std::size_t rule, int ticks) {
  const EmptySource nothing;
  const RecordedSource source(nothing, {&scene.input});
  GroupState state;
  std::string phases;
  for (int i = 0; i < ticks; ++i) {
    Evaluation evaluation = Evaluate(Playbook(), std::move(state), source, i * kStepMs);
    state = std::move(evaluation.state);
    EXPECT_EQ(evaluation.results[rule].error, "");
    phases += HasPhase(state.rules[rule], AlertPhase::kFiring)    ? 'F'
              : HasPhase(state.rules[rule], AlertPhase::kPending) ? 'p'
                                                                  : '.';
  }
  return phases;
}

double ValueAt(const Scene& scene, const promql::Expr& expr, std::int64_t time_ms) {
  const EmptySource nothing;
  const RecordedSource source(nothing, {&scene.input});
  const promql::Vector vector = VectorAt(expr, source, time_ms);
  return vector.size() == 1 ? vector.front().value : std::nan("");
}

void AddErrors(Scene& scene, std::string_view ok, std::string_view errors500, std::string_view errors503 = "") {
  scene.Add("http_requests_total{canary=\"true\",status=\"200\"}", ok);
  if (!errors500.empty()) scene.Add("http_requests_total{canary=\"true\",status=\"500\"}", errors500);
  if (!errors503.empty()) scene.Add("http_requests_total{canary=\"true\",status=\"503\"}", errors503);
}

struct ErrorCase {
  std::string_view name;
  std::string_view ok;
  std::string_view errors500;
  std::string_view errors503;
  std::string_view phases;
};

class PlaybookErrors : public testing::TestWithParam<ErrorCase> {};

TEST_P(PlaybookErrors, AlertGoesAsMeasured) {
  Scene scene;
  if (!GetParam().ok.empty()) AddErrors(scene, GetParam().ok, GetParam().errors500, GetParam().errors503);
  EXPECT_EQ(Phases(scene, 0, static_cast<int>(GetParam().phases.size())), GetParam().phases);
}

INSTANTIATE_TEST_SUITE_P(
    Facts, PlaybookErrors,
    testing::Values(ErrorCase{"HalfAPercentNeverFires", "0+995x30", "0+5x30", "", "................"},
                    ErrorCase{"TwoPercentFiresAtNinetySeconds", "0+980x30", "0+8x30", "0+12x30", ".ppFFFFF"},
                    ErrorCase{"OneInAHundredIsNotAboveOnePercent", "0+99x30", "0+1x30", "", "........"},
                    ErrorCase{"NoCanarySeriesNeverFires", "", "", "", "........"},
                    ErrorCase{"NoRequestsIsNaNAndNeverFires", "7x30", "0x30", "", "........"},
                    ErrorCase{"NeverA5xxHasNoNumerator", "0+1000x30", "", "", "........"},
                    ErrorCase{"AFirstSampleThatIsHighIsNotSeen", "0+1000x30", "_x5 400x20", "", "............"},
                    ErrorCase{"ACounterResetKeepsTheRatio", "0+995x9 0+995x10", "0+5x9 0+5x10", "", "................"},
                    ErrorCase{"OneBadScrapeStaysInTheWindow", "0+2000x30", "0x10 90x15", "", "...........ppF."},
                    ErrorCase{"SeventyErrorsInAScrapeAreTooFew", "0+2000x30", "0x10 70x15", "", "................"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(Playbook, ForStateIsTheSecondWhenItBeganToHold) {
  Scene scene;
  AddErrors(scene, "0+980x30", "0+8x30", "0+12x30");
  const EmptySource nothing;
  const RecordedSource source(nothing, {&scene.input});
  GroupState state;
  for (int i = 0; i < 4; ++i) state = Evaluate(Playbook(), std::move(state), source, i * kStepMs).state;
  bool found = false;
  for (const auto& [labels, samples] : state.recorded) {
    if (labels.Name() != "ALERTS_FOR_STATE") continue;
    found = true;
    EXPECT_EQ(labels.Get("alertname"), "CanaryHighErrorRate");
    EXPECT_EQ(labels.Get("team"), "platform");
    EXPECT_EQ(samples.back().value, 30);
  }
  EXPECT_TRUE(found);
}

TEST(Playbook, RestartOfACanaryPodFiresUntilTheWindowIsOpenOnTheLeft) {
  Scene scene;
  scene.Add("kube_pod_container_status_restarts_total{pod=\"api-server-canary-1\"}", "0x10 1x20");
  EXPECT_EQ(Phases(scene, 2, 22), "...........FFFFFFFFF..");
}

TEST(Playbook, RestartOfAPodWithArgosNameIsNeverSeen) {
  Scene scene;
  scene.Add("kube_pod_container_status_restarts_total{pod=\"api-server-7d4b9-x\"}", "0x10 1x20");
  EXPECT_EQ(Phases(scene, 2, 20), std::string(20, '.'));
}

TEST(Playbook, PodFirstSeenWithOneRestartHasNoIncrease) {
  Scene scene;
  scene.Add("kube_pod_container_status_restarts_total{pod=\"api-server-canary-1\"}", "1x20");
  EXPECT_EQ(Phases(scene, 2, 20), std::string(20, '.'));
}

// All requests of a side between `low` and `high` seconds, so that its P99 is low + 0.99 * (high - low).
void AddLatency(Scene& scene, std::string_view canary,
                const std::vector<std::pair<std::string_view, std::string_view>>& buckets) {
  for (const auto& [le, values] : buckets) {
    scene.Add("http_request_duration_seconds_bucket{canary=\"" + std::string(canary) + "\",le=\"" + std::string(le) + "\"}",
              values);
  }
}

TEST(Playbook, LatencyThirtyPercentAboveStableFiresAfterTwoMinutes) {
  Scene scene;
  // The 99th of 100 lies at the bound of its bucket: 0.26 s against 0.2 s.
  AddLatency(scene, "true", {{"0.1", "0x30"}, {"0.26", "0+99x30"}, {"1", "0+100x30"}, {"+Inf", "0+100x30"}});
  AddLatency(scene, "false", {{"0.1", "0x30"}, {"0.2", "0+99x30"}, {"1", "0+100x30"}, {"+Inf", "0+100x30"}});
  EXPECT_EQ(Phases(scene, 1, 8), ".ppppFFF");
}

TEST(Playbook, LatencyTwentyPercentAboveStableNeverFires) {
  Scene scene;
  AddLatency(scene, "true", {{"0.1", "0x30"}, {"0.24", "0+99x30"}, {"1", "0+100x30"}, {"+Inf", "0+100x30"}});
  AddLatency(scene, "false", {{"0.1", "0x30"}, {"0.2", "0+99x30"}, {"1", "0+100x30"}, {"+Inf", "0+100x30"}});
  EXPECT_EQ(Phases(scene, 1, 12), std::string(12, '.'));
}

TEST(Playbook, WithoutStableTrafficLatencyNeverFires) {
  Scene scene;
  AddLatency(scene, "true", {{"0.26", "0x30"}, {"1", "0+100x30"}, {"+Inf", "0+100x30"}});
  AddLatency(scene, "false", {{"0.2", "0x30"}, {"1", "0x30"}, {"+Inf", "0x30"}});
  EXPECT_EQ(Phases(scene, 1, 12), std::string(12, '.'));
}

Scene BeyondTheLastBucket() {
  Scene scene;
  AddLatency(scene, "true", {{"0.5", "0x30"}, {"+Inf", "0+100x30"}});
  AddLatency(scene, "false", {{"0.5", "0x30"}, {"+Inf", "0+100x30"}});
  return scene;
}

TEST(Playbook, BeyondTheLastBucketNothingIsSeen) { EXPECT_EQ(Phases(BeyondTheLastBucket(), 1, 12), std::string(12, '.')); }

TEST(Playbook, TenInAThousandIsALittleLessThanOnePercent) {
  Scene scene;
  AddErrors(scene, "0+990x10", "0+10x10");
  const auto* comparison = OutermostComparisons(*Playbook().rules[0].expr).front();
  EXPECT_NEAR(ValueAt(scene, *comparison->left, 4 * kStepMs), 0.01, 1e-15);
}

gate::Finding Judge(const Scene& scene, std::size_t rule, int ticks, std::int64_t began_ms = 0) {
  const EmptySource nothing;
  const RecordedSource source(nothing, {&scene.input});
  Evaluation evaluation;
  for (int i = 0; i < ticks; ++i) evaluation = Evaluate(Playbook(), std::move(evaluation.state), source, i * kStepMs);
  return JudgeRule(Playbook(), rule, evaluation, source, {began_ms, kStepMs});
}

TEST(PlaybookVerdict, FiringFailsWithTheNumbers) {
  Scene scene;
  AddErrors(scene, "0+284x30", "0+15x30");
  scene.Add("http_requests_total{canary=\"false\",status=\"200\"}", "0+1000x30");
  scene.Add("http_requests_total{canary=\"false\",status=\"500\"}", "0x30");
  const gate::Finding finding = Judge(scene, 0, 8);
  EXPECT_EQ(finding.verdict, gate::Verdict::kFail);
  EXPECT_EQ(finding.reason, "CanaryHighErrorRate 5.0 % > 1 % (60 of 1,196; stable 0.0 %)");
  EXPECT_GE(finding.evidence.size(), 4U);
}

TEST(PlaybookVerdict, NoErrorsWithTrafficPasses) {
  Scene scene;
  AddErrors(scene, "0+100x30", "0x30");
  const gate::Finding finding = Judge(scene, 0, 8);
  EXPECT_EQ(finding.verdict, gate::Verdict::kPass) << finding.reason;
  EXPECT_EQ(finding.reason, "CanaryHighErrorRate 0.0 % <= 1 % (0 of 400)");
}

TEST(PlaybookVerdict, NoTrafficIsNoEvidence) {
  Scene scene;
  AddErrors(scene, "7x30", "0x30");
  const gate::Finding finding = Judge(scene, 0, 8);
  EXPECT_EQ(finding.verdict, gate::Verdict::kNoEvidence);
  EXPECT_NE(finding.reason.find("the left side is NaN"), std::string::npos) << finding.reason;
}

TEST(PlaybookVerdict, NoSeriesIsNoEvidenceAndNamesTheSide) {
  const gate::Finding finding = Judge(Scene(), 0, 8);
  EXPECT_EQ(finding.verdict, gate::Verdict::kNoEvidence);
  EXPECT_NE(finding.reason.find("the left side is empty"), std::string::npos) << finding.reason;
  EXPECT_NE(finding.reason.find("has no samples"), std::string::npos) << finding.reason;
}

TEST(PlaybookVerdict, PendingIsNoPass) {
  Scene scene;
  AddErrors(scene, "0+980x30", "0+20x30");
  const gate::Finding finding = Judge(scene, 0, 3);
  EXPECT_EQ(finding.verdict, gate::Verdict::kNoEvidence);
  EXPECT_NE(finding.reason.find("pending for 30s of 1m"), std::string::npos) << finding.reason;
}

TEST(PlaybookVerdict, AWindowThatIsNotFilledIsNoEvidence) {
  Scene scene;
  AddErrors(scene, "_x5 0+100x30", "_x5 0x30");
  EXPECT_EQ(Judge(scene, 0, 8).verdict, gate::Verdict::kNoEvidence);
  EXPECT_EQ(Judge(scene, 0, 8, 5 * kStepMs).verdict, gate::Verdict::kPass);
}

TEST(PlaybookVerdict, LatencyBeyondTheLastBucketIsNoEvidence) {
  const gate::Finding finding = Judge(BeyondTheLastBucket(), 1, 8);
  EXPECT_EQ(finding.verdict, gate::Verdict::kNoEvidence);
  EXPECT_EQ(finding.reason, "CanaryHighLatency: the latency lies beyond the last bucket (500 ms), where any two look alike");
}

TEST(PlaybookVerdict, NoRestartPasses) {
  Scene scene;
  scene.Add("kube_pod_container_status_restarts_total{pod=\"api-server-canary-1\"}", "0x20");
  const gate::Finding finding = Judge(scene, 2, 8);
  EXPECT_EQ(finding.verdict, gate::Verdict::kPass) << finding.reason;
}

TEST(PlaybookLint, FindsWhatIsWrong) {
  std::string rules;
  for (const Finding& finding : LintGroups({Playbook()})) rules += finding.rule + " ";
  EXPECT_EQ(rules,
            "absolute-threshold nan-without-traffic for-shorter-than-window first-sample histogram-clamp pod-name "
            "missing-rollback-label ");
}

TEST(PlaybookLint, PrintsTheCorrectedExpression) {
  const Finding finding = LintGroups({Playbook()}).front();
  EXPECT_NE(finding.mend.find("canary=\"false\""), std::string::npos) << finding.mend;
  const std::string text = finding.mend.substr(finding.mend.find(": ") + 2);
  EXPECT_TRUE(promql::ParseExpr(text).has_value()) << text;
}

}  // namespace
}  // namespace tuesday::rules
