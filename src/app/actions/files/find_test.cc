// SPDX-License-Identifier: Apache-2.0
#include "app/actions/files/find.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "adapters/files/files.h"
#include "app/actions/files/digest.h"
#include "base/digest.h"
#include "testing/temporary_folder.h"

namespace tuesday::actions {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Finds : public testing::Test {
 protected:
  Finds() {
    for (const char* name :
         {"a.txt", "out/b.js", "out/sub/c.js", "out/sub/d.css", "out/.hidden", "out/.deep/e.js", "x/y/f.js"}) {
      const std::string path = root_.path() + "/" + name;
      EXPECT_TRUE(files::MakeFolders(path.substr(0, path.rfind('/'))).has_value());
      EXPECT_TRUE(files::ReplaceFile(path, name).has_value());
    }
  }

  // What is found, from the root; folders end with a slash.
  std::vector<std::string> In(const std::string& patterns, HiddenFiles hidden = HiddenFiles::kLeft,
                              workflow::GlobDescendants descendants = workflow::GlobDescendants::kImplicit) {
    const std::string home = root_.path() + "/x";
    const auto found = FindPaths(patterns, root_.path(), {.home = home, .descendants = descendants}, hidden);
    if (!found) return {found.error().message};
    std::vector<std::string> names;
    for (const FoundPath& path : found->paths) {
      const std::string name = path.path.substr(std::min(root_.path().size() + 1, path.path.size()));
      if (path.kind != PathKind::kFolder) names.push_back(name + (path.kind == PathKind::kOther ? "?" : ""));
      if (path.kind == PathKind::kFolder && descendants == workflow::GlobDescendants::kNone) names.push_back(name + "/");
    }
    return names;
  }

  TemporaryFolder root_;
};

TEST_F(Finds, FoldersWithAllInThemButWhatIsHidden) {
  EXPECT_THAT(In("out"), ElementsAre("out/b.js", "out/sub/c.js", "out/sub/d.css"));
  EXPECT_THAT(In("out/"), ElementsAre("out/b.js", "out/sub/c.js", "out/sub/d.css"));
  EXPECT_THAT(In("out", HiddenFiles::kTaken),
              ElementsAre("out/.deep/e.js", "out/.hidden", "out/b.js", "out/sub/c.js", "out/sub/d.css"));
  EXPECT_THAT(In("out/.deep"), IsEmpty());
}

TEST_F(Finds, WildcardsExclusionsHomeAndSeveralLines) {
  EXPECT_THAT(In("**/*.js\n!out/sub/**"), ElementsAre("out/b.js", "x/y/f.js"));
  EXPECT_THAT(In("a.txt\n\nout/*.js\n# a remark"), ElementsAre("a.txt", "out/b.js"));
  EXPECT_THAT(In("~/y"), ElementsAre("x/y/f.js"));
  EXPECT_THAT(In("none\nnone/*.js"), IsEmpty());
}

TEST_F(Finds, AFolderOfACacheStandsForItself) {
  EXPECT_THAT(In("out\nx/*", HiddenFiles::kTaken, workflow::GlobDescendants::kNone), ElementsAre("out/", "x/y/"));
}

TEST_F(Finds, LinksAreFollowedBrokenOnesAndCirclesAreLeftOut) {
  namespace fs = std::filesystem;
  fs::create_symlink("../x/y", root_.path() + "/out/linked");
  fs::create_symlink("nowhere", root_.path() + "/out/broken");
  fs::create_symlink("..", root_.path() + "/out/sub/up");
  EXPECT_THAT(In("out"), ElementsAre("out/b.js", "out/linked/f.js", "out/sub/c.js", "out/sub/d.css"));
}

TEST_F(Finds, WhatIsNoPatternIsTold) { EXPECT_THAT(In("a/../../b"), ElementsAre(testing::HasSubstr("'..'"))); }

TEST(CommonFolders, AreTheNearest) {
  EXPECT_EQ(CommonFolder({"/a/b/c"}), "/a/b/c");
  EXPECT_EQ(CommonFolder({"/a/b/c", "/a/b/d/e"}), "/a/b");
  EXPECT_EQ(CommonFolder({"/a/b", "/a/bc"}), "/a");
  EXPECT_EQ(CommonFolder({"/a/b", "/a/b/c"}), "/a/b");
  EXPECT_EQ(CommonFolder({"/a", "/b"}), "/");
}

TEST_F(Finds, DigestsAreThoseOfHashFiles) {
  const std::string one = root_.path() + "/a.txt";
  EXPECT_EQ(*FileDigest(one), Sha256Hex("a.txt"));
  EXPECT_EQ(DigestOfFiles({one})->size(), 64U);
  EXPECT_NE(*DigestOfFiles({one}), *FileDigest(one));
  EXPECT_EQ(FileDigest(root_.path() + "/none").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace tuesday::actions
