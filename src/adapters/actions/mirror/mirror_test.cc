// SPDX-License-Identifier: Apache-2.0
#include "adapters/actions/mirror/mirror.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "adapters/actions/known_actions.h"
#include "adapters/actions/mirror/tree.h"
#include "adapters/files/files.h"
#include "testing/temporary_folder.h"

namespace tuesday::actions {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr WallTime kNow{std::chrono::milliseconds(1'700'000'000'000)};
constexpr std::string_view kNode = "name: n\ndescription: d\nruns: {using: node20, main: main.js}\n";

class Mirrors : public testing::Test {
 protected:
  // A folder with these files.
  std::string Source(const std::vector<std::pair<std::string, std::string>>& texts) {
    const std::string folder = Path("source-" + std::to_string(++sources_));
    for (const auto& [name, text] : texts) {
      const std::string path = folder + "/" + name;
      EXPECT_TRUE(files::MakeFolders(path.substr(0, path.rfind('/'))).has_value());
      EXPECT_TRUE(files::ReplaceFile(path, text).has_value());
    }
    return folder;
  }

  std::string Path(const std::string& name) const { return folder_.path() + "/" + name; }

  MirrorEntry Add(const std::string& name, const std::string& source) {
    const auto entry = mirror_.Add(*ParseActionRef(name), "c0ffee", source, kNow);
    EXPECT_TRUE(entry.has_value()) << entry.error().message;
    return entry.value_or(MirrorEntry());
  }

  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    const auto entries = *mirror_.List();
    for (const MirrorEntry& entry : entries) names.push_back(entry.Name());
    return names;
  }

  int sources_ = 0;
  TemporaryFolder folder_;
  Mirror mirror_{folder_.path() + "/actions"};
};

TEST_F(Mirrors, KeepATreeUnderItsDigestAndTheNamesThatAreIt) {
  EXPECT_THAT(Names(), IsEmpty());
  const std::string source = Source({{"action.yml", std::string(kNode)}, {"sub/main.js", "1"}, {".git/HEAD", "x"}});
  const MirrorEntry one = Add("Octo/Act@v1", source);
  EXPECT_EQ(one.files, 2U);
  const MirrorEntry two = Add("octo/act@v1.2", source);
  EXPECT_EQ(one.digest, two.digest);
  EXPECT_THAT(Names(), ElementsAre("octo/act@v1", "octo/act@v1.2"));
  EXPECT_EQ(*mirror_.Read(one, "sub/main.js"), "1");
  EXPECT_THAT(*mirror_.List(), ElementsAre(one, two));
  ASSERT_TRUE(mirror_.Remove(*ParseActionRef("octo/act@v1")).has_value());
  EXPECT_TRUE(fs::exists(mirror_.FolderOf(one))) << "another name is the same tree";
  ASSERT_TRUE(mirror_.Remove(*ParseActionRef("octo/act@v1.2")).has_value());
  EXPECT_FALSE(fs::exists(mirror_.FolderOf(one)));
  EXPECT_EQ(mirror_.Remove(*ParseActionRef("octo/act@v1")).error().code, ErrorCode::kNotFound);
}

TEST_F(Mirrors, TheDigestIsOfNamesContentsAndRights) {
  const auto digest = [this](const std::string& folder) { return DigestOf(*ReadTree(folder)); };
  const std::string source = Source({{"a", "1"}, {"b/c", "2"}});
  EXPECT_EQ(digest(source), digest(Source({{"b/c", "2"}, {"a", "1"}})));
  EXPECT_NE(digest(source), digest(Source({{"a", "1"}, {"b/c", "3"}})));
  EXPECT_NE(digest(source), digest(Source({{"a", "1"}, {"c", "2"}})));
  const std::string before = digest(source);
  ASSERT_EQ(::chmod((source + "/a").c_str(), 0755), 0);
  EXPECT_NE(digest(source), before);
}

