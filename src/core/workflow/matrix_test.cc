// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/matrix.h"

#include <gmock/gmock.h>

#include "core/workflow/read.h"

namespace tuesday::workflow {
namespace {

using testing::ElementsAre;

struct Expanded {
  std::vector<std::string> legs;
  std::vector<std::string> ids;
  std::vector<std::string> problems;
};

// Each leg as "key=value key=value".
Expanded Expand(const std::string& strategy) {
  const ReadResult read = ReadWorkflow("on: push\njobs: {a: {runs-on: x, strategy: " + strategy + "}}\n", "w.yml", {});
  Expanded out;
  for (const WorkflowProblem& problem : read.problems) out.problems.push_back(problem.message);
  if (!out.problems.empty()) return out;
  std::vector<WorkflowProblem> problems;
  const Result<Strategy> expanded = ExpandStrategy(*read.workflow.jobs[0].strategy, "job", problems);
  if (!expanded.has_value()) out.problems.push_back(expanded.error().message);
  if (!expanded.has_value()) return out;
  for (const MatrixLeg& leg : expanded->legs) {
    std::string text;
    for (const auto& [key, value] : leg.values.as_object()->members())
      text += (text.empty() ? "" : " ") + key + "=" + value.ToText();
    out.legs.push_back(text);
    out.ids.push_back(leg.id + "|" + leg.name);
  }
  return out;
}

TEST(Matrix, TheFirstVectorChangesSlowest) {
  const Expanded legs = Expand("{matrix: {os: [a, b], v: [1, 2.50]}}");
  EXPECT_THAT(legs.legs, ElementsAre("os=a v=1", "os=a v=2.5", "os=b v=1", "os=b v=2.5"));
  EXPECT_THAT(legs.ids, ElementsAre("a_1|job (a, 1)", "a_2_5|job (a, 2.5)", "b_1|job (b, 1)", "b_2_5|job (b, 2.5)"));
}

TEST(Matrix, IncludesAddToWhatTheyMatchAndElseStandAlone) {
  // The example of GitHub's documentation.
  const Expanded legs = Expand(
      "{matrix: {fruit: [apple, pear], animal: [cat, dog], include: [{color: green}, {color: pink, animal: cat}, {fruit: "
      "apple, shape: "
      "circle}, {fruit: banana}, {fruit: banana, animal: cat}]}}");
  EXPECT_THAT(legs.legs, ElementsAre("fruit=apple animal=cat color=pink shape=circle",
                                     "fruit=apple animal=dog color=green shape=circle", "fruit=pear animal=cat color=pink",
                                     "fruit=pear animal=dog color=green", "fruit=banana", "fruit=banana animal=cat"));
}

TEST(Matrix, ExcludesComparePartsLoosely) {
  const Expanded legs = Expand("{matrix: {os: [A, b], v: [{n: 1, m: 2}, {n: 2, m: 2}], exclude: [{os: a, v: {n: '1'}}]}}");
  EXPECT_THAT(legs.legs, ElementsAre("os=A v=Object", "os=b v=Object", "os=b v=Object"));
}

TEST(Matrix, IncludesAloneAreLegs) {
  EXPECT_THAT(Expand("{matrix: {include: [{a: 1}, {b: x}]}}").legs, ElementsAre("a=1", "b=x"));
}

TEST(Matrix, RefusesWhatMakesNoLeg) {
  EXPECT_THAT(Expand("{matrix: {os: []}}").problems, ElementsAre("Matrix vector 'os' does not contain any values"));
  EXPECT_THAT(Expand("{matrix: {exclude: [{a: 1}]}}").problems, ElementsAre("Matrix must define at least one vector"));
  EXPECT_THAT(Expand("{matrix: {a: [1], exclude: [{}]}}").problems, ElementsAre("Matrix exclude filter must not be empty"));
}

TEST(Matrix, IsBounded) {
  std::string vector = "[";
  for (int i = 0; i < 300; ++i) vector += std::to_string(i) + ",";
  vector += "]";
  EXPECT_THAT(Expand("{matrix: {a: " + vector + "}}").problems, ElementsAre("The matrix has more than 256 legs."));
  EXPECT_THAT(Expand("{matrix: {a: " + vector + ", b: " + vector + "}}").problems,
              ElementsAre("The matrix has more than 65536 combinations."));
}

}  // namespace
}  // namespace tuesday::workflow
