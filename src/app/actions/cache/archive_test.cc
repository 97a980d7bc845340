// SPDX-License-Identifier: Apache-2.0
#include "app/actions/cache/archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/files/files.h"
#include "app/actions/cache/cache.h"
#include "base/digest.h"
#include "testing/temporary_folder.h"

namespace tuesday::actions {
namespace {

TEST(CacheVersions, AreThoseOfGitHubsClient) {
  EXPECT_EQ(CacheVersion({"node_modules", "~/.npm"}, Packing::kZstd), Sha256Hex("node_modules|~/.npm|zstd-without-long|1.0"));
  EXPECT_EQ(CacheVersion({"a"}, Packing::kGzip), Sha256Hex("a|gzip|1.0"));
}

TEST(CacheKeys, AreTheSameWhateverTheirCase) {
  EXPECT_TRUE(IsSameKey("Linux-npm", "linux-NPM"));
  EXPECT_FALSE(IsSameKey("Linux-npm", "Linux-npm-2"));
  EXPECT_FALSE(IsSameKey("", ""));
}

TEST(CacheArchives, BringBackWhatTheyTook) {
  for (const Packing packing : {Packing::kZstd, Packing::kGzip}) {
    const TemporaryFolder folder;
    const std::string from = folder.path() + "/from";
    const std::string beside = folder.path() + "/beside";
    ASSERT_TRUE(files::MakeFolders(from + "/deps/sub").has_value());
    ASSERT_TRUE(files::MakeFolders(beside).has_value());
    ASSERT_TRUE(files::ReplaceFile(from + "/deps/sub/a", "one").has_value());
    ASSERT_TRUE(files::ReplaceFile(from + "/--checkpoint=1", "a name like an option").has_value());
    ASSERT_TRUE(files::ReplaceFile(from + "/two\nlines", "a name of two lines").has_value());
    const auto packed = PackCache({"deps", "--checkpoint=1", "two\nlines"}, from, folder.path(), packing);
    ASSERT_TRUE(packed.has_value()) << packed.error().message;
    const std::string to = folder.path() + "/to";
    const auto unpacked = UnpackCache(folder.path() + "/" + std::string(ArchiveName(packing)), to, packing);
    ASSERT_TRUE(unpacked.has_value()) << unpacked.error().message;
    EXPECT_EQ(*files::ReadFile(to + "/deps/sub/a"), "one");
    EXPECT_EQ(*files::ReadFile(to + "/--checkpoint=1"), "a name like an option");
    EXPECT_EQ(*files::ReadFile(to + "/two\nlines"), "a name of two lines");
  }
}

TEST(CacheArchives, SayWhatTarSays) {
  const TemporaryFolder folder;
  EXPECT_THAT(PackCache({"none"}, folder.path(), folder.path(), Packing::kGzip).error().message, testing::HasSubstr("none"));
  ASSERT_TRUE(files::ReplaceFile(folder.path() + "/bad", "no archive").has_value());
  EXPECT_FALSE(UnpackCache(folder.path() + "/bad", folder.path(), Packing::kGzip).has_value());
}

}  // namespace
}  // namespace tuesday::actions
