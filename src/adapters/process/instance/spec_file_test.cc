// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/instance/spec_file.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "adapters/files/files.h"
#include "testing/temporary_folder.h"

namespace tuesday::process {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Place {
  TemporaryFolder state;
  InstanceFolder folder{state.path() + "/instances/api-0"};
  InstanceSpec spec;

  Place() {
    spec.instance = InstanceId("api-0");
    spec.environment = {{"PASSWORD", "hunter2"}};
    EXPECT_TRUE(files::MakeFolders(folder.path));
    EXPECT_TRUE(WriteSpecFile(folder, spec));
  }
};

TEST(SpecFile, ReadsBackWhatItWroteAndShowsNoVariable) {
  const Place place;
  const auto read = ReadSpecFile(place.folder);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, place.spec);
  const std::string bytes = files::ReadFile(place.folder.spec()).value_or("");
  EXPECT_THAT(bytes, Not(HasSubstr("hunter2")));
  EXPECT_THAT(bytes, HasSubstr("\"readable_by\":2"));
}

TEST(SpecFile, AMissingKeyIsDamageAndNotAMissingInstance) {
  const Place place;
  ASSERT_EQ(::unlink((place.state.path() + "/secret.key").c_str()), 0);
  EXPECT_EQ(ReadSpecFile(place.folder).error().code, ErrorCode::kCorrupt);
}

TEST(SpecFile, WhatAnOlderTuesdayWroteInTheClearIsRead) {
  const Place place;
  ASSERT_TRUE(files::WriteFileDurably(place.folder.spec(), CanonicalJson(SpecJson(place.spec)), 0600));
  EXPECT_EQ(ReadSpecFile(place.folder).value_or(InstanceSpec{}), place.spec);
}

}  // namespace
}  // namespace tuesday::process
