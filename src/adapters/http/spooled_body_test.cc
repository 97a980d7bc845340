// SPDX-License-Identifier: Apache-2.0
#include "adapters/http/spooled_body.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "adapters/files/files.h"

namespace tuesday::http {
namespace {

class Spooled : public ::testing::Test {
 protected:
  Spooled() { EXPECT_NE(mkdtemp(folder_.data()), nullptr); }
  ~Spooled() override { EXPECT_TRUE(files::RemoveTree(folder_).has_value()); }

  std::string folder_ = "/tmp/tuesday-spool-XXXXXX";
};

TEST_F(Spooled, HasNoNameAndReadsBack) {
  const auto body = SpooledBody::Create(folder_ + "/made/on/demand");
  ASSERT_TRUE(body.has_value()) << body.error().message;
  ASSERT_TRUE((*body)->Append("one ").has_value());
  ASSERT_TRUE((*body)->Append("two").has_value());
  EXPECT_EQ((*body)->bytes(), 7U);
  EXPECT_EQ((*body)->Read(7).value_or("-"), "one two");
  EXPECT_EQ((*body)->Read(6).error().code, ErrorCode::kLimit);
  EXPECT_TRUE(files::NamesIn(folder_ + "/made/on/demand").empty());
}

TEST_F(Spooled, EachReaderBeginsAtTheFirstByte) {
  const auto body = SpooledBody::Create(folder_);
  ASSERT_TRUE((*body)->Append("abc").has_value());
  for (int reader = 0; reader < 2; ++reader) {
    const Result<files::Fd> file = (*body)->Open();
    ASSERT_TRUE(file.has_value()) << file.error().message;
    std::string read(3, '-');
    EXPECT_EQ(::read(file->get(), read.data(), read.size()), 3);
    EXPECT_EQ(read, "abc");
    EXPECT_EQ(::write(file->get(), "x", 1), -1) << "readers do not write";
  }
}

TEST_F(Spooled, IsKeptUnderANameWhenAsked) {
  const std::string kept = folder_ + "/kept";
  {
    const auto body = SpooledBody::Create(folder_);
    ASSERT_TRUE((*body)->Append("abc").has_value());
    ASSERT_TRUE((*body)->Keep(kept).has_value());
    EXPECT_EQ((*body)->Keep(kept).error().code, ErrorCode::kConflict);
  }
  EXPECT_EQ(files::ReadFile(kept).value_or("-"), "abc");
  struct stat facts{};
  ASSERT_EQ(stat(kept.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600U);
}

TEST_F(Spooled, IsCopiedToAnotherDisk) {
  const auto body = SpooledBody::Create("/dev/shm");
  ASSERT_TRUE(body.has_value()) << body.error().message;
  const std::string content(600'000, 'x');
  ASSERT_TRUE((*body)->Append(content).has_value());
  ASSERT_TRUE((*body)->Keep(folder_ + "/kept").has_value());
  EXPECT_EQ(files::ReadFile(folder_ + "/kept").value_or("-"), content);
}

TEST_F(Spooled, TellsAFolderThatCannotBe) {
  ASSERT_TRUE(files::ReplaceFile(folder_ + "/file", "").has_value());
  EXPECT_FALSE(SpooledBody::Create(folder_ + "/file/below").has_value());
}

}  // namespace
}  // namespace tuesday::http