TEST_F(Mirrors, LinksThatLeadOutAreRefusedByName) {
  for (const char* target : {"/etc/passwd", "../outside", "sub/../../outside", "here/../up"}) {
    const std::string source = Source({{"action.yml", "x"}, {"sub/a", "1"}});
    fs::create_symlink(".", source + "/here");
    fs::create_symlink(target, source + "/bad");
    const auto added = mirror_.Add(*ParseActionRef("o/a@v1"), "", source, kNow);
    ASSERT_FALSE(added.has_value()) << target;
    EXPECT_THAT(added.error().message, HasSubstr("'bad' is a link that leads out"));
  }
  const std::string source = Source({{"action.yml", "x"}, {"sub/a", "1"}});
  fs::create_symlink("../action.yml", source + "/sub/good");
  EXPECT_EQ(*mirror_.Read(Add("o/a@v1", source), "sub/good"), "x");
  ASSERT_EQ(::mkfifo((source + "/pipe").c_str(), 0600), 0);
  EXPECT_EQ(mirror_.Add(*ParseActionRef("o/a@v1"), "", source, kNow).error().code, ErrorCode::kDenied);
}

TEST_F(Mirrors, NothingOutsideOfATreeIsRead) {
  const MirrorEntry entry = Add("o/a@v1", Source({{"action.yml", "x"}}));
  for (const char* path : {"../index.json", "/etc/passwd", "a/../../index.json", ""})
    EXPECT_FALSE(mirror_.Read(entry, path).has_value()) << path;
}

TEST_F(Mirrors, AnEntryWinsOverANativeAction) {
  KnownActions known(mirror_);
  EXPECT_EQ(known.Load("actions/checkout@v4")->native, "checkout");
  const MirrorEntry entry = Add("actions/checkout@v4", Source({{"action.yml", std::string(kNode)}, {"sub/action.yaml", "s"}}));
  const auto loaded = known.Load("Actions/Checkout@v4");
  EXPECT_EQ(loaded->native, "");
  EXPECT_EQ(loaded->definition, kNode);
  EXPECT_EQ(loaded->folder, Mirror::InsideOf(entry) + "/");
  EXPECT_EQ(known.Load("actions/checkout/sub@v4")->definition, "s");
  EXPECT_THAT(known.Load("actions/checkout/none@v4")->problem, HasSubstr("no action.yml under 'none'"));
  EXPECT_EQ(known.Load("actions/checkout@v5")->native, "checkout") << "of another ref nothing is mirrored";
  EXPECT_EQ(*known.ReadFile("actions/checkout/sub/action.yaml@v4"), "s");
}

TEST_F(Mirrors, TheLockIsHeldWithBothDigests) {
  const MirrorEntry entry = Add("o/a@v1", Source({{"action.yml", std::string(kNode)}}));
  const std::string right = "sha256:" + entry.digest;
  const std::string other = "sha256:" + std::string(64, '0');
  const auto problem = [this](const workflow::ActionLock& lock, const char* uses) {
    return KnownActions(mirror_, lock).Load(uses)->problem;
  };
  EXPECT_EQ(problem({{"o/a@v1", {"", right}}}, "o/a@v1"), "");
  EXPECT_THAT(problem({{"o/a@v1", {"", other}}}, "o/a@v1"), testing::AllOf(HasSubstr(right), HasSubstr(other)));
  EXPECT_THAT(problem({}, "o/a@v1"), HasSubstr("does not stand in .github/actions.lock"));
  EXPECT_THAT(problem({{"actions/checkout@v4", {"", other}}}, "actions/checkout@v4"), HasSubstr("the mirror has nothing"));
  EXPECT_EQ(problem({}, "actions/checkout@v4"), "");
}

TEST_F(Mirrors, ReachGoesThroughCompositesAndNamesWhatLacks) {
  const auto composite = [](const std::string& steps) {
    return "name: c\ndescription: d\nruns: {using: composite, steps: [" + steps + "]}\n";
  };
  Add("o/outer@v1", Source({{"action.yml", composite("{uses: o/inner@v1}, {uses: ./local}")}}));
  Add("o/inner@v1", Source({{"action.yml", std::string(kNode)}}));
  KnownActions known(mirror_);
  std::vector<std::string> asked;
  const auto reached = Reach(known, {"o/outer@v1", "actions/cache@v4", "docker://x"}, [&](const std::string& uses) {
    asked.push_back(uses);
    return std::optional(composite("{uses: o/missing@v2}, {uses: o/outer@v1}"));
  });
  EXPECT_THAT(reached.mirrored, SizeIs(2));
  EXPECT_THAT(asked, ElementsAre("./local"));
  EXPECT_THAT(reached.problems, ElementsAre(HasSubstr("tuesday actions add PATH --as o/missing@v2")));
}

}  // namespace
}  // namespace tuesday::actions
