// SPDX-License-Identifier: Apache-2.0
#include "core/gate/rollout_gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tuesday::gate {
namespace {

std::string Percent(double share) { return fmt::format("{:.1f} %", share * 100); }

std::optional<Finding> JudgeInstances(const RolloutGateInput& input) {
  const InstancesSeen& seen = input.instances;
  Finding finding;
  finding.evidence.push_back({"canary restarts", fmt::format("{}", seen.canary_restarts), input.from, input.to});
  finding.evidence.push_back(
      {"canary instances down", fmt::format("{} of {}", seen.canary_down, seen.canary), input.from, input.to});
  finding.verdict = Verdict::kFail;
  if (seen.canary > 0 && seen.canary_down >= seen.canary) {
    finding.reason = fmt::format("all {} canary instance{} {} down ({} restart{})", seen.canary, seen.canary == 1 ? "" : "s",
                                 seen.canary == 1 ? "is" : "are", seen.canary_restarts, seen.canary_restarts == 1 ? "" : "s");
    return finding;
  }
  const bool left_to_a_rule = std::ranges::any_of(input.rules, [](const RuleSaid& rule) { return rule.reads_restarts; });
  if (seen.canary_restarts > 0 && !left_to_a_rule) {
    finding.reason =
        fmt::format("the canary was restarted {} time{}", seen.canary_restarts, seen.canary_restarts == 1 ? "" : "s");
    return finding;
  }
  finding.verdict = Verdict::kPass;
  finding.reason = "no canary instance was restarted";
  if (left_to_a_rule && seen.canary_restarts > 0) finding.reason = "restarts are judged by a rule";
  if (seen.canary > 0) return finding;
  return std::nullopt;
}

std::optional<Finding> JudgeHanging(const RolloutGateInput& input) {
  if (!input.hanging || input.hanging->canary_begun <= 0) return std::nullopt;
  const HangingSeen& seen = *input.hanging;
  const double canary = std::max(0.0, seen.canary_begun - seen.canary_ended);
  const double stable = std::max(0.0, seen.stable_begun - seen.stable_ended);
  const double canary_share = canary / seen.canary_begun;
  const double stable_share = seen.stable_begun > 0 ? stable / seen.stable_begun : 0;
  Finding finding;
  finding.evidence.push_back(
      {"hanging canary requests, at least", fmt::format("{:.0f} of {:.0f}", canary, seen.canary_begun), input.from, input.to});
  finding.evidence.push_back(
      {"hanging stable requests, at least", fmt::format("{:.0f} of {:.0f}", stable, seen.stable_begun), input.from, input.to});
  const bool hangs =
      canary >= kHangingCountMin && canary_share > kHangingShareMax && canary_share > kHangingRatioMax * stable_share;
  finding.verdict = hangs ? Verdict::kFail : Verdict::kPass;
  finding.reason =
      fmt::format("hanging requests {} {} {} ({:.0f} of {:.0f} open for over {}; stable {})", Percent(canary_share),
                  hangs ? ">" : "<=", Percent(std::max(kHangingShareMax, kHangingRatioMax * stable_share)), canary,
                  seen.canary_begun, DurationText(seen.cut_off), Percent(stable_share));
  if (!hangs && canary_share > kHangingShareMax)
    finding.reason = fmt::format("{:.0f} hanging requests are too few to judge", canary);
  return finding;
}

Finding JudgeAnalysis(const AnalysisSaid& analysis) {
  Finding finding;
  const std::string tail = analysis.message.empty() ? "" : ": " + analysis.message;
  switch (analysis.stands) {
    case AnalysisStands::kFailed:
    case AnalysisStands::kError:
      finding.verdict = Verdict::kFail;
      finding.reason = fmt::format("analysis {} {}{}", analysis.name,
                                   analysis.stands == AnalysisStands::kFailed ? "failed" : "ended with errors", tail);
      break;
    case AnalysisStands::kInconclusive:
      finding.reason = fmt::format("analysis {} was inconclusive{}", analysis.name, tail);
      break;
    case AnalysisStands::kPending: finding.reason = fmt::format("analysis {} has not begun", analysis.name); break;
    case AnalysisStands::kRunning:
    case AnalysisStands::kSuccessful:
      if (analysis.measurements_passed == 0) {
        finding.reason = fmt::format("analysis {} has measured nothing yet", analysis.name);
        break;
      }
      finding.verdict = Verdict::kPass;
      finding.reason = fmt::format("analysis {} passed {} measurement{}", analysis.name, analysis.measurements_passed,
                                   analysis.measurements_passed == 1 ? "" : "s");
  }
  return finding;
}

// Where no rule counts, an analysis' measurements are what was evaluated. One that has ended well was measured as often as its
// author wants.
int EvaluationsOf(const RolloutGateInput& input) {
  if (!input.rules.empty()) return input.evaluations;
  int evaluations = 0;
  for (const AnalysisSaid& analysis : input.analyses) {
    evaluations += analysis.measurements_passed;
    if (analysis.stands == AnalysisStands::kSuccessful) evaluations = std::max(evaluations, kEvaluationsMin);
  }
  return evaluations;
}

// Only asked of a rollout that somebody gave rules or analyses over its requests: one without is judged by its instances and by
// what others say.
std::optional<Finding> JudgeLeastEvidence(const RolloutGateInput& input) {
  const bool others_say = std::ranges::all_of(input.analyses, &AnalysisSaid::asks_others);
  if (input.rules.empty() && others_say) return std::nullopt;
  const int evaluations = EvaluationsOf(input);
  Finding finding;
  finding.evidence.push_back(
      {"canary requests", fmt::format("{:.0f}", std::floor(input.canary_requests)), input.from, input.to});
  finding.evidence.push_back({"rule evaluations", fmt::format("{}", evaluations), input.from, input.to});
  if (evaluations < kEvaluationsMin) {
    finding.reason = fmt::format("the rules were evaluated {} time{} in this attempt; at least {} are needed", evaluations,
                                 evaluations == 1 ? "" : "s", kEvaluationsMin);
  } else if (input.canary_requests < kCanaryRequestsMin) {
    finding.reason = fmt::format("the canary had {:.0f} requests in the window; at least {:.0f} are needed",
                                 std::floor(input.canary_requests), kCanaryRequestsMin);
  } else {
    finding.verdict = Verdict::kPass;
    finding.reason = fmt::format("{:.0f} canary requests", std::floor(input.canary_requests));
  }
  return finding;
}

}  // namespace

Finding JudgeRollout(const RolloutGateInput& input) {
  std::vector<Finding> findings;
  for (const RuleSaid& rule : input.rules) {
    if (rule.counting == Counting::kAlways || rule.finding.verdict == Verdict::kFail) findings.push_back(rule.finding);
  }
  for (const AnalysisSaid& analysis : input.analyses) findings.push_back(JudgeAnalysis(analysis));
  for (const auto& part : {JudgeInstances(input), JudgeHanging(input), JudgeLeastEvidence(input)}) {
    if (part) findings.push_back(*part);
  }
  std::vector<Verdict> verdicts;
  for (const Finding& finding : findings) verdicts.push_back(finding.verdict);
  Finding whole;
  whole.verdict = Worst(verdicts);
  for (const Finding& finding : findings) {
    if (finding.verdict == whole.verdict && whole.reason.empty()) whole.reason = finding.reason;
    whole.evidence.insert(whole.evidence.end(), finding.evidence.begin(), finding.evidence.end());
  }
  if (findings.empty()) whole.reason = "there is no canary to judge yet";
  return whole;
}

}  // namespace tuesday::gate
