// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <zip.h>

#include <filesystem>

#include "adapters/files/files.h"
#include "adapters/zip/zip_file.h"
#include "testing/temporary_folder.h"

namespace tuesday::zip {
namespace {

class Zips : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return folder_.path() + "/" + name; }

  std::string Made(const std::string& name, const std::string& bytes) const {
    EXPECT_TRUE(files::ReplaceFile(Path(name), bytes).has_value());
    return Path(name);
  }

  // A zip as nobody should write it: names as they are, and perhaps a link.
  std::string Crafted(const std::vector<std::string>& names, mode_t mode = S_IFREG | 0644) const {
    zip_t* archive = zip_open(Path("bad.zip").c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
    for (const std::string& name : names) {
      zip_source_t* source = zip_source_buffer(archive, "target", 6, 0);
      const zip_int64_t index = zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_UTF_8);
      EXPECT_GE(index, 0);
      zip_file_set_external_attributes(archive, static_cast<zip_uint64_t>(index), 0, ZIP_OPSYS_UNIX,
                                       static_cast<zip_uint32_t>(mode) << 16);
    }
    EXPECT_EQ(zip_close(archive), 0);
    return Path("bad.zip");
  }

  TemporaryFolder folder_;
};

TEST_F(Zips, WhatIsPackedIsUnpackedAgain) {
  const std::string small = Made("small", "hello");
  const std::string large = Made("large", std::string(3 << 20, 'x'));
  const std::string empty = Made("empty", "");
  for (const int level : {kStored, 1, 9}) {
    ASSERT_TRUE(WriteZip(Path("a.zip"), {{"a.txt", small}, {"sub/deep/b.bin", large}, {"none", empty}}, level).has_value());
    EXPECT_EQ(std::filesystem::file_size(Path("a.zip")) > (3U << 20), level == kStored) << level;
    const auto unpacked = UnpackZip(Path("a.zip"), Path("out"));
    ASSERT_TRUE(unpacked.has_value()) << unpacked.error().message;
    EXPECT_EQ(unpacked->files, 3U);
    EXPECT_EQ(unpacked->bytes, 5U + (3U << 20));
    EXPECT_EQ(*files::ReadFile(Path("out/a.txt")), "hello");
    EXPECT_EQ(files::ReadFile(Path("out/sub/deep/b.bin"))->size(), 3U << 20);
    EXPECT_EQ(*files::ReadFile(Path("out/none")), "");
  }
}

TEST_F(Zips, NamesThatLeadOutAreRefusedBeforeAnythingIsWritten) {
  for (const char* name : {"../../etc/passwd", "/etc/passwd", "a/../../b", ".."}) {
    const auto unpacked = UnpackZip(Crafted({"good", name}), Path("out/deep"));
    ASSERT_FALSE(unpacked.has_value()) << name;
    EXPECT_EQ(unpacked.error().code, ErrorCode::kDenied);
    EXPECT_THAT(unpacked.error().message, testing::HasSubstr(name));
    EXPECT_FALSE(files::Exists(Path("out"))) << name;
  }
  EXPECT_TRUE(UnpackZip(Crafted({"..a/b..", "c"}), Path("fine")).has_value());
}

TEST_F(Zips, LinksAreRefused) {
  const auto unpacked = UnpackZip(Crafted({"link"}, S_IFLNK | 0777), Path("out"));
  ASSERT_FALSE(unpacked.has_value());
  EXPECT_THAT(unpacked.error().message, testing::HasSubstr("'link', which is a link"));
}

TEST_F(Zips, ContentsWithoutEndAreRefused) {
  const std::string zeros = Made("zeros", std::string(8 << 20, '\0'));
  ASSERT_TRUE(WriteZip(Path("bomb.zip"), {{"a", zeros}, {"b", zeros}}, 9).has_value());
  EXPECT_EQ(UnpackZip(Path("bomb.zip"), Path("out"), {.bytes_max = 10 << 20}).error().code, ErrorCode::kLimit);
  EXPECT_EQ(UnpackZip(Path("bomb.zip"), Path("out"), {.members_max = 1}).error().code, ErrorCode::kLimit);
  EXPECT_FALSE(files::Exists(Path("out")));
  EXPECT_TRUE(UnpackZip(Path("bomb.zip"), Path("out"), {.bytes_max = 16 << 20, .members_max = 2}).has_value());
}

TEST_F(Zips, WhatIsNoZipIsSaid) {
  EXPECT_EQ(UnpackZip(Made("text", "no zip at all"), Path("out")).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(UnpackZip(Path("none"), Path("out")).error().code, ErrorCode::kNotFound);
  EXPECT_THAT(WriteZip(Path("a.zip"), {{"a", Path("none")}}, 6).error().message, testing::HasSubstr("cannot be"));
}

}  // namespace
}  // namespace tuesday::zip
