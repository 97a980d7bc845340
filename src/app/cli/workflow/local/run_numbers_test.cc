// SPDX-License-Identifier: Apache-2.0
#include "app/cli/workflow/local/run_numbers.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "testing/temporary_folder.h"

namespace tuesday::cli {
namespace {

TEST(RunNumbers, CountUpAndKeepTheLastTwenty) {
  TemporaryFolder folder;
  for (int i = 1; i <= kLocalRunsKept + 3; ++i) {
    const auto taken = TakeRunNumber(folder.path());
    ASSERT_TRUE(taken.has_value()) << taken.error().message;
    EXPECT_EQ(taken->number, i);
    EXPECT_TRUE(std::filesystem::is_empty(taken->folder));
  }
  EXPECT_FALSE(std::filesystem::exists(folder.path("run-1")));
  EXPECT_TRUE(std::filesystem::exists(folder.path("run-5")));
}

}  // namespace
}  // namespace tuesday::cli
