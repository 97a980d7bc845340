// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/glob/glob.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tuesday::workflow {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Glob Parsed(std::string_view patterns, const GlobOptions& options = {}) {
  const Result<Glob> glob = Glob::Parse(patterns, "/ws", options);
  EXPECT_TRUE(glob.has_value()) << patterns;
  return glob.value_or(Glob());
}

struct Row {
  std::string_view patterns;
  std::string_view path;
  bool matches;
};

class GlobFiles : public ::testing::TestWithParam<Row> {};

TEST_P(GlobFiles, MatchAsTheActionsMatchThem) {
  EXPECT_EQ(Parsed(GetParam().patterns).Matches(GetParam().path), GetParam().matches)
      << GetParam().patterns << " against " << GetParam().path;
}

INSTANTIATE_TEST_SUITE_P(Wildcards, GlobFiles,
                         ::testing::Values(Row{"*.txt", "a.txt", true}, Row{"*.txt", "a/b.txt", false},
                                           Row{"*.txt", ".txt", true}, Row{"*", "a", true}, Row{"a?c", "abc", true},
                                           Row{"a?c", "ac", false}, Row{"a?c", "a/c", false}, Row{"?", "\xC3\xA4", true},
                                           Row{"*a*b*c*", "xxaxxbxxcxx", true}, Row{"*a*b*c*", "xxaxxcxxbxx", false},
                                           Row{"a**b", "axxb", true}, Row{"a**b", "a/b", false}, Row{"A", "a", false},
                                           Row{"{a,b}", "a", false}, Row{"{a,b}", "{a,b}", true}, Row{"+(a)", "a", false},
                                           Row{"a*", "a", true}));

INSTANTIATE_TEST_SUITE_P(Sets, GlobFiles,
                         ::testing::Values(Row{"[abc]x", "bx", true}, Row{"[abc]x", "dx", false}, Row{"[a-c]", "b", true},
                                           Row{"[a-c]", "-", false}, Row{"[!a-c]", "b", false}, Row{"[!a-c]", "d", true},
                                           Row{"[^a]", "b", true}, Row{"[a-]", "-", true}, Row{"[]a]", "]", true},
                                           Row{"[]a]", "a", true}, Row{"[a", "[a", true}, Row{"[a", "a", false},
                                           Row{"[]", "[]", true}, Row{"[z-a]", "[z-a]", true}, Row{"[z-a]", "z", false},
                                           Row{"[*]", "*", true}, Row{"[*]", "a", false}, Row{"\\*", "*", true},
                                           Row{"\\*", "a", false}, Row{"[\\]]", "]", true}, Row{"a\\", "a\\", true}));

INSTANTIATE_TEST_SUITE_P(Folders, GlobFiles,
                         ::testing::Values(Row{"**", "a", true}, Row{"**", "a/b/.c", true}, Row{"**/x", "x", true},
                                           Row{"**/x", "a/b/x", true}, Row{"**/x", "a/bx", false}, Row{"a/**/x", "a/x", true},
                                           Row{"a/**/x", "a/b/c/x", true}, Row{"a/**/x", "b/x", false},
                                           Row{"a/**/b/**/c", "a/b/c", true}, Row{"a/**/b/**/c", "a/1/b/2/c", true},
                                           Row{"a/**/b/**/c", "a/1/2/c", false}, Row{"a/*/c", "a/b/c", true},
                                           Row{"a/*/c", "a/b/b/c", false}, Row{"a//b", "a/b", true}, Row{"./a", "a", true},
                                           Row{"/ws/a", "a", true}, Row{"/other/a", "a", false},
                                           Row{"/other/a", "/other/a", true}, Row{"~/a", "/root/a", true},
                                           Row{"**/package-lock.json", "package-lock.json", true},
                                           Row{"**/package-lock.json", "web/package-lock.json", true}));

INSTANTIATE_TEST_SUITE_P(Below, GlobFiles,
                         ::testing::Values(Row{"a", "a/b", true}, Row{"a", "a/b/c", true}, Row{"a", "ab", false},
                                           Row{"a/", "a/b", true}, Row{"a/", "a", false}, Row{"a/*", "a/b/c", true},
                                           Row{".", "a/b", true}, Row{"a/**", "a/b", true}, Row{"a/**/", "a/b", true},
                                           Row{"a/**/", "a/b/c", true}));

INSTANTIATE_TEST_SUITE_P(Order, GlobFiles,
                         ::testing::Values(Row{"**\n!a", "a", false}, Row{"**\n!a", "a/b", false}, Row{"**\n!a", "b", true},
                                           Row{"!a\n**", "a", true}, Row{"**\n!a\na/b", "a/b", true},
                                           Row{"**\n!a\na/b", "a/c", false}, Row{"!!a", "a", true},
                                           Row{"**\n! *.md", "x.md", false}, Row{"!a", "b", false},
                                           Row{"# **\n\n  b  \n", "b", true}, Row{"#b", "#b", false}, Row{"", "a", false},
                                           Row{"**\n!a/", "a", true}, Row{"**\n!a/", "a/b", false}));

TEST(GlobTest, WhatIsNoPatternIsSaid) {
  struct Wrong {
    std::string_view pattern;
    std::string_view wanted;
  };
  const Wrong rows[] = {{"a/../b", "Invalid pattern 'a/../b'. Relative pathing '.' and '..' is not allowed."},
                        {"..", "Invalid pattern '..'."},
                        {"a/./b", "Invalid pattern 'a/./b'."},
                        {"!../a", "Invalid pattern '../a'."},
                        {"/./a", "Invalid pattern '/./a'."},
                        {"!", "pattern cannot be empty"}};
  for (const Wrong& row : rows) {
    const Result<Glob> glob = Glob::Parse(row.pattern, "/ws");
    ASSERT_FALSE(glob.has_value()) << row.pattern;
    EXPECT_THAT(glob.error().message, HasSubstr(row.wanted)) << row.pattern;
  }
}

