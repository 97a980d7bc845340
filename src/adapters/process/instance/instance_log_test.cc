// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/instance/instance_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "adapters/files/files.h"
#include "testing/temporary_folder.h"

namespace tuesday::process {
namespace {

using ::testing::ElementsAre;

TEST(InstanceLog, KeepsTwoFilesOfTheBoundAndTheNewestLines) {
  const TemporaryFolder temporary;
  const InstanceFolder folder{temporary.path()};
  InstanceLog log(folder, 1000);
  for (int i = 0; i < 1000; ++i) log.Append("line " + std::to_string(i) + "\n");
  EXPECT_LE(std::filesystem::file_size(folder.log()), 1000u);
  EXPECT_LE(std::filesystem::file_size(folder.older_log()), 1000u);
  EXPECT_THAT(LastLines(folder, 2), ElementsAre("line 998", "line 999"));
  // More than one file holds: they are joined in order.
  const auto many = LastLines(folder, 150);
  ASSERT_EQ(many.size(), 150u);
  EXPECT_EQ(many.front(), "line 850");
}

TEST(InstanceLog, LineWithoutItsEndIsShownAndOneAppendLargerThanTheBoundIsCut) {
  const TemporaryFolder temporary;
  const InstanceFolder folder{temporary.path()};
  InstanceLog log(folder, 100);
  log.Append("half a line");
  EXPECT_THAT(LastLines(folder, 5), ElementsAre("half a line"));
  log.Append(std::string(5000, 'x'));
  EXPECT_LE(std::filesystem::file_size(folder.log()), 100u);
}

TEST(InstanceLog, GoesOnWhereAnEarlierOneEnded) {
  const TemporaryFolder temporary;
  const InstanceFolder folder{temporary.path()};
  InstanceLog(folder, 1000).Append("first\n");
  InstanceLog(folder, 1000).Append("second\n");
  EXPECT_THAT(LastLines(folder, 5), ElementsAre("first", "second"));
  EXPECT_TRUE(LastLines(InstanceFolder{"/no/such"}, 5).empty());
}

}  // namespace
}  // namespace tuesday::process
