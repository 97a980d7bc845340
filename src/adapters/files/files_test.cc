// SPDX-License-Identifier: Apache-2.0
#include "adapters/files/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <filesystem>

#include "adapters/files/file_lock.h"
#include "testing/temporary_folder.h"

namespace tuesday::files {
namespace {

using ::testing::HasSubstr;

TEST(Files, WrittenBytesReadBackWithTheirModeAndNoTemporaryFileStays) {
  const TemporaryFolder folder;
  ASSERT_TRUE(WriteFileDurably(folder.path("a"), "first", 0600).has_value());
  ASSERT_TRUE(WriteFileDurably(folder.path("a"), "second", 0640).has_value());
  EXPECT_EQ(ReadFile(folder.path("a")).value(), "second");
  struct stat facts{};
  ASSERT_EQ(::stat(folder.path("a").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777u, 0640u);
  int entries = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) ++entries;
  EXPECT_EQ(entries, 1);
}

TEST(Files, ErrorsNameThePathAndHaveTheirCode) {
  const TemporaryFolder folder;
  const auto missing = ReadFile(folder.path("nothing"));
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(missing.error().message, HasSubstr(folder.path("nothing")));
  ASSERT_TRUE(ReplaceFile(folder.path("large"), std::string(1000, 'x')).has_value());
  EXPECT_EQ(ReadFile(folder.path("large"), 999).error().code, ErrorCode::kLimit);
  EXPECT_EQ(ReadFile(folder.path("large"), 1000).value().size(), 1000u);
  EXPECT_EQ(WriteFileDurably(folder.path("no/such/folder"), "x").error().code, ErrorCode::kNotFound);
}

TEST(Files, FullDiskLeavesTheOldBytesAndSaysSo) {
  const TemporaryFolder folder;
  if (::mount("none", folder.path().c_str(), "tmpfs", 0, "size=64k") != 0) GTEST_SKIP() << "no right to mount a tmpfs";
  ASSERT_TRUE(WriteFileDurably(folder.path("state"), "old").has_value());
  const auto full = WriteFileDurably(folder.path("state"), std::string(200 << 10, 'x'));
  const auto kept = ReadFile(folder.path("state"));
  const auto free = FreeBytes(folder.path());
  ::umount(folder.path().c_str());
  ASSERT_FALSE(full.has_value());
  EXPECT_EQ(full.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(full.error().hint, HasSubstr("disk is full"));
  EXPECT_EQ(kept.value(), "old");
  EXPECT_GT(free.value(), 0u);
}

TEST(Files, RemoveTreeTakesReadOnlyFoldersAndFollowsNoLink) {
  const TemporaryFolder folder;
  ASSERT_TRUE(MakeFolders(folder.path("tree/inner")).has_value());
  ASSERT_TRUE(ReplaceFile(folder.path("kept"), "kept").has_value());
  ASSERT_TRUE(ReplaceFile(folder.path("tree/inner/file"), "x", 0400).has_value());
  ASSERT_EQ(::symlink(folder.path().c_str(), folder.path("tree/link").c_str()), 0);
  ASSERT_EQ(::chmod(folder.path("tree/inner").c_str(), 0555), 0);
  ASSERT_TRUE(RemoveTree(folder.path("tree")).has_value());
  EXPECT_FALSE(Exists(folder.path("tree")));
  EXPECT_TRUE(Exists(folder.path("kept")));
  EXPECT_TRUE(RemoveTree(folder.path("tree")).has_value());
}

TEST(FileLock, SecondHolderIsRefusedAndAProcessThatDiesLetsGo) {
  const TemporaryFolder folder;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t holder = ::fork();
  if (holder == 0) {
    const auto lock = FileLock::Acquire(folder.path("lock"));
    if (::write(ready[1], lock.has_value() ? "y" : "n", 1) != 1) ::_exit(1);
    ::pause();
    ::_exit(0);
  }
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  EXPECT_TRUE(FileLock::IsHeld(folder.path("lock")));
  EXPECT_EQ(FileLock::Acquire(folder.path("lock")).error().code, ErrorCode::kConflict);
  ::kill(holder, SIGKILL);
  ::waitpid(holder, nullptr, 0);
  EXPECT_FALSE(FileLock::IsHeld(folder.path("lock")));
  EXPECT_TRUE(FileLock::Acquire(folder.path("lock")).has_value());
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(FileLock, SecondDaemonOnOneStateFolderIsToldWhich) {
  const TemporaryFolder folder;
  const auto first = LockStateFolder(folder.path("state"));
  ASSERT_TRUE(first.has_value());
  const auto second = LockStateFolder(folder.path("state"));
  ASSERT_FALSE(second.has_value());
  EXPECT_THAT(second.error().message, HasSubstr(folder.path("state")));
}

}  // namespace
}  // namespace tuesday::files
