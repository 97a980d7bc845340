// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/action/uses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/workflow/action/lock.h"
#include "core/workflow/read.h"

namespace tuesday::workflow {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kWorkflow = R"(on: push
jobs:
  a:
    runs-on: x
    steps: [{uses: o/a@v1}, {run: x}, {uses: o/a@v1}, {parallel: [{uses: o/p@v1}]}]
  b:
    needs: a
    runs-on: x
    steps: [{uses: ./local}, {uses: o/b@v1}]
  c:
    runs-on: x
    steps: [{uses: o/c@v1}]
)";

TEST(Uses, AreThoseOfTheJobsThatWillRun) {
  const ReadResult read = ReadWorkflow(kWorkflow, "ci.yaml", {});
  ASSERT_TRUE(read.problems.empty()) << read.problems.front().text;
  EXPECT_THAT(UsesOf(read.workflow.jobs, {}), ElementsAre("o/a@v1", "o/p@v1", "./local", "o/b@v1", "o/c@v1"));
  EXPECT_THAT(UsesOf(read.workflow.jobs, {"b"}), ElementsAre("o/a@v1", "o/p@v1", "./local", "o/b@v1"));
  EXPECT_THAT(UsesOf(read.workflow.jobs, {"c"}), ElementsAre("o/c@v1"));
}

TEST(Uses, OfADefinitionAreThoseOfACompositeOne) {
  EXPECT_THAT(UsesOfDefinition("name: c\ndescription: d\nruns: {using: composite, steps: [{uses: o/x@v1}]}\n", "o/c@v1"),
              ElementsAre("o/x@v1"));
  EXPECT_THAT(UsesOfDefinition("name: n\ndescription: d\nruns: {using: node20, main: a.js}\n", ""), IsEmpty());
  EXPECT_THAT(UsesOfDefinition("no: action", ""), IsEmpty());
}

TEST(Uses, OfTheOwnRepositoryAreThoseOfTheActionThatSaysSo) {
  EXPECT_EQ(UsesWithin("octo/act/deep@v1", "$/other"), "octo/act/other@v1");
  EXPECT_EQ(UsesWithin("octo/act@v1", "$/other"), "octo/act/other@v1");
  EXPECT_EQ(UsesWithin("octo/act@a/b", "$/x/y"), "octo/act/x/y@a/b");
  for (const char* within : {"./here", "$/here", "docker://x"}) EXPECT_EQ(UsesWithin(within, "$/other"), "$/other") << within;
  EXPECT_EQ(UsesWithin("octo/act@v1", "./other"), "./other");
  EXPECT_EQ(UsesWithin("octo/act@v1", "o/b@v2"), "o/b@v2");
}

TEST(Locks, AreReadAsTheyAreWritten) {
  const std::string digest = "sha256:" + std::string(64, 'a');
  const ActionLock lock = {{"o/a@v1", {"0123", digest}}, {"o/b@main", {"", digest}}};
  EXPECT_EQ(ReadLock(PrintLock(lock)), lock);
  EXPECT_EQ(ReadLock("# nothing\n\n"), ActionLock());
  for (const std::string& wrong : {std::string("o/a@v1 0123 sha256:short"), "o/a - " + digest, std::string("o/a@v1")})
    EXPECT_THAT(ReadLock(wrong).error().message, HasSubstr(".github/actions.lock:1: ")) << wrong;
  EXPECT_THAT(ReadLock("o/a@v1 - " + digest + "\no/a@v1 - " + digest).error().message,
              HasSubstr(":2: o/a@v1 stands here twice"));
}

}  // namespace
}  // namespace tuesday::workflow
