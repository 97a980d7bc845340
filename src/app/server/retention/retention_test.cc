// SPDX-License-Identifier: Apache-2.0
#include "app/server/retention/retention.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "testing/contracts/sample_entry.h"
#include "testing/fake_store.h"
#include "testing/temporary_folder.h"

namespace tuesday::server {
namespace {

using std::chrono::hours;

constexpr WallTime kNow{std::chrono::hours(500'000)};

class Retained : public ::testing::Test {
 protected:
  // An entry of so many hours ago, with samples of their own, put that long ago.
  std::string Tell(int hours_ago, const std::string& attempt) {
    const std::string digest = blobs_.Put("samples of " + attempt + " " + std::to_string(hours_ago)).value();
    const std::string path = folder_.path("sha256/" + digest.substr(0, 2) + "/" + digest);
    timespec times[2]{};
    times[0].tv_sec = times[1].tv_sec =
        std::chrono::duration_cast<std::chrono::seconds>(kNow.time_since_epoch()).count() - hours_ago * 3600;
    EXPECT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
    NewEntry entry = testing::EntryAbout("api", attempt, "told");
    entry.at = kNow - hours(hours_ago);
    entry.entry.data = {{"samples", digest}};
    EXPECT_TRUE(store_.Commit({.entries = {entry}}));
    return digest;
  }
  bool Has(const std::string& digest) { return blobs_.Get(digest).has_value(); }

  TemporaryFolder folder_;
  testing::FakeStore store_;
  files::FolderBlobStore blobs_{folder_.path()};
  Archive archive_{store_, store_, blobs_};
};

TEST_F(Retained, SamplesGoWithTheLastEntryThatNamesThem) {
  const std::string old = Tell(100, "u.1");
  const std::string kept = Tell(90, "u.2");
  const std::string young = Tell(10, "u.3");
  const Result<LetGo> gone = LetOldGo(archive_, kNow, hours(48), {"u.2"}, Sweep::kIfSomethingWent);
  ASSERT_TRUE(gone.has_value());
  EXPECT_EQ(gone->entries, 1U);
  EXPECT_EQ(gone->blobs.blobs, 1U);
  EXPECT_FALSE(Has(old));
  EXPECT_TRUE(Has(kept));
  EXPECT_TRUE(Has(young));
  EXPECT_TRUE(store_.VerifyJournal());
  EXPECT_EQ(store_.entries().back().entry.kind, kJournalDropped);
}

TEST_F(Retained, WhatACrashLeftBetweenEntryAndSamplesGoesWithTheNextStart) {
  const std::string old = Tell(100, "u.1");
  Tell(10, "u.2");
  const auto tell = [](const EntriesDropped&) { return testing::EntryAbout("journal", "", "dropped"); };
  ASSERT_TRUE(store_.DropEntries({.before = kNow - hours(48)}, tell));
  ASSERT_TRUE(Has(old));
  ASSERT_TRUE(LetOldGo(archive_, kNow, hours(48), {}, Sweep::kIfSomethingWent));
  EXPECT_TRUE(Has(old)) << "nothing went, nothing is walked";
  ASSERT_TRUE(LetOldGo(archive_, kNow, hours(48), {}, Sweep::kAlways));
  EXPECT_FALSE(Has(old));
}

TEST_F(Retained, SamplesWhoseEntryIsOnItsWayStay) {
  const std::string digest = blobs_.Put("just now").value();
  const WallTime now = std::chrono::time_point_cast<WallTime::duration>(
      WallTime(std::chrono::duration_cast<WallTime::duration>(std::chrono::system_clock::now().time_since_epoch())));
  ASSERT_TRUE(LetOldGo(archive_, now, hours(48), {}, Sweep::kAlways));
  EXPECT_TRUE(Has(digest));
  ASSERT_TRUE(LetOldGo(archive_, now + hours(2), hours(48), {}, Sweep::kAlways));
  EXPECT_FALSE(Has(digest));
}

TEST(AttemptsKept, AreTheNewestAndThoseOfRevisionsThatAreKept) {
  control::RolloutView view;
  const auto attempt = [&](const std::string& id, const std::string& revision) {
    state::AttemptRecord record;
    record.attempt.id = AttemptId(id);
    record.attempt.revision = RevisionId(revision);
    view.attempts.push_back(record);
  };
  attempt("u.1", "aaa");
  attempt("u.2", "bbb");
  attempt("u.3", "bbb");
  attempt("u.4", "ccc");
  view.status.attempt = view.attempts.back().attempt;
  view.status.revisions = {{RevisionId("bbb"), 2, 0, 1, {}}};
  EXPECT_EQ(AttemptsKept({view}), (std::set<std::string>{"u.3", "u.4"}));
}

}  // namespace
}  // namespace tuesday::server
