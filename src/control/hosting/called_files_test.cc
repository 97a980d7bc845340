// SPDX-License-Identifier: Apache-2.0
#include "control/hosting/called_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fake_repositories.h"

namespace tuesday::control {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr const char* kCalled = R"(
on: workflow_call
jobs: {inner: {runs-on: ubuntu-latest, steps: [{run: echo called}]}}
)";

std::string Calls(const std::string& uses) { return "on: push\njobs: {call: {uses: " + uses + "}}\n"; }

class Called : public ::testing::Test {
 protected:
  // What a workflow that calls `uses` is at a commit of shop/app.
  HostedWorkflow At(const std::string& uses) {
    const std::string sha = repositories.Push("app", "refs/heads/main", {{".github/workflows/ci.yaml", Calls(uses)}});
    const auto found = WorkflowsAt(sources, record, sha);
    EXPECT_TRUE(found.has_value());
    return found->front();
  }
  std::string ProblemOf(const std::string& uses) {
    const HostedWorkflow workflow = At(uses);
    return workflow.problems.empty() ? "" : workflow.problems.front();
  }

  ::tuesday::testing::FakeRepositories repositories;
  runs::RepositoryRecord record{.name = "app", .ns = "shop"};
  Sources sources{.repositories = repositories, .neighbours = {"app", "ci"}, .elsewhere = nullptr};
};

TEST_F(Called, OfANeighbourIsReadAtTheBranchTagOrCommit) {
  const std::string old = repositories.Push("ci", "refs/tags/v1", {{".github/workflows/build.yaml", kCalled}});
  repositories.Push("ci", "refs/heads/main", {{"other", "x"}});
  for (const std::string& ref : {std::string("v1"), old}) {
    const HostedWorkflow workflow = At("shop/ci/.github/workflows/build.yaml@" + ref);
    EXPECT_THAT(workflow.problems, SizeIs(0)) << workflow.problems.front();
    ASSERT_THAT(workflow.files, SizeIs(2));
    EXPECT_EQ(workflow.files[1].name, "shop/ci/.github/workflows/build.yaml@" + ref);
    EXPECT_EQ(workflow.files[1].content, kCalled);
  }
  EXPECT_THAT(ProblemOf("shop/ci/.github/workflows/build.yaml@main"), HasSubstr("ci has no file"));
  EXPECT_THAT(ProblemOf("shop/ci/.github/workflows/build.yaml@v9"), HasSubstr("ci has no branch or tag 'v9'"));
}

TEST_F(Called, OfAnotherNamespaceIsNoNeighbour) {
  repositories.Push("ci", "refs/tags/v1", {{".github/workflows/build.yaml", kCalled}});
  EXPECT_THAT(ProblemOf("bank/ci/.github/workflows/build.yaml@v1"), HasSubstr("not mirrored here"));
  sources.neighbours.erase("ci");
  EXPECT_THAT(ProblemOf("shop/ci/.github/workflows/build.yaml@v1"), HasSubstr("not mirrored here"));
}

TEST_F(Called, OfElsewhereIsAskedForWithTheCommitThatCalls) {
  std::string asked;
  sources.elsewhere = [&](const auto& of, const std::string& sha, const std::string& name) -> Result<std::string> {
    asked = of.name + " " + sha + " " + name;
    return std::string(kCalled);
  };
  const std::string uses = "octo/ci/.github/workflows/build.yaml@v1";
  const std::string sha = repositories.Push("app", "refs/heads/main", {{".github/workflows/ci.yaml", Calls(uses)}});
  const auto found = WorkflowsAt(sources, record, sha);
  ASSERT_TRUE(found.has_value());
  EXPECT_THAT(found->front().problems, SizeIs(0));
  EXPECT_EQ(asked, "app " + sha + " " + uses);
}

}  // namespace
}  // namespace tuesday::control
