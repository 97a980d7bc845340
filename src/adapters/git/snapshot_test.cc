// SPDX-License-Identifier: Apache-2.0
#include "adapters/git/snapshot.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "adapters/git/git.h"
#include "testing/temporary_folder.h"

namespace tuesday::git {
namespace {

class SnapshotTest : public ::testing::Test {
 protected:
  void SetUp() override {
    repo_ = folder_.path() + "/app";
    Git({"init", "--quiet", "-b", "main", repo_});
    Git({"-C", repo_, "config", "user.name", "Ada"});
    Git({"-C", repo_, "config", "user.email", "ada@example.com"});
    Git({"-C", repo_, "remote", "add", "origin", "git@example.com:acme/app.git"});
    Write("a.txt", "one");
    Write(".gitignore", "ignored\n");
    Git({"-C", repo_, "add", "."});
    Git({"-C", repo_, "commit", "--quiet", "-m", "First"});
  }
  std::string Git(const std::vector<std::string>& words) {
    const auto out = GitLine(words);
    EXPECT_TRUE(out.has_value()) << out.error().message;
    return out.value_or("");
  }
  void Write(const std::string& name, const std::string& text) { std::ofstream(repo_ + "/" + name) << text; }
  std::string Show(const Snapshot& snapshot, const std::string& path) {
    return GitLine({"--git-dir=" + snapshot.folder, "show", snapshot.sha + ":" + path}).value_or("(none)");
  }

  TemporaryFolder folder_;
  std::string repo_;
};

TEST_F(SnapshotTest, WithoutChangesItIsHead) {
  const auto snapshot = TakeSnapshot(repo_, folder_.path() + "/s.git");
  ASSERT_TRUE(snapshot.has_value()) << snapshot.error().message;
  EXPECT_EQ(snapshot->sha, Git({"-C", repo_, "rev-parse", "HEAD"}));
  EXPECT_FALSE(snapshot->changed);
  EXPECT_EQ(snapshot->ref, "refs/heads/main");
  EXPECT_EQ(snapshot->repository, "acme/app");
  EXPECT_EQ(snapshot->message, "First");
  EXPECT_EQ(snapshot->author, "Ada");
}

TEST_F(SnapshotTest, HoldsWhatIsChangedAndNewAndNotWhatIsIgnored) {
  Write("a.txt", "two");
  Write("new.txt", "new");
  Write("ignored", "x");
  const std::string before = Git({"-C", repo_, "status", "--porcelain"});
  const std::string objects = Git({"-C", repo_, "count-objects"});
  const auto snapshot = TakeSnapshot(repo_, folder_.path() + "/s.git");
  ASSERT_TRUE(snapshot.has_value()) << snapshot.error().message;
  EXPECT_TRUE(snapshot->changed);
  EXPECT_EQ(Show(*snapshot, "a.txt"), "two");
  EXPECT_EQ(Show(*snapshot, "new.txt"), "new");
  EXPECT_EQ(Show(*snapshot, "ignored"), "(none)");
  // The user's own repository is as it was.
  EXPECT_EQ(Git({"-C", repo_, "status", "--porcelain"}), before);
  EXPECT_EQ(Git({"-C", repo_, "count-objects"}), objects);
}

TEST_F(SnapshotTest, AFolderInNoRepositoryIsTakenWhole) {
  const std::string plain = folder_.path() + "/plain";
  std::filesystem::create_directories(plain);
  std::ofstream(plain + "/x.txt") << "x";
  const auto snapshot = TakeSnapshot(plain, folder_.path() + "/p.git");
  ASSERT_TRUE(snapshot.has_value()) << snapshot.error().message;
  EXPECT_EQ(Show(*snapshot, "x.txt"), "x");
  EXPECT_EQ(snapshot->repository, "local/plain");
}

TEST_F(SnapshotTest, GitsComplaintIsTheError) {
  const auto out = RunGit({"rev-parse", "nosuch"}, {.folder = repo_, .environment = {}});
  ASSERT_FALSE(out.has_value());
  EXPECT_NE(out.error().message.find("nosuch"), std::string::npos) << out.error().message;
}

}  // namespace
}  // namespace tuesday::git
