// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/output/matchers.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tuesday::workflow {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kGcc = R"j({"problemMatcher": [{"owner": "gcc", "pattern": [{
  "regexp": "^(.*):(\\d+):(\\d+):\\s+(warning|error|remark):\\s+(.*)$",
  "file": 1, "line": 2, "column": 3, "severity": 4, "message": 5}]}]})j";

constexpr std::string_view kStylish = R"j({"problemMatcher": [{"owner": "stylish", "severity": "warning", "pattern": [
  {"regexp": "^([^\\s].*)$", "file": 1},
  {"regexp": "^\\s+(\\d+):(\\d+)\\s+(error|warning)\\s+(.*)\\s\\s+(.*)$",
   "line": 1, "column": 2, "severity": 3, "message": 4, "code": 5, "loop": true}]}]})j";

// "level file:line:column message [code]", or "none".
std::string Shown(const std::optional<MatchedProblem>& problem) {
  if (!problem.has_value()) return "none";
  static constexpr std::string_view kLevels[] = {"notice", "warning", "error"};
  return fmt::format("{} {}:{}:{} {} [{}]", kLevels[static_cast<std::size_t>(problem->level)], problem->file,
                     problem->line.value_or(0), problem->column.value_or(0), problem->message, problem->code);
}

std::vector<std::string> MatchAll(const Matchers& matchers, const std::vector<std::string>& lines) {
  MatcherProgress progress;
  std::vector<std::string> shown;
  for (const std::string& line : lines) shown.push_back(Shown(matchers.Match(line, progress)));
  return shown;
}

TEST(MatchersTest, OnePatternMakesAProblemOfALine) {
  Matchers matchers;
  ASSERT_TRUE(matchers.Add(kGcc).has_value());
  EXPECT_THAT(MatchAll(matchers, {"src/a.c:3:7: error: no such thing", "nothing", "b.c:1:2: warning: hm"}),
              ElementsAre("error src/a.c:3:7 no such thing []", "none", "warning b.c:1:2 hm []"));
}

TEST(MatchersTest, ASeverityThatIsNoneAndAMessageThatIsBlankAreNoProblem) {
  Matchers matchers;
  ASSERT_TRUE(matchers.Add(kGcc).has_value());
  EXPECT_THAT(MatchAll(matchers, {"a.c:1:1: remark: x", "a.c:1:1: error: \t "}), ElementsAre("none", "none"));
}

TEST(MatchersTest, TheLastPatternOfSeveralMayLoop) {
  Matchers matchers;
  ASSERT_TRUE(matchers.Add(kStylish).has_value());
  EXPECT_THAT(MatchAll(matchers, {"a.js", "  1:2  error  bad thing  no-bad", "  3:4  warning  worse  no-worse", "",
                                  "  5:6  error  x  y", "b.js", "  7:8  error  late  rule"}),
              ElementsAre("none", "error a.js:1:2 bad thing [no-bad]", "warning a.js:3:4 worse [no-worse]", "none", "none",
                          "none", "error b.js:7:8 late [rule]"));
}

TEST(MatchersTest, SeveralPatternsWithoutALoopMatchOnce) {
  Matchers matchers;
  ASSERT_TRUE(matchers
                  .Add(R"j({"problemMatcher": [{"owner": "o", "pattern": [
    {"regexp": "^file (.+)$", "file": 1}, {"regexp": "^at (\\d+)$", "line": 1}, {"regexp": "^: (.+)$", "message": 1}]}]})j")
                  .has_value());
  EXPECT_THAT(MatchAll(matchers, {"file a", "at 3", ": one", ": two", "file b", "file c", "at 4", ": three"}),
              ElementsAre("none", "none", "error a:3:0 one []", "none", "none", "none", "none", "error c:4:0 three []"));
}

