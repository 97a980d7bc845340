// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/output/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tuesday::workflow {
namespace {

// "name|key=value,…|data", or "none".
std::string Shown(std::string_view line, std::string_view resume_token = {}) {
  const std::optional<Command> command = ParseCommand(line, resume_token);
  if (!command.has_value()) return "none";
  std::string text = std::string(CommandWord(command->name)) + "|";
  for (const auto& [key, value] : command->properties) text += key + "=" + value + ",";
  return text + "|" + command->data;
}

struct Row {
  std::string_view shows;
  std::string_view line;
  std::string_view wanted;
};

class CommandLines : public ::testing::TestWithParam<Row> {};

TEST_P(CommandLines, IsReadAsGitHubReadsIt) { EXPECT_EQ(Shown(GetParam().line), GetParam().wanted) << GetParam().shows; }

INSTANTIATE_TEST_SUITE_P(
    New, CommandLines,
    ::testing::Values(Row{"NameAlone", "::debug::", "debug||"}, Row{"Data", "::debug::a b", "debug||a b"},
                      Row{"DataWithColons", "::debug::a::b", "debug||a::b"}, Row{"BlanksBefore", " \t  ::debug::x", "debug||x"},
                      Row{"TextBefore", "> ::debug::x", "none"}, Row{"NoSecondColons", "::debug:x", "none"},
                      Row{"OneColonBefore", ":debug::x", "none"}, Row{"UnknownName", "::hello::x", "none"},
                      Row{"NoName", "::::x", "none"}, Row{"NameInAnyCase", "::Set-OUTPUT name=a::b", "set-output|name=a,|b"},
                      Row{"Properties", "::error file=a.js,line=1::x", "error|file=a.js,line=1,|x"},
                      Row{"SpacesAroundAllProperties", "::error  file=a ::x", "error|file=a,|x"},
                      Row{"SpaceAfterCommaIsPartOfTheKey", "::error a=1, b=2::x", "error|a=1, b=2,|x"},
                      Row{"PropertyWithoutValueIsNone", "::error file=,line,=x,a=1::", "error|a=1,|"},
                      Row{"EqualsInValue", "::error a=b=c::", "error|a=b=c,|"},
                      Row{"EqualsBeforeValueAreDropped", "::error a==b=::", "error|a=b=,|"},
                      Row{"DataIsUnescaped", "::debug::a%0Db%0Ac%25d%3Ae%2Cf", "debug||a\rb\nc%d%3Ae%2Cf"},
                      Row{"PropertiesAreUnescaped", "::error a=%3A%2C%0A%0D%25::", "error|a=:,\n\r%,|"},
                      Row{"EscapedPercentIsNotUnescapedTwice", "::debug::%250A%2525", "debug||%0A%25"},
                      Row{"LowerCaseHexIsNoEscape", "::debug::%0a", "debug||%0a"},
                      Row{"HalfAnEscape", "::debug::%0", "debug||%0"}, Row{"PercentAtTheEnd", "::debug::%", "debug||%"},
                      Row{"EscapedNameIsNone", "::deb%75g::", "none"}));

INSTANTIATE_TEST_SUITE_P(Old, CommandLines,
                         ::testing::Values(Row{"NameAlone", "##[debug]", "debug||"}, Row{"Data", "##[debug]x", "debug||x"},
                                           Row{"AnywhereInTheLine", "> ##[debug]x", "debug||x"},
                                           Row{"NoBracket", "##[debug", "none"}, Row{"UnknownName", "##[section]x", "none"},
                                           Row{"SemicolonsBetween", "##[error a=1;b=2,3]x", "error|a=1,b=2,3,|x"},
                                           Row{"Unescaped", "##[error a=%3B%5D%0D%0A%25]%3B%5D%0D%0A%25",
                                               "error|a=;]\r\n%,|;]\r\n%"},
                                           Row{"FirstBracketCounts", "##[group]a##[debug]b", "group||a##[debug]b"},
                                           Row{"NewFormFirst", "::debug::##[error]x", "debug||##[error]x"}));

TEST(CommandTest, ATokenIsANameWhileCommandsAreStopped) {
  EXPECT_EQ(Shown("::go-on::", "go-on"), "||");
  EXPECT_EQ(Shown("::Go-On::", "go-on"), "||");
  EXPECT_EQ(Shown("##[go-on]", "go-on"), "||");
  EXPECT_EQ(Shown("::go-on::"), "none");
  EXPECT_EQ(Shown("::::", ""), "none");
}

TEST(CommandTest, TheLastPropertyOfAnyCaseCounts) {
  const std::optional<Command> command = ParseCommand("::error File=a,file=b::x");
  ASSERT_TRUE(command.has_value());
  EXPECT_EQ(command->Find("FILE"), "b");
  EXPECT_EQ(command->Find("line"), std::nullopt);
}

TEST(CommandTest, PropertiesAreLimited) {
  std::string line = "::error ";
  for (int i = 0; i < 100'000; ++i) line += "a=1,";
  const std::optional<Command> command = ParseCommand(line + "::x");
  ASSERT_TRUE(command.has_value());
  EXPECT_EQ(command->properties.size(), 64U);
  EXPECT_EQ(command->data, "x");
}

}  // namespace
}  // namespace tuesday::workflow
