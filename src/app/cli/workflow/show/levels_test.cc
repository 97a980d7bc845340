// SPDX-License-Identifier: Apache-2.0
#include "app/cli/workflow/show/levels.h"

#include <gtest/gtest.h>

#include "core/workflow/read.h"

namespace tuesday::cli {
namespace {

std::vector<workflow::Job> Jobs() {
  return workflow::ReadWorkflow(R"(
on: push
jobs:
  deploy: {needs: [test, lint], runs-on: x, environment: prod, steps: [{run: a}]}
  test: {runs-on: x, strategy: {matrix: {n: [1, 2]}}, steps: [{run: a}]}
  lint: {runs-on: x, steps: [{run: a}]}
)",
                                "w.yaml", {})
      .workflow.jobs;
}

TEST(Levels, PutAJobAfterTheLastThatItNeeds) {
  const auto jobs = Jobs();
  const auto levels = LevelsOf(jobs);
  ASSERT_EQ(levels.size(), 2U);
  EXPECT_EQ(levels[0][0]->id.text, "test");
  EXPECT_EQ(levels[0][1]->id.text, "lint");
  EXPECT_EQ(levels[1][0]->id.text, "deploy");
}

TEST(Levels, AreDrawn) {
  EXPECT_EQ(DrawGraph(Jobs()),
            " ┌────────┐  ┌──────┐\n"
            " │ test × │  │ lint │\n"
            " └────────┘  └──────┘\n"
            "    ↓\n"
            " ┌──────────┐\n"
            " │ deploy ◆ │\n"
            " └──────────┘\n");
  EXPECT_EQ(GraphAsMermaid(Jobs()),
            "graph TD\n  deploy[\"deploy\"]\n  test --> deploy\n  lint --> deploy\n  test[\"test\"]\n  lint[\"lint\"]\n");
}

}  // namespace
}  // namespace tuesday::cli
