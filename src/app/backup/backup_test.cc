// SPDX-License-Identifier: Apache-2.0
// Backups of a real state folder: whole, cut, changed, and put in the place of another.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/files/files.h"
#include "adapters/sqlite/sqlite_store.h"
#include "app/backup/restore.h"
#include "testing/contracts/sample_entry.h"
#include "testing/temporary_folder.h"

namespace tuesday::backup {
namespace {

using sqlite::SqliteStore;

constexpr const char* kDigest = "aa00000000000000000000000000000000000000000000000000000000000000";

class BackupTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) const { return folder_.path() + "/" + name; }

  // A state with `rows` rows and as many journal entries, a blob, an artifact and metrics.
  void MakeState(const std::string& name, const std::string& word, int rows = 3) {
    ASSERT_TRUE(files::MakeFolders(Path(name)));
    const auto store = SqliteStore::Open(Path(name));
    ASSERT_TRUE(store) << store.error().message;
    for (int i = 0; i < rows; ++i) {
      Transaction transaction;
      transaction.put.push_back({"object", std::to_string(i), word});
      transaction.entries.push_back(testing::EntryAbout("api", "", word));
      ASSERT_TRUE((*store)->Commit(transaction));
    }
    Put(name + "/metrics/segment-000000000001.log", word);
    Put(name + "/blobs/sha256/aa/" + kDigest, "blob");
    Put(name + "/blobs/artifacts/" + word + "/run", "#!/bin/sh\n", 0755);
    ASSERT_EQ(::symlink("run", Path(name + "/blobs/artifacts/" + word + "/also").c_str()), 0);
    ASSERT_EQ(::chmod(Path(name + "/blobs/artifacts/" + word).c_str(), 0555), 0);
    Put(name + "/secret.key", word + " key", 0600);
    Put(name + "/edge/edge.json", R"({"generation":7})", 0600);
    Put(name + "/instances/one/spec", "live");
  }

  void Put(const std::string& name, const std::string& text, mode_t mode = 0644) {
    ASSERT_TRUE(files::MakeFolders(Path(name.substr(0, name.rfind('/')))));
    ASSERT_TRUE(files::WriteFileDurably(Path(name), text, mode));
  }

  std::string Text(const std::string& name) const { return files::ReadFile(Path(name)).value_or("(none)"); }

  std::string WordIn(const std::string& state) const {
    const auto store = SqliteStore::OpenReadOnly(Path(state));
    if (!store) return store.error().message;
    return (*store)->Get("object", "0").value_or(std::nullopt).value_or("(none)");
  }

  Result<std::string> Backup(const std::string& state, Keys keys = Keys::kLeftOut) {
    std::string tar;
    const std::string scratch = Path("scratch");
    TRY_OK(files::MakeFolders(scratch));
    Header header{.id = "b1", .taken_at = "2026-11-23T14:00:00.000Z", .program = "tuesday test", .keys = keys};
    TRY_OK(WriteBackup({Path(state), scratch, header, [&tar](std::string_view bytes) -> Result<void> {
                          tar += bytes;
                          return {};
                        }}));
    return tar;
  }

  static TarReader::Source From(const std::string& text) {
    return [&text, at = std::size_t{0}](std::size_t bytes_max) mutable -> Result<std::string_view> {
      const std::string_view bytes = std::string_view(text).substr(at, bytes_max);
      at += bytes.size();
      return bytes;
    };
  }

  Result<Summary> Check(const std::string& tar) {
    const std::string scratch = Path("check");
    EXPECT_TRUE(files::RemoveTree(scratch));
    EXPECT_TRUE(files::MakeFolders(scratch));
    return CheckBackup(From(tar), scratch);
  }

  Result<Restored> RestoreTo(const std::string& state, const std::string& tar, Existing existing = Existing::kRefuse) {
    return Restore({Path(state), From(tar), existing, WallTime(std::chrono::milliseconds(1'795'442'400'000))});
  }

