// SPDX-License-Identifier: Apache-2.0
#include "adapters/git/hosted/receive_hooks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "adapters/git/hosted/git_repositories.h"
#include "adapters/git/hosted/packet_line.h"
#include "adapters/git/hosted/test_clone.h"
#include "core/workflow/event/facts.h"
#include "testing/temporary_folder.h"

namespace tuesday::git {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const Pusher kDeployer = {"ci (token)", true};
const Pusher kViewer = {"guest (token)", false};

std::string Line(const std::string& ref) { return std::string(workflow::kNoCommit) + " 0123 " + ref + "\n"; }

TEST(Packets, AreReadAndWrittenAsGitDoes) {
  EXPECT_EQ(PacketOf("ok"), "0006ok");
  std::istringstream in("0007ab\n0005c0000rest");
  const auto packets = ReadPackets(in);
  ASSERT_TRUE(packets.has_value());
  EXPECT_EQ(*packets, (std::vector<std::string>{"ab", "c"}));
}

TEST(Packets, ThatAreNoneAreErrors) {
  for (const char* text : {"", "00", "zzzz", "0003", "0008ab"}) {
    std::istringstream in(text);
    EXPECT_FALSE(ReadPackets(in).has_value()) << text;
  }
}

TEST(PreReceives, LetOnlyDeployersMoveBranches) {
  std::istringstream branch(Line("refs/heads/main"));
  EXPECT_TRUE(PreReceive(branch, kDeployer).has_value());
  std::istringstream again(Line("refs/heads/main") + Line("refs/for/main"));
  const auto refused = PreReceive(again, kViewer);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kDenied);
  EXPECT_THAT(refused.error().message, HasSubstr("refs/heads/main"));
  EXPECT_THAT(refused.error().message, Not(HasSubstr("refs/for/main:")));
  std::istringstream review(Line("refs/for/main"));
  EXPECT_TRUE(PreReceive(review, kViewer).has_value());
}

TEST(PreReceives, RefuseRefsOfTheDaemon) {
  std::istringstream change(Line("refs/pull/1/head"));
  EXPECT_FALSE(PreReceive(change, kDeployer).has_value());
}

class ProcReceiveTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(repositories_.Prepare("app", "main").has_value());
    clone_ = std::make_unique<TestClone>(folder_.path() + "/clone", repositories_.FolderOf("app"));
    clone_->Commit("a.txt", "one");
    clone_->Git({"push", "--quiet", "origin", "HEAD:refs/heads/main"});
    clone_->Commit("b.txt", "two");
    clone_->Git({"push", "--quiet", "origin", "HEAD:refs/heads/carrier"});
  }
  std::string Ask(const std::string& ref, const std::string& options = "") {
    std::istringstream in(PacketOf(std::string_view("version=1\0push-options", 22)) + "0000" +
                          PacketOf(std::string(workflow::kNoCommit) + " " + clone_->Head() + " " + ref) + "0000" +
                          (options.empty() ? "" : PacketOf(options)) + "0000");
    std::ostringstream out;
    const auto done = ProcReceive(repositories_.FolderOf("app"), kViewer, in, out);
    EXPECT_TRUE(done.has_value()) << done.error().message;
    return out.str();
  }

  TemporaryFolder folder_;
  GitRepositories repositories_{{.folder = folder_.path() + "/repositories", .program = "/bin/true", .state_folder = "/none"}};
  std::unique_ptr<TestClone> clone_;
};

TEST_F(ProcReceiveTest, APushForReviewBecomesAChange) {
  EXPECT_THAT(Ask("refs/for/main", "topic=page"), HasSubstr("option refname refs/pull/1/head"));
  EXPECT_EQ(repositories_.ReadRefs("app")->at("refs/pull/1/head"), clone_->Head());
  const auto change = repositories_.ReadChange("app", 1);
  ASSERT_TRUE(change.has_value()) << change.error().message;
  EXPECT_EQ(change->base_branch, "main");
  EXPECT_EQ(change->topic, "page");
  EXPECT_EQ(change->title, "b.txt");
  EXPECT_EQ(change->author, "guest (token)");
  EXPECT_FALSE(change->is_trusted);
}

TEST_F(ProcReceiveTest, WithoutTheBranchNothingIsMade) {
  EXPECT_THAT(Ask("refs/for/none"), HasSubstr("ng refs/for/none there is no such branch"));
  EXPECT_FALSE(repositories_.ReadRefs("app")->contains("refs/pull/1/head"));
}

}  // namespace
}  // namespace tuesday::git
