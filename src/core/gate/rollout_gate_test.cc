// SPDX-License-Identifier: Apache-2.0
#include "core/gate/rollout_gate.h"

#include <gtest/gtest.h>

namespace tuesday::gate {
namespace {

RuleSaid Said(Verdict verdict, std::string reason) { return {"R", {verdict, std::move(reason), {}}}; }

RolloutGateInput Healthy() {
  RolloutGateInput input;
  input.rules = {Said(Verdict::kPass, "R 0.0 % <= 1 %")};
  input.instances = {3, 0, 0};
  input.evaluations = 2;
  input.canary_requests = 20;
  return input;
}

struct Case {
  std::string_view name;
  void (*change)(RolloutGateInput&);
  Verdict verdict;
  std::string_view reason;
};

class RolloutGate : public testing::TestWithParam<Case> {};

TEST_P(RolloutGate, Judges) {
  RolloutGateInput input = Healthy();
  GetParam().change(input);
  const Finding finding = JudgeRollout(input);
  EXPECT_EQ(VerdictName(finding.verdict), VerdictName(GetParam().verdict)) << finding.reason;
  EXPECT_EQ(finding.reason, GetParam().reason);
}

using Input = RolloutGateInput;
INSTANTIATE_TEST_SUITE_P(
    Cases, RolloutGate,
    testing::Values(
        Case{"HealthyPasses", [](Input&) {}, Verdict::kPass, "R 0.0 % <= 1 %"},
        Case{"AFailWinsOverNoEvidence",
             [](Input& in) { in.rules = {Said(Verdict::kNoEvidence, "A: no samples"), Said(Verdict::kFail, "B 5.1 % > 1 %")}; },
             Verdict::kFail, "B 5.1 % > 1 %"},
        Case{"NoEvidenceHolds", [](Input& in) { in.rules.push_back(Said(Verdict::kNoEvidence, "A: the left side is empty")); },
             Verdict::kNoEvidence, "A: the left side is empty"},
        Case{"ARuleThatCountsOnlyWhenFiringIsSilentBefore",
             [](Input& in) {
               in.rules.push_back(Said(Verdict::kNoEvidence, "foreign"));
               in.rules.back().counting = Counting::kWhenFiring;
             },
             Verdict::kPass, "R 0.0 % <= 1 %"},
        Case{"ARuleThatCountsOnlyWhenFiringFails",
             [](Input& in) {
               in.rules.push_back(Said(Verdict::kFail, "foreign fires"));
               in.rules.back().counting = Counting::kWhenFiring;
             },
             Verdict::kFail, "foreign fires"},
        Case{"OneEvaluationIsTooFew", [](Input& in) { in.evaluations = 1; }, Verdict::kNoEvidence,
             "the rules were evaluated 1 time in this attempt; at least 2 are needed"},
        Case{"NineteenRequestsAreTooFew", [](Input& in) { in.canary_requests = 19.9; }, Verdict::kNoEvidence,
             "the canary had 19 requests in the window; at least 20 are needed"},
        Case{"WithNoRuleAndNoAnalysisNoRequestIsNeeded",
             [](Input& in) {
               in.rules.clear();
               in.canary_requests = 0;
               in.evaluations = 0;
             },
             Verdict::kPass, "no canary instance was restarted"},
        Case{"ARestartFailsWithNoRuleForIt", [](Input& in) { in.instances.canary_restarts = 1; }, Verdict::kFail,
             "the canary was restarted 1 time"},
        Case{"ARestartIsLeftToTheRuleThatReadsIt",
             [](Input& in) {
               in.instances.canary_restarts = 1;
               in.rules[0].reads_restarts = true;
             },
             Verdict::kPass, "R 0.0 % <= 1 %"},
        Case{"AllInstancesDownFailsWhateverTheRules",
             [](Input& in) {
               in.instances = {2, 2, 4};
               in.rules[0].reads_restarts = true;
             },
             Verdict::kFail, "all 2 canary instances are down (4 restarts)"},
        Case{"HangingCanaryFails", [](Input& in) { in.hanging = HangingSeen{100, 90, 900, 899, std::chrono::seconds(2)}; },
             Verdict::kFail, "hanging requests 10.0 % > 1.0 % (10 of 100 open for over 2s; stable 0.1 %)"},
        Case{"BothSidesHangAlike", [](Input& in) { in.hanging = HangingSeen{100, 90, 900, 810, std::chrono::seconds(2)}; },
             Verdict::kPass, "R 0.0 % <= 1 %"},
        Case{"FewHangsAreChance", [](Input& in) { in.hanging = HangingSeen{100, 96, 900, 900, std::chrono::seconds(2)}; },
             Verdict::kPass, "R 0.0 % <= 1 %"},
        Case{"FailedAnalysisFails",
             [](Input& in) { in.analyses = {{"success-rate", AnalysisStands::kFailed, 3, "0.97 < 0.99"}}; }, Verdict::kFail,
             "analysis success-rate failed: 0.97 < 0.99"},
        Case{"AnalysisThatMeasuredNothingIsNoPass",
             [](Input& in) { in.analyses = {{"success-rate", AnalysisStands::kSuccessful, 0, ""}}; }, Verdict::kNoEvidence,
             "analysis success-rate has measured nothing yet"},
        Case{"RunningAnalysisWithMeasurementsPasses",
             [](Input& in) {
               in.rules.clear();
               in.analyses = {{"success-rate", AnalysisStands::kRunning, 2, ""}};
             },
             Verdict::kPass, "analysis success-rate passed 2 measurements"},
        Case{"RunningAnalysisWithOneMeasurementIsNotEnough",
             [](Input& in) {
               in.rules.clear();
               in.analyses = {{"success-rate", AnalysisStands::kRunning, 1, ""}};
             },
             Verdict::kNoEvidence, "the rules were evaluated 1 time in this attempt; at least 2 are needed"},
        Case{"AnalysisThatEndedWellWithItsOnlyMeasurementPasses",
             [](Input& in) {
               in.rules.clear();
               in.analyses = {{"success-rate", AnalysisStands::kSuccessful, 1, ""}};
             },
             Verdict::kPass, "analysis success-rate passed 1 measurement"},
        Case{"AnalysisOverTheCanarysRequestsNeedsRequests",
             [](Input& in) {
               in.rules.clear();
               in.canary_requests = 3;
               in.analyses = {{"success-rate", AnalysisStands::kSuccessful, 1, ""}};
             },
             Verdict::kNoEvidence, "the canary had 3 requests in the window; at least 20 are needed"},
        Case{"AJobThatSucceededNeedsNone",
             [](Input& in) {
               in.rules.clear();
               in.canary_requests = 0;
               in.analyses = {{"smoke", AnalysisStands::kSuccessful, 1, "", true}};
             },
             Verdict::kPass, "analysis smoke passed 1 measurement"},
        Case{"AJobBesideARuleDoesNotStandForTheRulesEvidence",
             [](Input& in) {
               in.canary_requests = 0;
               in.analyses = {{"smoke", AnalysisStands::kSuccessful, 1, "", true}};
             },
             Verdict::kNoEvidence, "the canary had 0 requests in the window; at least 20 are needed"},
        Case{"NothingAtAllIsNoEvidence", [](Input& in) { in = RolloutGateInput(); }, Verdict::kNoEvidence,
             "there is no canary to judge yet"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(RolloutGate, EvidenceOfEveryPartIsKept) {
  RolloutGateInput input = Healthy();
  input.hanging = HangingSeen{100, 100, 900, 900, std::chrono::seconds(2)};
  EXPECT_EQ(JudgeRollout(input).evidence.size(), 6U);
}

}  // namespace
}  // namespace tuesday::gate