  TemporaryFolder folder_;
};

TEST_F(BackupTest, RepositoriesAndRunsComeWithItAndWhatIsThereStays) {
  MakeState("old", "v1");
  Put("old/repositories/app/HEAD", "ref: refs/heads/main");
  Put("old/repositories/app/objects/aa/bb", "object");
  Put("old/repositories/app/objects/tmp_obj_1", "half");
  Put("old/repositories/app/refs/heads/tmp_x", "c1");
  Put("old/repositories/app/refs/heads/main.lock", "half");
  Put("old/actions/index.json", "old names");
  Put("old/actions/trees/d1/.github/x", "hidden");
  Put("old/blobs/artifacts/v1b/.config", "hidden");
  Put("old/runs/1/artifacts/a/content", "stored");
  Put("old/places/1.test/logs/1.log", "said");
  Put("old/places/1.test/work/secret", "file of a job");
  const auto tar = Backup("old");
  ASSERT_TRUE(tar) << tar.error().message;
  EXPECT_LT(tar->find("refs/heads/tmp_x"), tar->find("objects/aa/bb"));
  ASSERT_TRUE(Check(*tar));
  EXPECT_EQ(Check(*tar)->header.format, kFormat);
  ASSERT_TRUE(RestoreTo("new", *tar));
  EXPECT_EQ(Text("new/repositories/app/objects/aa/bb"), "object");
  EXPECT_EQ(Text("new/repositories/app/refs/heads/tmp_x"), "c1");
  EXPECT_EQ(Text("new/repositories/app/objects/tmp_obj_1"), "(none)");
  EXPECT_EQ(Text("new/repositories/app/refs/heads/main.lock"), "(none)");
  EXPECT_EQ(Text("new/actions/trees/d1/.github/x"), "hidden");
  EXPECT_EQ(Text("new/blobs/artifacts/v1b/.config"), "hidden");
  EXPECT_EQ(Text("new/runs/1/artifacts/a/content"), "stored");
  EXPECT_EQ(Text("new/places/1.test/logs/1.log"), "said");
  EXPECT_EQ(Text("new/places/1.test/work/secret"), "(none)");
  EXPECT_TRUE((*SqliteStore::OpenReadOnly(Path("new")))->Get("meta", "restored-repositories")->has_value());

  MakeState("other", "v2");
  Put("other/repositories/app/HEAD", "newer");
  Put("other/actions/index.json", "newer names");
  Put("other/actions/trees/d2/x", "tree");
  Put("other/places/1.test/logs/1.log", "said more");
  ASSERT_TRUE(RestoreTo("other", *tar, Existing::kMoveAside));
  EXPECT_EQ(Text("other/repositories/app/HEAD"), "newer");
  EXPECT_EQ(Text("other/repositories/app/objects/aa/bb"), "(none)");
  EXPECT_EQ(Text("other/actions/index.json"), "old names");
  EXPECT_EQ(Text("other/actions/trees/d1/.github/x"), "hidden");
  EXPECT_EQ(Text("other/actions/trees/d2/x"), "tree");
  EXPECT_EQ(Text("other/places/1.test/logs/1.log"), "said more");
}

TEST_F(BackupTest, AnOlderProgramReadsABackupWithoutRuns) {
  MakeState("old", "v1");
  const auto tar = Backup("old");
  ASSERT_TRUE(tar);
  EXPECT_EQ(Check(*tar)->header.format, kFormatWithoutRuns);
}

