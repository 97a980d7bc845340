// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/action/action.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tuesday::workflow {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

Action Parsed(std::string_view text) {
  const ReadActionResult result = ReadActionFile(text, "action.yml");
  for (const WorkflowProblem& problem : result.problems) ADD_FAILURE() << problem.text;
  return result.action;
}

TEST(ActionTest, AJavaScriptActionHasItsScripts) {
  const Action action = Parsed(R"(name: Setup
description: Sets up.
author: somebody
inputs:
  version:
    description: Which.
    default: '20'
    required: true
  token:
    default: ${{ github.token }}
  old:
    deprecationMessage: Use version.
outputs:
  path:
    description: Where.
runs:
  using: node20
  main: dist/index.js
  pre: dist/pre.js
  pre-if: runner.os == 'Linux'
  post: dist/post.js
branding: {icon: box, color: blue}
)");
  EXPECT_EQ(action.name, "Setup");
  ASSERT_THAT(action.inputs, SizeIs(3));
  EXPECT_TRUE(action.inputs[0].required);
  EXPECT_EQ(action.inputs[0].preset->text, "20");
  EXPECT_EQ(action.inputs[1].preset->kind, TokenKind::kExpression);
  EXPECT_EQ(action.inputs[1].preset->text, "github.token");
  EXPECT_EQ(action.inputs[2].deprecation, "Use version.");
  EXPECT_FALSE(action.inputs[2].preset.has_value());
  ASSERT_THAT(action.outputs, SizeIs(1));
  EXPECT_FALSE(action.outputs[0].value.has_value());
  const auto& node = std::get<NodeRuns>(action.runs);
  EXPECT_EQ(node.version, 20);
  EXPECT_EQ(node.main, "dist/index.js");
  EXPECT_EQ(node.pre, "dist/pre.js");
  EXPECT_EQ(node.post, "dist/post.js");
  EXPECT_EQ(node.pre_if.text, "runner.os == 'Linux'");
  EXPECT_EQ(node.post_if.text, "always()");
}

TEST(ActionTest, ACompositeActionHasSteps) {
  const Action action = Parsed(R"(name: Build
outputs:
  digest:
    value: ${{ steps.build.outputs.digest }}
runs:
  using: composite
  steps:
    - id: build
      run: make ${{ inputs.target }}
      shell: bash
      env: {A: "${{ env.B }}"}
    - uses: actions/cache@v4
      if: github.ref == 'refs/heads/main'
      with: {key: "${{ hashFiles('**/lock') }}"}
      continue-on-error: true
    - uses: ./other
)");
  EXPECT_EQ(action.outputs.at(0).value->text, "steps.build.outputs.digest");
  const auto& steps = std::get<CompositeRuns>(action.runs).steps;
  ASSERT_THAT(steps, SizeIs(3));
  EXPECT_EQ(steps[0].id, "build");
  EXPECT_EQ(steps[0].kind, StepKind::kRun);
  EXPECT_EQ(steps[0].condition.text, "success()");
  EXPECT_EQ(steps[0].shell->text, "bash");
  EXPECT_EQ(steps[1].id, "__actions_cache");
  EXPECT_EQ(steps[1].condition.text, "success() && (github.ref == 'refs/heads/main')");
  EXPECT_EQ(steps[2].id, "__self");
}

TEST(ActionTest, ADockerActionHasItsImage) {
  const Action action = Parsed(R"(name: Lint
runs:
  using: Docker
  image: Dockerfile
  entrypoint: /run.sh
  pre-entrypoint: /pre.sh
  post-entrypoint: /post.sh
  post-if: failure()
  args: ["${{ inputs.path }}", fixed]
  env: {LEVEL: "${{ inputs.level }}"}
)");
  const auto& docker = std::get<DockerRuns>(action.runs);
  EXPECT_EQ(docker.image, "Dockerfile");
  EXPECT_EQ(docker.entrypoint, "/run.sh");
  EXPECT_EQ(docker.pre_entrypoint, "/pre.sh");
  EXPECT_EQ(docker.post_entrypoint, "/post.sh");
  EXPECT_EQ(docker.pre_if.text, "always()");
  EXPECT_EQ(docker.post_if.text, "failure()");
  EXPECT_THAT(docker.args->items, SizeIs(2));
  EXPECT_NE(docker.env->Find("LEVEL"), nullptr);
}