TEST(MatchersTest, AMatchOfOneMakesTheOthersBeginAnew) {
  Matchers matchers;
  ASSERT_TRUE(matchers.Add(kStylish).has_value());
  ASSERT_TRUE(matchers.Add(kGcc).has_value());
  EXPECT_THAT(MatchAll(matchers, {"a.js", "b.c:1:1: error: x", "  1:2  error  bad  rule"}),
              ElementsAre("none", "error b.c:1:1 x []", "none"));
}

TEST(MatchersTest, TheNewestComesFirstAndReplacesOneOfTheSameOwner) {
  Matchers matchers;
  const auto any = [](std::string_view owner, std::string_view severity) {
    return fmt::format(
        R"j({{"problemMatcher": [{{"owner": "{}", "severity": "{}", "pattern": [{{"regexp": "(.+)", "message": 1}}]}}]}})j",
        owner, severity);
  };
  ASSERT_TRUE(matchers.Add(any("one", "notice")).has_value());
  ASSERT_TRUE(matchers.Add(any("two", "warning")).has_value());
  EXPECT_THAT(MatchAll(matchers, {"x"}), ElementsAre("warning :0:0 x []"));
  ASSERT_TRUE(matchers.Add(any("ONE", "error")).has_value());
  EXPECT_THAT(matchers.Owners(), ElementsAre("ONE", "two"));
  EXPECT_THAT(MatchAll(matchers, {"x"}), ElementsAre("error :0:0 x []"));
  matchers.Remove("one");
  EXPECT_THAT(matchers.Owners(), ElementsAre("two"));
  matchers.Remove("two");
  EXPECT_TRUE(matchers.IsEmpty());
}

TEST(MatchersTest, OneStepDoesNotGoOnWithWhatAnotherBegan) {
  Matchers matchers;
  ASSERT_TRUE(matchers.Add(kStylish).has_value());
  MatcherProgress first;
  MatcherProgress second;
  EXPECT_EQ(Shown(matchers.Match("a.js", first)), "none");
  EXPECT_EQ(Shown(matchers.Match("  1:2  error  bad  rule", second)), "none");
  EXPECT_EQ(Shown(matchers.Match("  1:2  error  bad  rule", first)), "error a.js:1:2 bad [rule]");
}

