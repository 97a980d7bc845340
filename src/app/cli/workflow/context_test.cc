// SPDX-License-Identifier: Apache-2.0
#include "app/cli/workflow/context.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "core/workflow/read.h"
#include "testing/temporary_folder.h"

namespace tuesday::cli {
namespace {

LocalWorkflow Local(std::string_view text) {
  LocalWorkflow local;
  local.name = ".github/workflows/ci.yaml";
  local.workflow = workflow::ReadWorkflow(text, local.name, {}).workflow;
  local.triggers = workflow::ReadTriggers(*local.workflow.on);
  return local;
}

constexpr std::string_view kDispatch = R"(
on:
  workflow_dispatch:
    inputs:
      level: {type: choice, options: [low, high], default: low}
      dry: {type: boolean}
      count: {type: number, default: 3}
      who: {type: string, required: true}
jobs: {a: {runs-on: x, steps: [{run: a}]}}
)";

git::Snapshot Tree() {
  git::Snapshot snapshot;
  snapshot.sha = "0123";
  snapshot.ref = "refs/heads/topic";
  snapshot.repository = "acme/app";
  return snapshot;
}

TEST(RunContexts, OfAPushNameTheCommit) {
  const auto context = ContextOf({}, Local("on: push\njobs: {a: {runs-on: x, steps: [{run: a}]}}"), Tree(), "run-1", 1);
  ASSERT_TRUE(context.has_value()) << context.error().message;
  const Json github = *ParseJson(context->github);
  EXPECT_EQ(github.At("sha").StringOr(""), "0123");
  EXPECT_EQ(github.At("ref_name").StringOr(""), "topic");
  EXPECT_EQ(github.At("repository_owner").StringOr(""), "acme");
  EXPECT_EQ(github.At("event").At("after").StringOr(""), "0123");
}

TEST(RunContexts, InputsAreTypedAndTheirTextsInTheEvent) {
  WorkflowOptions options;
  options.event = "workflow_dispatch";
  options.inputs = {"who=Ada", "dry=true"};
  const auto context = ContextOf(options, Local(kDispatch), Tree(), "run-1", 1);
  ASSERT_TRUE(context.has_value()) << context.error().message;
  EXPECT_EQ(context->inputs, R"({"count":3,"dry":true,"level":"low","who":"Ada"})");
  EXPECT_EQ(ParseJson(context->event)->At("inputs").At("dry").StringOr(""), "true");
}

TEST(RunContexts, RefuseInputsThatLackOrAreWrong) {
  WorkflowOptions options;
  options.event = "workflow_dispatch";
  EXPECT_EQ(ContextOf(options, Local(kDispatch), Tree(), "r", 1).error().message, "The workflow asks for the input 'who'.");
  options.inputs = {"who=x", "level=middle"};
  EXPECT_EQ(ContextOf(options, Local(kDispatch), Tree(), "r", 1).error().message,
            "'middle' is none of the choices of the input 'level'.");
  options.inputs = {"who=x", "nosuch=1"};
  EXPECT_EQ(ContextOf(options, Local(kDispatch), Tree(), "r", 1).error().message,
            "The workflow has no input 'nosuch' for workflow_dispatch.");
}

TEST(RunSecrets, ComeFromTheEnvironmentAndNeverFromTheCommandLine) {
  ::setenv("TUESDAY_TEST_SECRET", "hush", 1);
  WorkflowOptions options;
  options.secrets = {"TUESDAY_TEST_SECRET"};
  EXPECT_EQ(ReadSecrets(options)->at("TUESDAY_TEST_SECRET"), "hush");
  options.secrets = {"A=hush"};
  EXPECT_EQ(ReadSecrets(options).error().code, ErrorCode::kInvalid);
}

TEST(RunSecrets, OfAFileThatOthersCanReadAreRefused) {
  TemporaryFolder folder;
  const std::string path = folder.path("secrets");
  std::ofstream(path) << "# mine\nTOKEN=\"a b\"\n";
  WorkflowOptions options;
  options.secret_file = path;
  ::chmod(path.c_str(), 0644);
  EXPECT_EQ(ReadSecrets(options).error().code, ErrorCode::kDenied);
  ::chmod(path.c_str(), 0600);
  EXPECT_EQ(ReadSecrets(options)->at("TOKEN"), "a b");
}

}  // namespace
}  // namespace tuesday::cli