TEST_F(BackupTest, ABackupOfAnOpenStoreIsWholeAndRestoresToAnEmptyPlace) {
  MakeState("old", "v1");
  const auto open = SqliteStore::Open(Path("old"));
  ASSERT_TRUE(open);
  const auto tar = Backup("old", Keys::kIncluded);
  ASSERT_TRUE(tar) << tar.error().message;
  const auto checked = Check(*tar);
  ASSERT_TRUE(checked) << checked.error().message;
  EXPECT_EQ(checked->header.database_format, 1U);
  const auto restored = RestoreTo("new", *tar);
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->aside, "");
  EXPECT_EQ(WordIn("new"), "v1");
  EXPECT_EQ(Text("new/metrics/segment-000000000001.log"), "v1");
  EXPECT_EQ(Text("new/blobs/artifacts/v1/also"), "#!/bin/sh\n");
  EXPECT_EQ(Text("new/secret.key"), "v1 key");
  EXPECT_EQ(Text("new/edge/edge.json"), R"({"generation":7})");
  EXPECT_EQ(Text("new/instances/one/spec"), "(none)");
  struct stat facts{};
  ASSERT_EQ(::stat(Path("new/blobs/artifacts/v1").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777, 0555U);
  const auto store = SqliteStore::Open(Path("new"));
  ASSERT_TRUE(store);
  EXPECT_TRUE((*store)->VerifyJournal());
  const auto entries = (*store)->Entries({});
  ASSERT_EQ(entries->size(), 4U);
  EXPECT_NE(entries->back().bytes.find("state.restored"), std::string::npos);
  EXPECT_TRUE((*store)->Get("meta", "restored")->has_value());
}

TEST_F(BackupTest, KeysAreLeftOutUnlessAskedFor) {
  MakeState("old", "v1");
  Put("old/tls/api.key", "PRIVATE", 0600);
  Put("old/edge/edge.json", "-----BEGIN PRIVATE KEY-----", 0600);
  const auto tar = Backup("old");
  ASSERT_TRUE(tar);
  EXPECT_EQ(tar->find("PRIVATE"), std::string::npos);
  EXPECT_EQ(tar->find("v1 key"), std::string::npos);
  const auto with = Backup("old", Keys::kIncluded);
  EXPECT_NE(with->find("v1 key"), std::string::npos);
  EXPECT_NE(with->find("BEGIN PRIVATE KEY"), std::string::npos);
}

TEST_F(BackupTest, EveryChangedByteIsFound) {
  MakeState("old", "v1", 1);
  const auto tar = Backup("old");
  ASSERT_TRUE(tar);
  for (std::size_t at = 0; at < tar->size(); at += 331) {
    std::string changed = *tar;
    changed[at] = static_cast<char>(changed[at] ^ 0x01);
    EXPECT_FALSE(Check(changed)) << "byte " << at;
  }
  for (const std::size_t length : {std::size_t{0}, std::size_t{511}, tar->size() / 2, tar->size() - 1}) {
    EXPECT_FALSE(Check(tar->substr(0, length))) << length;
  }
}