TEST(ActionTest, EveryNodeThatThereWasIsKnown) {
  for (const int version : {12, 16, 20, 24}) {
    const Action action = Parsed("runs: {using: node" + std::to_string(version) + ", main: index.js}");
    EXPECT_EQ(std::get<NodeRuns>(action.runs).version, version);
  }
}

TEST(ActionTest, WhatIsWrongHasItsPlace) {
  struct Row {
    std::string_view shows;
    std::string_view text;
    std::string_view wanted;
  };
  const Row rows[] = {
      {"Empty", "", "action.yml: "},
      {"NoRuns", "name: a\n", "action.yml (Line: 1, Col: 1): Required property is missing: runs"},
      {"NoUsing", "runs:\n  main: a.js\n", "(Line: 2, Col: 3): Missing 'using' value. 'using' requires 'composite', 'docker'"},
      {"UnknownUsing", "runs:\n  using: node99\n  main: a.js\n", "(Line: 2, Col: 10): 'using: node99' is not supported, use"},
      {"NoMain", "runs:\n  using: node20\n  pre: a.js\n",
       "(Line: 2, Col: 3): You are using a JavaScript Action but there is not an entry JavaScript file provided in "
       "action.yml."},
      {"NoImage", "runs:\n  using: docker\n  args: [a]\n", "You are using a Container Action but an image is not provided"},
      {"UsingAlone", "runs:\n  using: composite\n", "There's not enough info to determine what you meant."},
      {"TwoKinds", "runs:\n  using: node20\n  main: a.js\n  steps: []\n", "(Line: 4, Col: 3): Unexpected value 'steps'"},
      {"NoShell", "runs:\n  using: composite\n  steps:\n    - run: a\n",
       "(Line: 4, Col: 7): Required property is missing: shell"},
      {"NoSecrets", "runs:\n  using: composite\n  steps:\n    - run: ${{ secrets.A }}\n      shell: sh\n",
       "(Line: 4, Col: 12): Unrecognized named-value: 'secrets'"},
      {"NoVarsInIf", "runs:\n  using: composite\n  steps:\n    - run: a\n      shell: sh\n      if: vars.A\n",
       "Unrecognized named-value: 'vars'"},
      {"ExpressionInDescription", "description: ${{ github.ref }}\nruns: {using: node20, main: a}\n",
       "(Line: 1, Col: 14): Unrecognized named-value: 'github'"},
      {"StageCondition", "runs:\n  using: node20\n  main: a\n  post-if: a b\n",
       "(Line: 4, Col: 12): Unrecognized named-value: 'a'"},
      {"StepsOfAJob", "runs:\n  using: composite\n  steps:\n    - parallel: []\n",
       "(Line: 4, Col: 7): Unexpected value 'parallel'"},
      {"TheSameIdTwice",
       "runs:\n  using: composite\n  steps:\n    - {id: a, run: a, shell: sh}\n    - {id: a, run: a, shell: sh}\n",
       "The identifier 'a' may not be used more than once within the same scope."},
      {"InputTwice", "inputs:\n  a: {}\n  A: {}\nruns: {using: node20, main: a}\n",
       "(Line: 3, Col: 3): 'A' is already defined"},
  };
  for (const Row& row : rows) {
    const ReadActionResult result = ReadActionFile(row.text, "action.yml");
    ASSERT_FALSE(result.problems.empty()) << row.shows;
    EXPECT_THAT(result.problems.front().text, HasSubstr(row.wanted)) << row.shows;
  }
}

TEST(ActionTest, AFileThatIsTooLargeIsRefused) {
  const ReadActionResult result = ReadActionFile(std::string(kFileCharactersMax + 1, '#'), "action.yml");
  ASSERT_THAT(result.problems, SizeIs(1));
  EXPECT_THAT(result.problems[0].text, HasSubstr("The maximum file size of 1048576 characters has been exceeded"));
}

}  // namespace
}  // namespace tuesday::workflow
