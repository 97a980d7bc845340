// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/run/resume.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/workflow/run/test_world.h"

namespace tuesday::workflow {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kWorkflow = R"(
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    outputs: {tag: "${{ steps.meta.outputs.tag }}"}
    steps: [{id: meta, run: meta}]
  test:
    needs: build
    runs-on: ubuntu-latest
    steps:
      - uses: o/a@v1
      - id: one
        run: one
      - run: two ${{ steps.one.outputs.x }} ${{ env.E }}
      - run: three
  after:
    needs: [build, test]
    runs-on: ubuntu-latest
    steps: [{run: "after ${{ needs.build.outputs.tag }}"}]
)";

TestWorld Failed() {
  TestWorld world(kWorkflow);
  world.actions["o/a@v1"] = {.definition = "name: n\ndescription: d\nruns: {using: node20, main: main.js, post: post.js}\n",
                             .folder = "/a"};
  world.behaviours["meta"].outputs = {{"tag", "v1"}};
  world.behaviours["one"].outputs = {{"x", "1"}};
  world.behaviours["one"].environment = {{"E", "env"}};
  world.behaviours["/a/main.js"].saved = {{"k", "kept"}};
  world.behaviours["two 1 env"].exit_code = 1;
  world.Run();
  return world;
}

// The second attempt in a world of its own, with the first one's definition.
TestWorld Again(const TestWorld& first, ResumeFrom from) {
  TestWorld world(kWorkflow);
  world.spec.id = "r1.2";
  world.actions = first.actions;
  world.behaviours = first.behaviours;
  world.behaviours["two 1 env"].exit_code = 0;
  world.state = Resume(first.state, from);
  return world;
}

TEST(Resume, GoesOnAtTheStepThatFailedWithWhatWasLeftBefore) {
  const TestWorld first = Failed();
  ASSERT_EQ(first.Result(), RunResult::kFailure);
  EXPECT_THAT(first.scripts, ElementsAre("meta", "/a/main.js", "one", "two 1 env", "/a/post.js"));
  TestWorld second = Again(first, ResumeFrom::kFailedStep);
  EXPECT_THAT(ContinuedLegs(second.state), ElementsAre("test"));
  second.Begin();
  second.Run();
  EXPECT_EQ(second.Result(), RunResult::kSuccess);
  EXPECT_THAT(second.scripts, ElementsAre("two 1 env", "three", "/a/post.js", "after v1"));
  EXPECT_EQ(second.environments["/a/post.js"]["STATE_k"], "kept");
}

TEST(Resume, TellsTheTimeOfTheAttemptAlone) {
  TestWorld second = Again(Failed(), ResumeFrom::kFailedStep);
  EXPECT_EQ(second.state.began, WallTime{});
  second.Begin();
  EXPECT_EQ(second.state.began, second.Now().wall);
}

TEST(Resume, OrBeginsFailedJobsAnew) {
  TestWorld second = Again(Failed(), ResumeFrom::kFailedJobs);
  EXPECT_THAT(ContinuedLegs(second.state), IsEmpty());
  second.Begin();
  second.Run();
  EXPECT_EQ(second.Result(), RunResult::kSuccess);
  EXPECT_THAT(second.scripts, ElementsAre("/a/main.js", "one", "two 1 env", "three", "/a/post.js", "after v1"));
}

TEST(Resume, ACancelledRunGoesOnWhereItWasEnded) {
  TestWorld first(kWorkflow);
  first.actions["o/a@v1"] = {.definition = "name: n\ndescription: d\nruns: {using: node20, main: main.js}\n", .folder = "/a"};
  first.behaviours["one"].takes = std::chrono::hours(1);
  first.Begin();
  first.RunFor(std::chrono::seconds(10));
  first.Cancel();
  first.Run();
  ASSERT_EQ(first.Result(), RunResult::kCancelled);
  TestWorld second = Again(first, ResumeFrom::kFailedStep);
  second.behaviours["one"].takes = std::chrono::seconds(1);
  second.Begin();
  second.Run();
  EXPECT_EQ(second.Result(), RunResult::kSuccess);
  EXPECT_EQ(second.scripts.front(), "one");
}

}  // namespace
}  // namespace tuesday::workflow
