// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/output/file_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tuesday::workflow {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

// "name=value;…", or the error in brackets. A line feed shows as "|".
std::string Shown(std::string_view text) {
  const auto pairs = ReadPairs(text);
  if (!pairs.has_value()) return "[" + pairs.error().message + "]";
  std::string shown;
  for (const auto& [name, value] : *pairs) shown += name + "=" + value + ";";
  for (char& c : shown) c = c == '\n' ? '|' : c;
  return shown;
}

struct Row {
  std::string_view shows;
  std::string_view text;
  std::string_view wanted;
};

class PairFiles : public ::testing::TestWithParam<Row> {};

TEST_P(PairFiles, AreReadAsGitHubReadsThem) { EXPECT_EQ(Shown(GetParam().text), GetParam().wanted) << GetParam().shows; }

INSTANTIATE_TEST_SUITE_P(
    Plain, PairFiles,
    ::testing::Values(Row{"Empty", "", ""}, Row{"EmptyLines", "\n\n\n", ""}, Row{"Simple", "a=b\n", "a=b;"},
                      Row{"WithoutLastLineFeed", "a=b", "a=b;"}, Row{"EmptyValue", "a=\n", "a=;"},
                      Row{"SpacesStay", " a = b \n", " a = b ;"}, Row{"EqualsInValue", "a=b=c=\n", "a=b=c=;"},
                      Row{"HeredocSignInValue", "a=b<<c\n", "a=b<<c;"}, Row{"Several", "a=1\n\nb=2\n", "a=1;b=2;"},
                      Row{"TheSameTwice", "a=1\na=2\n", "a=1;a=2;"}, Row{"ReturnStays", "a=b\r\n", "a=b\r;"},
                      Row{"NoEquals", "a\n", "[Invalid format 'a']"},
                      Row{"NoName", "=b\n", "[Invalid format '=b'. Name must not be empty]"},
                      Row{"ByteOrderMark",
                          "\xEF\xBB\xBF"
                          "a=b\n",
                          "a=b;"},
                      Row{"NotUtf8", "a=\xFF\n", "a=\xEF\xBF\xBD;"}));

INSTANTIATE_TEST_SUITE_P(
    Heredoc, PairFiles,
    ::testing::Values(
        Row{"OneLine", "a<<EOF\nb\nEOF\n", "a=b;"}, Row{"WithoutLastLineFeed", "a<<EOF\nb\nEOF", "a=b;"},
        Row{"Empty", "a<<EOF\nEOF\n", "a=;"}, Row{"OneEmptyLine", "a<<EOF\n\nEOF\n", "a=;"},
        Row{"EmptyLinesStay", "a<<EOF\n\n\nb\n\nEOF\n", "a=||b|;"}, Row{"SeveralLines", "a<<EOF\nb\nc\nEOF\n", "a=b|c;"},
        Row{"DelimiterWithinALine", "a<<EOF\nb EOF\n EOF\nEOF \nEOF\n", "a=b EOF| EOF|EOF ;"},
        Row{"LinesLikePairs", "a<<EOF\nb=c\nd<<X\nEOF\n", "a=b=c|d<<X;"}, Row{"EqualsInDelimiter", "a<<E=F\nb\nE=F\n", "a=b;"},
        Row{"SpacesArePartOfIt", "a <<EOF \nb\nEOF \n", "a =b;"}, Row{"DelimiterWithHeredocSign", "a<<<<\nb\n<<\n", "a=b;"},
        Row{"Several", "a<<X\n1\nX\nb=2\nc<<X\n3\nX\n", "a=1;b=2;c=3;"},
        Row{"NoName", "<<EOF\nEOF\n", "[Invalid format '<<EOF'. Name must not be empty and delimiter must not be empty]"},
        Row{"NoDelimiter", "a<<\n\n", "[Invalid format 'a<<'. Name must not be empty and delimiter must not be empty]"},
        Row{"NeverEnded", "a<<EOF\nb\n", "[Invalid value. Matching delimiter not found 'EOF']"},
        Row{"NothingBehind", "a<<EOF", "[Invalid value. Matching delimiter not found 'EOF']"},
        Row{"LastLineNotEnded", "a<<EOF\nb", "[Invalid value. EOF marker missing new line.]"},
        Row{"DelimiterWithReturn", "a<<EOF\nb\nEOF\r\n", "[Invalid value. Matching delimiter not found 'EOF']"}));

TEST(FileCommandsTest, ValuesOfOneFileAreLimited) {
  std::string many;
  for (std::size_t i = 0; i <= kFileCommandPairsMax; ++i) many += "a=b\n";
  EXPECT_EQ(ReadPairs(many).error().code, ErrorCode::kLimit);
  EXPECT_EQ(ReadPairs("a=" + std::string(kFileCommandBytesMax, 'x')).error().code, ErrorCode::kLimit);
  EXPECT_TRUE(ReadPairs("a=" + std::string(kFileCommandBytesMax - 2, 'x')).has_value());
}

TEST(FileCommandsTest, NodeOptionsAreRefusedInTheEnvironment) {
  const Result<EnvironmentPairs> environment = ReadEnvironment("A=1\nnode_options=--require x\nB=2\nNODE_OPTIONS<<X\ny\nX\n");
  ASSERT_TRUE(environment.has_value());
  EXPECT_THAT(environment->pairs, ElementsAre(Pair("A", "1"), Pair("B", "2")));
  const std::string wanted = "Can't store NODE_OPTIONS output parameter using '$GITHUB_ENV' command.";
  EXPECT_THAT(environment->refused, ElementsAre(wanted, wanted));
  EXPECT_FALSE(ReadEnvironment("A").has_value());
}

TEST(FileCommandsTest, PathsComeInTheirOrderAndOnce) {
  const auto paths = [](std::string_view text) { return *ReadPaths(text); };
  EXPECT_THAT(paths(""), IsEmpty());
  EXPECT_THAT(paths("/a\n\n/b c\r\n/a\n"), ElementsAre("/b c", "/a"));
  EXPECT_THAT(paths("/a"), ElementsAre("/a"));
  EXPECT_EQ(ReadPaths(std::string(kFileCommandBytesMax + 1, '/')).error().code, ErrorCode::kLimit);
}

TEST(FileCommandsTest, ASummaryIsMaskedLineByLine) {
  Masks masks;
  masks.Add("hunter2!");
  EXPECT_EQ(*CheckSummary("# hunter2!\r\n\nok", masks), "# ***\n\nok\n");
  EXPECT_EQ(*CheckSummary("", masks), "");
}

TEST(FileCommandsTest, ASummaryThatIsTooLargeIsRefused) {
  const Masks masks;
  EXPECT_TRUE(CheckSummary(std::string(kSummaryBytesMax, 'x'), masks).has_value());
  EXPECT_EQ(CheckSummary(std::string(kSummaryBytesMax + 2048, 'x'), masks).error().message,
            "$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of 1024k, got 1026k.");
}

TEST(FileCommandsTest, AFailureNamesTheFile) {
  EXPECT_EQ(FileCommandFailure("output"), "Unable to process file command 'output' successfully.");
}

}  // namespace
}  // namespace tuesday::workflow
