// SPDX-License-Identifier: Apache-2.0
// With the real git.
#include "adapters/git/hosted/git_repositories.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "adapters/git/hosted/change_file.h"
#include "adapters/git/hosted/test_clone.h"
#include "core/workflow/event/facts.h"
#include "testing/temporary_folder.h"

namespace tuesday::git {
namespace {

using ::testing::ElementsAre;

class HostedTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(repositories_.Prepare("app", "main").has_value());
    clone_ = std::make_unique<TestClone>(folder_.path() + "/clone", repositories_.FolderOf("app"));
  }
  // A change whose head is the clone's HEAD.
  GitChange Change(const std::string& topic = "") {
    clone_->Git({"push", "--quiet", "origin", "+HEAD:refs/heads/carrier"});
    auto files = ChangeFiles::Lock(repositories_.FolderOf("app"));
    auto change = files->ChangeFor("main", topic, clone_->Head());
    EXPECT_TRUE(change.has_value() && files->Write(*change).has_value());
    EXPECT_TRUE(GitLine({"--git-dir=" + repositories_.FolderOf("app"), "update-ref", workflow::HeadRefOf(change->number),
                         clone_->Head()})
                    .has_value());
    return *change;
  }

  TemporaryFolder folder_;
  GitRepositories repositories_{{.folder = folder_.path() + "/repositories", .program = "/bin/true", .state_folder = "/none"}};
  std::unique_ptr<TestClone> clone_;
};

TEST_F(HostedTest, RefsAreThoseThatWerePushed) {
  const std::string sha = clone_->Commit("a.txt", "one");
  clone_->Git({"push", "--quiet", "origin", "HEAD:refs/heads/main", "HEAD:refs/tags/v1"});
  const auto refs = repositories_.ReadRefs("app");
  ASSERT_TRUE(refs.has_value()) << refs.error().message;
  EXPECT_EQ(*refs, (workflow::Refs{{"refs/heads/main", sha}, {"refs/tags/v1", sha}}));
  EXPECT_EQ(repositories_.ReadCommit("app", sha)->subject, "a.txt");
}

TEST_F(HostedTest, PreparedAgainItKeepsWhatItHolds) {
  const std::string sha = clone_->Commit("a.txt", "one");
  clone_->Git({"push", "--quiet", "origin", "HEAD:refs/heads/main"});
  ASSERT_TRUE(repositories_.Prepare("app", "main").has_value());
  EXPECT_EQ(repositories_.ReadRefs("app")->at("refs/heads/main"), sha);
}

TEST_F(HostedTest, FilesOfAFolderAreThoseOfTheCommitWithoutLinks) {
  clone_->Commit(".github/workflows/ci.yaml", "on: push");
  std::filesystem::create_symlink("/etc/passwd", clone_->folder() + "/.github/workflows/link.yaml");
  clone_->Commit(".github/workflows/sub/other.yaml", "on: pull_request");
  clone_->Git({"push", "--quiet", "origin", "HEAD:refs/heads/main"});
  const auto files = repositories_.ReadFolder("app", clone_->Head(), ".github/workflows");
  ASSERT_TRUE(files.has_value()) << files.error().message;
  ASSERT_EQ(files->size(), 1U);
  EXPECT_EQ(files->front().name, ".github/workflows/ci.yaml");
  EXPECT_EQ(files->front().content, "on: push");
  EXPECT_TRUE(repositories_.ReadFolder("app", clone_->Head(), "none")->empty());
}

TEST_F(HostedTest, ChangedPathsAreOfThePushOrOfTheFirstCommit) {
  const std::string first = clone_->Commit("a.txt", "one");
  clone_->Commit("b.txt", "two");
  const std::string last = clone_->Commit("c d.txt", "three");
  clone_->Git({"push", "--quiet", "origin", "HEAD:refs/heads/main"});
  EXPECT_THAT(*repositories_.ChangedPaths("app", first, last), ElementsAre("b.txt", "c d.txt"));
  EXPECT_THAT(*repositories_.ChangedPaths("app", workflow::kNoCommit, first), ElementsAre("a.txt"));
}

