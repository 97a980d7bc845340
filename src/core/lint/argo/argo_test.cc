// SPDX-License-Identifier: Apache-2.0
#include "core/lint/argo/argo.h"

#include <gtest/gtest.h>

namespace tuesday::lint {
namespace {

std::string RolloutWith(const std::string& strategy) {
  return "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: a}\nspec:\n  selector: {matchLabels: {app: a}}\n"
         "  template:\n    metadata: {labels: {app: a}}\n    spec: {containers: [{name: a, image: a}]}\n  strategy:\n" +
         strategy;
}

std::string FirstOf(const std::string& text) {
  const std::vector<ArgoProblem> problems = ArgoLint(text, "f");
  return problems.empty() ? "" : problems.front().Line();
}

TEST(ArgoLint, SaysWhatArgoSays) {
  struct Row {
    const char* name;
    std::string text;
    const char* first;
  };
  const Row rows[] = {
      {"Good", RolloutWith("    canary: {steps: [{setWeight: 10}, {pause: {}}]}\n"), ""},
      {"EmptyCanary", RolloutWith("    canary: {}\n"), ""},
      {"BothZero", RolloutWith("    canary: {maxSurge: 0%, maxUnavailable: 0}\n"),
       "spec.strategy.maxSurge: Invalid value: \"0%\": MaxSurge and MaxUnavailable both can not be zero"},
      {"WeightPastTheMost", RolloutWith("    canary: {steps: [{setWeight: 101}]}\n"),
       "spec.strategy.steps[0].setWeight: Invalid value: 101: SetWeight needs to be between 0 and 100"},
      {"BadPause", RolloutWith("    canary: {steps: [{pause: {duration: soon}}]}\n"),
       "spec.strategy.steps[0].pause.duration: Invalid value: -1: Duration needs to be greater than 0"},
      {"ScaleWithoutRouting", RolloutWith("    canary: {steps: [{setCanaryScale: {replicas: 1}}]}\n"),
       "spec.strategy.trafficRouting: Required value: SetCanaryScale requires TrafficRouting to be set"},
      {"SameServices", RolloutWith("    blueGreen: {activeService: a, previewService: a}\n"),
       "spec.strategy.activeService: Invalid value: \"a\": This rollout uses the same service for the active and preview "
       "services, but two different services are required."},
      {"NoStrategy", RolloutWith("    {}\n"),
       "spec.strategy.strategy: Required value: Rollout has missing field '.spec.strategy.canary or .spec.strategy.blueGreen'"},
      {"UnknownKey", RolloutWith("    canary: {step: []}\n"),
       "error unmarshaling JSON: while decoding JSON: json: unknown field \"step\""},
      {"RoutedWithoutServices", RolloutWith("    canary: {trafficRouting: {nginx: {stableIngress: a}}}\n"),
       "spec.strategy.stableService: Invalid value: \"\": Canary service and Stable service must to be set to use Traffic "
       "Routing"},
      {"NoKind", "a: 1\n", "error unmarshaling JSON: while decoding JSON: Object 'Kind' is missing in '{\"a\":1}'"},
      {"ForeignKindsAreNotLookedAt", "apiVersion: v2\nkind: Thing\nanything: 1\n", ""},
      {"WorkloadAndTemplate",
       "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: a}\nspec:\n  workloadRef: {kind: Deployment, name: "
       "a}\n"
       "  template: {metadata: {labels: {a: b}}}\n  strategy: {canary: {}}\n",
       "spec.template: Internal error: template must be empty for workload reference rollout"},
  };
  for (const Row& row : rows) EXPECT_EQ(FirstOf(row.text), row.first) << row.name;
}

TEST(ArgoLint, NamesThePlaceOfAField) {
  const std::vector<ArgoProblem> problems =
      ArgoLint(RolloutWith("    canary:\n      maxSurge: 0\n      maxUnavailable: 0\n"), "f");
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems.front().at, (SourcePos{"f", 11, 17}));
}

TEST(ArgoLint, LooksIntoLists) {
  const std::string bad =
      "apiVersion: v1\nkind: List\nitems: [{apiVersion: argoproj.io/v1alpha1, kind: Rollout, spec: {strategy: {}}}]\n";
  EXPECT_EQ(FirstOf(bad), "spec.selector: Required value: Rollout has missing field '.spec.selector'");
}

}  // namespace
}  // namespace tuesday::lint
