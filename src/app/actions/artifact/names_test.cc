// SPDX-License-Identifier: Apache-2.0
#include "app/actions/artifact/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tuesday::actions {
namespace {

TEST(ArtifactNames, AreRefusedWithTheirCharacter) {
  EXPECT_THAT(CheckNameOfArtifact("../../etc/passwd").error().message,
              "The artifact name is not valid: ../../etc/passwd. Contains the following character: Forward slash /");
  EXPECT_FALSE(CheckNameOfArtifact("..").has_value());
  EXPECT_THAT(CheckNameOfArtifact("a:b").error().message, testing::EndsWith("Colon :"));
  EXPECT_THAT(CheckArtifactFile("sub/a?.txt").error().message, testing::EndsWith("Question mark ?"));
  EXPECT_TRUE(CheckArtifactFile("sub/a b.txt").has_value());
  EXPECT_TRUE(CheckNameOfArtifact("coverage of main.v1").has_value());
}

struct RootCase {
  const char* name;
  std::vector<std::string> searched;
  std::vector<std::string> files;
  const char* root;
  const char* first;
};

TEST(ArtifactRoots, AreThoseOfTheOriginal) {
  const std::vector<RootCase> cases = {
      {"a folder is left out of the names", {"/w/dist"}, {"/w/dist/a.js", "/w/dist/sub/b.js"}, "/w/dist", "a.js"},
      {"a single file stands alone", {"/w/dist/a.js"}, {"/w/dist/a.js"}, "/w/dist", "a.js"},
      {"a file of the root too", {"/a.js"}, {"/a.js"}, "/", "a.js"},
      {"a wildcard that finds one file keeps its way", {"/w"}, {"/w/sub/a.js"}, "/w", "sub/a.js"},
      {"several paths have the nearest common folder", {"/w/x/a", "/w/x/b/c"}, {"/w/x/a/1"}, "/w/x", "a/1"},
      {"without one, the root", {"/w/a", "/tmp/b"}, {"/w/a"}, "/", "w/a"}};
  for (const RootCase& c : cases) {
    Found found;
    found.search_paths = c.searched;
    EXPECT_EQ(ArtifactRoot(found, c.files), c.root) << c.name;
    EXPECT_EQ(NameInArtifact(c.files.front(), c.root), c.first) << c.name;
  }
}

TEST(ArtifactPatterns, MatchAsMinimatchDoes) {
  for (const char* pattern :
       {"*", "dist-*", "dist-?64", "dist-{x64,arm64}", "dist-[a-z]64", "!other*", "{dist,{a,b}}-x64", "**"})
    EXPECT_TRUE(MatchesName(pattern, "dist-x64")) << pattern;
  for (const char* pattern : {"dist", "dist-{arm64,a}", "!dist-*", "#dist-x64", "", "dist-{x64}"})
    EXPECT_FALSE(MatchesName(pattern, "dist-x64")) << pattern;
  EXPECT_FALSE(MatchesName("*", ".hidden"));
  EXPECT_TRUE(MatchesName(".h*", ".hidden"));
}

}  // namespace
}  // namespace tuesday::actions