TEST(MatchersTest, WhatIsWrongWithAFileIsSaid) {
  struct Row {
    std::string_view shows;
    std::string_view matcher;
    std::string_view wanted;
  };
  const Row rows[] = {
      {"NoOwner", R"j({"pattern": [{"regexp": "(x)", "message": 1}]})j", "Owner must not be empty"},
      {"NoPattern", R"j({"owner": "o"})j", "Matcher 'o' does not contain any patterns"},
      {"EmptyPattern", R"j({"owner": "o", "pattern": []})j", "Matcher 'o' does not contain any patterns"},
      {"Severity", R"j({"owner": "o", "severity": "bad", "pattern": [{"regexp": "(x)", "message": 1}]})j",
       "Matcher 'o' contains unexpected default severity 'bad'"},
      {"NoMessage", R"j({"owner": "o", "pattern": [{"regexp": "(x)", "file": 1}]})j",
       "At least one pattern must set 'message'"},
      {"LoopAlone", R"j({"owner": "o", "pattern": [{"regexp": "(x)", "message": 1, "loop": true}]})j",
       "Only the last pattern in a multiline matcher may set 'loop'"},
      {"LoopWithoutMessage",
       R"j({"owner": "o", "pattern": [{"regexp": "(x)", "message": 1}, {"regexp": "(x)", "file": 1, "loop": true}]})j",
       "The loop pattern must set 'message'"},
      {"Twice", R"j({"owner": "o", "pattern": [{"regexp": "(x)", "message": 1}, {"regexp": "(x)", "message": 1}]})j",
       "The property 'message' is set twice"},
      {"OutOfRange", R"j({"owner": "o", "pattern": [{"regexp": "(x)", "message": 2}]})j",
       "The property 'message' is set to 2 which is out of range"},
      {"Negative", R"j({"owner": "o", "pattern": [{"regexp": "(x)", "message": -1}]})j",
       "The property 'message' is set to -1 which is out of range"},
      {"NoNumber", R"j({"owner": "o", "pattern": [{"regexp": "(x)", "message": "one"}]})j", "is not the number of a group"},
      {"Broken", R"j({"owner": "o", "pattern": [{"regexp": "(x", "message": 1}]})j", "cannot be used"},
      {"LookAhead", R"j({"owner": "o", "pattern": [{"regexp": "(x)(?=y)", "message": 1}]})j", "cannot be used"},
      {"Reference", R"j({"owner": "o", "pattern": [{"regexp": "(x)\\1", "message": 1}]})j", "cannot be used"},
      {"TooLarge", R"j({"owner": "o", "pattern": [{"regexp": "((((x{30}){30}){30}){30})", "message": 1}]})j", "cannot be used"},
  };
  for (const Row& row : rows) {
    Matchers matchers;
    const Result<void> added = matchers.Add(fmt::format(R"j({{"problemMatcher": [{}]}})j", row.matcher));
    ASSERT_FALSE(added.has_value()) << row.shows;
    EXPECT_THAT(added.error().message, HasSubstr(row.wanted)) << row.shows;
    EXPECT_TRUE(matchers.IsEmpty()) << row.shows;
  }
  Matchers matchers;
  EXPECT_FALSE(matchers.Add("not json").has_value());
  EXPECT_FALSE(matchers.Add(std::string(kMatcherFileBytesMax + 1, ' ')).has_value());
  EXPECT_THAT(matchers
                  .Add(R"j({"problemMatcher": [{"owner": "o", "pattern": [{"regexp": "(x)", "message": 1
  }]
  },
                                          {"owner": "O", "pattern": [{"regexp": "(x)", "message": 1}]}]})j")
                  .error()
                  .message,
              "Duplicate owner name 'O'");
  EXPECT_TRUE(matchers.Add("{}").has_value());
  EXPECT_TRUE(matchers.Add("\xEF\xBB\xBF{\"problemMatcher\": []}").has_value());
}

TEST(MatchersTest, ThePatternsOfAJobAreLimitedTogether) {
  Matchers matchers;
  Result<void> added;
  int count = 0;
  for (; added.has_value() && count < 1'000; ++count) {
    added = matchers.Add(fmt::format(
        R"j({{"problemMatcher": [{{"owner": "o{}", "pattern": [{{"regexp": "(x{{900}})", "message": 1}}]}}]}})j", count));
  }
  ASSERT_FALSE(added.has_value());
  EXPECT_LT(count, 50);
  EXPECT_EQ(added.error().code, ErrorCode::kLimit);
}

TEST(MatchersTest, UnicodeEscapesAreKnown) {
  Matchers matchers;
  ASSERT_TRUE(
      matchers.Add(R"j({"problemMatcher": [{"owner": "o", "pattern": [{"regexp": "^\\u2717\\s(.+)$", "message": "1"}]}]})j")
          .has_value());
  EXPECT_THAT(MatchAll(matchers, {"\xE2\x9C\x97 failed"}), ElementsAre("error :0:0 failed []"));
}

TEST(MatchersTest, LongLinesAreNotLookedAt) {
  Matchers matchers;
  ASSERT_TRUE(matchers.Add(kGcc).has_value());
  EXPECT_THAT(MatchAll(matchers, {"a.c:1:1: error: " + std::string(kMatchedLineMax, 'x')}), ElementsAre("none"));
}

TEST(MatchersTest, OwnersOfAFileAreNamed) {
  const Result<std::vector<std::string>> owners = Matchers::OwnersOf(kStylish);
  ASSERT_TRUE(owners.has_value());
  EXPECT_THAT(*owners, ElementsAre("stylish"));
  EXPECT_FALSE(Matchers::OwnersOf("[").has_value());
}

}  // namespace
}  // namespace tuesday::workflow