TEST(GlobTest, PatternsAreLimited) {
  std::string many;
  for (std::size_t i = 0; i <= kGlobPatternsMax; ++i) many += "a\n";
  EXPECT_EQ(Glob::Parse(many, "/ws").error().code, ErrorCode::kLimit);
  EXPECT_EQ(Glob::Parse(std::string(kGlobPatternBytesMax + 1, 'a'), "/ws").error().code, ErrorCode::kLimit);
}

TEST(GlobTest, CachesTakeFoldersAsTheyAre) {
  const Glob glob = Parsed("node_modules\n~/.npm/", {.home = "/home/me", .descendants = GlobDescendants::kNone});
  EXPECT_TRUE(glob.MatchesFolder("node_modules"));
  EXPECT_FALSE(glob.Matches("node_modules/a"));
  EXPECT_TRUE(glob.MatchesFolder("/home/me/.npm"));
  EXPECT_FALSE(glob.Matches("/home/me/.npm"));
}

TEST(GlobTest, AGlobstarAtTheEndIsTheFolderToo) {
  EXPECT_TRUE(Parsed("a/**").MatchesFolder("a"));
  EXPECT_FALSE(Parsed("a/*").MatchesFolder("a"));
  EXPECT_TRUE(Parsed("a/").MatchesFolder("a"));
  EXPECT_FALSE(Parsed("a/", {.descendants = GlobDescendants::kNone}).Matches("a"));
  EXPECT_TRUE(Parsed("/").MatchesFolder("/"));
}

TEST(GlobTest, EscapedSegmentsNarrowTheSearch) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"/foo/b[a]r/b*", "/foo/bar"},   {"/foo/b[!]r/b*", "/foo/b!r"}, {"/foo/b[[]ar/b*", "/foo/b[ar"},
      {"/foo/b[]r/b*", "/foo/b[]r"},   {"/foo/b[r/b*", "/foo/b[r"},   {"/foo/b\\[a]r/b*", "/foo/b[a]r"},
      {"/foo/b[\\!]r/b*", "/foo/b!r"}, {"/foo/b[!a]r/b*", "/foo"},    {"/foo/b[ac]r/b*", "/foo"},
      {"/foo/b?r/b*", "/foo"},
  };
  for (const auto& [pattern, wanted] : rows)
    EXPECT_THAT(Parsed(pattern).SearchPaths(), ElementsAre(std::string(wanted))) << pattern;
}

TEST(GlobTest, FoldersThatCannotHoldMatchesAreNotLookedInto) {
  struct Folder {
    std::string_view patterns;
    std::string_view folder;
    bool may;
  };
  const Folder rows[] = {{"a/b/*.c", "", true},     {"a/b/*.c", "a", true},    {"a/b/*.c", "a/b", true},
                         {"a/b/*.c", "b", false},   {"a/b/*.c", "a/c", false}, {"**/x", "any/thing", true},
                         {"a", "a/b", true},        {"a", "b", false},         {"a\n!a", "a", true},
                         {"!a", "a", false},        {"a/*/c", "a/x", true},    {"a/*/c", "a/x/d", false},
                         {"/etc/*.conf", "", false}};
  for (const Folder& row : rows)
    EXPECT_EQ(Parsed(row.patterns).MayHoldMatches(row.folder), row.may) << row.patterns << " against " << row.folder;
  EXPECT_TRUE(Parsed("/etc/*.conf").MayHoldMatches("/etc"));
}

TEST(GlobTest, SearchBeginsAtTheOutermostLiterals) {
  EXPECT_THAT(Parsed("src/**/*.js\nsrc/lib/x\n!other").SearchPaths(), ElementsAre("/ws/src"));
  EXPECT_THAT(Parsed("b/x*\na/y").SearchPaths(), ElementsAre("/ws/b", "/ws/a/y"));
  EXPECT_THAT(Parsed("a[b]/c\n~/.npm").SearchPaths(), ElementsAre("/ws/ab/c", "/root/.npm"));
  EXPECT_THAT(Parsed("/*\na").SearchPaths(), ElementsAre("/"));
  EXPECT_THAT(Parsed("!a").SearchPaths(), IsEmpty());
}

TEST(GlobTest, WildcardsInTheRootAreLiteral) {
  const Result<Glob> glob = Glob::Parse("*.c", "/w[s]/a*b");
  ASSERT_TRUE(glob.has_value());
  EXPECT_TRUE(glob->Matches("x.c"));
  EXPECT_FALSE(glob->Matches("/ws/axb/x.c"));
  EXPECT_THAT(glob->SearchPaths(), ElementsAre("/w[s]/a*b"));
}

TEST(GlobTest, ManyGlobstarsTakeLinearTime) {
  std::string pattern;
  std::string path;
  for (int i = 0; i < 300; ++i) pattern += "**/a/";
  for (int i = 0; i < 600; ++i) path += "a/";
  EXPECT_FALSE(Parsed(pattern + "b").Matches(path + "c"));
  EXPECT_FALSE(Parsed(std::string(1'000, '*') + "a*a*a*a*a*a*a*a*b").Matches(std::string(4'000, 'a')));
}

}  // namespace
}  // namespace tuesday::workflow