TEST_F(HostedTest, AMergeIsTriedAndTriedAgainIsTheSame) {
  const std::string base = clone_->Commit("a.txt", "one");
  clone_->Git({"push", "--quiet", "origin", "HEAD:refs/heads/main"});
  clone_->Commit("b.txt", "two");
  const GitChange change = Change();
  const auto merge = repositories_.TryMerge("app", change);
  ASSERT_TRUE(merge.has_value()) << merge.error().message;
  EXPECT_EQ(merge->base_sha, base);
  EXPECT_TRUE(merge->conflicts.empty());
  EXPECT_EQ(repositories_.ReadRefs("app")->at("refs/pull/1/merge"), merge->sha);
  EXPECT_EQ(repositories_.TryMerge("app", change)->sha, merge->sha);
}

TEST_F(HostedTest, ConflictsAreNamedAndThereIsNoMerge) {
  const std::string base = clone_->Commit("a.txt", "one");
  clone_->Commit("a.txt", "ours");
  clone_->Git({"push", "--quiet", "origin", "HEAD:refs/heads/main"});
  clone_->Git({"reset", "--quiet", "--hard", base});
  clone_->Commit("a.txt", "theirs");
  const auto merge = repositories_.TryMerge("app", Change());
  ASSERT_TRUE(merge.has_value()) << merge.error().message;
  EXPECT_THAT(merge->conflicts, ElementsAre("a.txt"));
  EXPECT_FALSE(repositories_.ReadRefs("app")->contains("refs/pull/1/merge"));
}

TEST_F(HostedTest, AFurtherCommitGoesOnWithItsChange) {
  clone_->Commit("a.txt", "one");
  clone_->Git({"push", "--quiet", "origin", "HEAD:refs/heads/main"});
  const std::string base = clone_->Head();
  clone_->Commit("b.txt", "two");
  EXPECT_EQ(Change().number, 1);
  clone_->Commit("c.txt", "three");
  EXPECT_EQ(Change().number, 1);
  clone_->Git({"reset", "--quiet", "--hard", base});
  clone_->Commit("d.txt", "another");
  EXPECT_EQ(Change().number, 2);
}

TEST_F(HostedTest, ATopicOrAChangeIdSurvivesARebase) {
  const std::string base = clone_->Commit("a.txt", "one");
  clone_->Git({"push", "--quiet", "origin", "HEAD:refs/heads/main"});
  clone_->Commit("b.txt", "two");
  EXPECT_EQ(Change("page").number, 1);
  clone_->Git({"reset", "--quiet", "--hard", base});
  clone_->Commit("b.txt", "two again");
  EXPECT_EQ(Change("page").number, 1);
  clone_->Git({"reset", "--quiet", "--hard", base});
  clone_->Commit("c.txt", "three", "Three\n\nChange-Id: I0123");
  EXPECT_EQ(Change().number, 2);
  clone_->Git({"reset", "--quiet", "--hard", base});
  clone_->Commit("c.txt", "three again", "Three, better\n\nChange-Id: I0123");
  EXPECT_EQ(Change().number, 2);
}

TEST_F(HostedTest, FollowsAnotherRepositoryAndForgetsWhatIsGoneThere) {
  ASSERT_TRUE(repositories_.Prepare("mirror", "main").has_value());
  const std::string sha = clone_->Commit("a.txt", "one");
  clone_->Git({"push", "--quiet", "origin", "HEAD:refs/heads/main", "HEAD:refs/heads/topic"});
  const std::string address = repositories_.FolderOf("app");
  ASSERT_TRUE(repositories_.Follow("mirror", address).has_value());
  EXPECT_EQ(repositories_.ReadRefs("mirror")->size(), 2U);
  clone_->Git({"push", "--quiet", "origin", ":refs/heads/topic"});
  ASSERT_TRUE(repositories_.Follow("mirror", address).has_value());
  EXPECT_EQ(*repositories_.ReadRefs("mirror"), (workflow::Refs{{"refs/heads/main", sha}}));
}

}  // namespace
}  // namespace tuesday::git
