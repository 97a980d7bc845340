// SPDX-License-Identifier: Apache-2.0
#include "adapters/actions/known_actions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/workflow/action/action.h"

namespace tuesday::actions {
namespace {

TEST(ActionRefs, AreTakenApart) {
  const auto ref = ParseActionRef("Actions/Cache/restore/deep@v4");
  ASSERT_TRUE(ref.has_value());
  EXPECT_EQ(ref->repository, "actions/cache");
  EXPECT_EQ(ref->path, "restore/deep");
  EXPECT_EQ(ref->ref, "v4");
  for (const char* wrong : {"checkout@v4", "actions/checkout", "actions/checkout@", "./local", "a@b/c"})
    EXPECT_FALSE(ParseActionRef(wrong).has_value()) << wrong;
}

// Each is read by the same reader as everybody's.
TEST(NativeActions, HaveMetadataWithoutProblems) {
  KnownActions known;
  for (const char* uses : {"actions/cache@v4", "actions/cache/restore@v4", "actions/checkout@v4",
                           "actions/download-artifact@v4", "actions/setup-node@v4", "actions/upload-artifact@v4"}) {
    const auto loaded = known.Load(uses);
    ASSERT_TRUE(loaded.has_value());
    EXPECT_NE(loaded->native, "") << uses;
    const auto read = workflow::ReadActionFile(loaded->definition, uses);
    EXPECT_TRUE(read.problems.empty()) << uses << ": " << read.problems.front().text;
    EXPECT_GT(read.action.inputs.size(), 5U);
  }
}

TEST(NativeActions, WhatIsNotHereIsAProblemAndNoError) {
  KnownActions known;
  EXPECT_THAT(known.Load("o/none@v1")->problem, testing::HasSubstr("not on this machine"));
  EXPECT_THAT(known.Load("actions/checkout/sub@v1")->problem, testing::HasSubstr("not on this machine"));
}

}  // namespace
}  // namespace tuesday::actions