TEST_F(BackupTest, ARefusedRestoreChangesNothing) {
  MakeState("old", "v1");
  MakeState("live", "v2");
  const auto tar = Backup("old");
  ASSERT_TRUE(tar);
  std::string newer = *tar;
  const std::string word = "\"readable_by\":1";
  newer.replace(newer.find(word), word.size(), "\"readable_by\":9");
  const auto occupied = RestoreTo("live", *tar);
  const auto cut = RestoreTo("live", tar->substr(0, tar->size() / 2), Existing::kMoveAside);
  const auto other = RestoreTo("live", newer, Existing::kMoveAside);
  ASSERT_FALSE(occupied || cut || other);
  EXPECT_EQ(occupied.error().code, ErrorCode::kConflict);
  EXPECT_EQ(cut.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(other.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(other.error().message.find("tuesday test"), std::string::npos);
  EXPECT_EQ(WordIn("live"), "v2");
  EXPECT_FALSE(files::Exists(Path("live/.restore")));
  EXPECT_FALSE(RestoreTo("never", "no tar at all"));
  EXPECT_FALSE(files::Exists(Path("never")));
  {
    const auto daemon = SqliteStore::Open(Path("live"));
    ASSERT_TRUE(daemon);
    const auto refused = RestoreTo("live", *tar, Existing::kMoveAside);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find(std::to_string(::getpid())), std::string::npos);
  }
}

TEST_F(BackupTest, TheOldStateIsKeptAsideAndWhatRunsStays) {
  MakeState("old", "v1");
  MakeState("live", "v2");
  const auto tar = Backup("old");
  ASSERT_TRUE(tar);
  const auto restored = RestoreTo("live", *tar, Existing::kMoveAside);
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(WordIn("live"), "v1");
  EXPECT_EQ(Text("live/instances/one/spec"), "live");
  EXPECT_EQ(Text("live/secret.key"), "v2 key");
  EXPECT_EQ(Text("live/blobs/artifacts/v2/run"), "#!/bin/sh\n");
  EXPECT_EQ(Text("live/blobs/artifacts/v1/run"), "#!/bin/sh\n");
  const std::string aside = restored->aside.substr(folder_.path().size() + 1);
  EXPECT_EQ(WordIn(aside), "v2");
  EXPECT_EQ(Text(aside + "/metrics/segment-000000000001.log"), "v2");
  EXPECT_FALSE(files::Exists(Path("live/.restore")));
}

TEST_F(BackupTest, WhatRootRestoresBelongsToTheOwnerOfTheState) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  constexpr uid_t kOwner = 54'321;
  MakeState("old", "v1");
  const auto tar = Backup("old");
  ASSERT_TRUE(tar);
  MakeState("live", "v2");
  ASSERT_EQ(::chown(Path("live").c_str(), kOwner, kOwner), 0);
  const auto restored = RestoreTo("live", *tar, Existing::kMoveAside);
  ASSERT_TRUE(restored) << restored.error().message;
  const auto owner = [](const std::string& path) {
    struct stat facts{};
    return ::lstat(path.c_str(), &facts) == 0 ? facts.st_uid : 0;
  };
  for (const char* part : {"tuesday.db", "tuesday.lock", "metrics", "metrics/segment-000000000001.log", "blobs/artifacts/v1",
                           "blobs/artifacts/v1/run", "blobs/artifacts/v1/also"}) {
    EXPECT_EQ(owner(Path(std::string("live/") + part)), kOwner) << part;
  }
  EXPECT_EQ(owner(restored->aside), kOwner);
}

TEST_F(BackupTest, ARestoreThatWasInterruptedIsEndedByTheNextStart) {
  MakeState("old", "v1");
  MakeState("live", "v2");
  // As it is left when the machine stops after the metrics changed places and before the database did.
  ASSERT_TRUE(files::MakeFolders(Path("live/.restore/tree")));
  ASSERT_TRUE(files::MakeFolders(Path("live/aside/metrics")));
  ASSERT_EQ(::rename(Path("old/tuesday.db").c_str(), Path("live/.restore/tree/tuesday.db").c_str()), 0);
  Put("live/.restore/ready", "aside");
  ASSERT_TRUE(FinishRestore(Path("live")));
  EXPECT_EQ(WordIn("live"), "v1");
  EXPECT_EQ(WordIn("live/aside"), "v2");
  // And when it stopped before all was unpacked.
  Put("live/.restore/tree/tuesday.db", "half");
  ASSERT_TRUE(FinishRestore(Path("live")));
  EXPECT_EQ(WordIn("live"), "v1");
  EXPECT_FALSE(files::Exists(Path("live/.restore")));
}

TEST_F(BackupTest, ADamagedDatabaseIsNotBackedUp) {
  MakeState("old", "v1", 200);
  auto bytes = *files::ReadFile(Path("old/tuesday.db"));
  bytes[3 * 4096 + 100] = static_cast<char>(bytes[3 * 4096 + 100] ^ 0x10);
  ASSERT_TRUE(files::WriteFileDurably(Path("old/tuesday.db"), bytes, 0600));
  const auto tar = Backup("old");
  ASSERT_FALSE(tar);
  EXPECT_EQ(tar.error().code, ErrorCode::kCorrupt) << tar.error().message;
}

}  // namespace
}  // namespace tuesday::backup
