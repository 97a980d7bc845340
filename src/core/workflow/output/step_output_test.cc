// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/output/step_output.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace tuesday::workflow {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

struct Step {
  explicit Step(StepOutputOptions options = {}) : output(masks, matchers, std::move(options)) {}

  // Everything at once, and the end.
  OutputFindings Write(std::string_view bytes) {
    output.Feed(bytes);
    output.End();
    return output.Take();
  }

  Masks masks;
  Matchers matchers;
  StepOutput output;
};

std::vector<std::string> Lines(std::string_view bytes, StepOutputOptions options = {}) {
  return Step(std::move(options)).Write(bytes).lines;
}

TEST(StepOutputTest, LinesEndAtLineFeedReturnAndTheEnd) {
  EXPECT_THAT(Lines("a\nb\r\nc\rd\n\ne"), ElementsAre("a", "b", "c", "d", "", "e"));
  EXPECT_THAT(Lines(""), IsEmpty());
  EXPECT_THAT(Lines("\n"), ElementsAre(""));
  EXPECT_THAT(Lines("10%\r20%\r\n"), ElementsAre("10%", "20%"));
}

TEST(StepOutputTest, PiecesGiveTheSameLinesAsTheWhole) {
  const std::string bytes = "one\r\ntwo\n\n::group::three\r\n\rfour \xC3\xA4 \xFF\n::set-output name=a::b\nlast";
  const std::vector<std::string> whole = Lines(bytes);
  for (std::size_t size = 1; size < 7; ++size) {
    Step step;
    for (std::size_t at = 0; at < bytes.size(); at += size) step.output.Feed(std::string_view(bytes).substr(at, size));
    step.output.End();
    EXPECT_EQ(step.output.Take().lines, whole) << size;
  }
}

TEST(StepOutputTest, ALineIsTakenWhenItHasEnded) {
  Step step;
  step.output.Feed("half a li");
  EXPECT_THAT(step.output.Take().lines, IsEmpty());
  step.output.Feed("ne\nand");
  EXPECT_THAT(step.output.Take().lines, ElementsAre("half a line"));
  step.output.End();
  EXPECT_THAT(step.output.Take().lines, ElementsAre("and"));
}

TEST(StepOutputTest, BrokenCharactersAreReplaced) { EXPECT_THAT(Lines("a\xFFz\n"), ElementsAre("a\xEF\xBF\xBDz")); }

TEST(StepOutputTest, LongLinesAreSplitAndASecretAcrossTheSplitDoesNotShow) {
  for (std::size_t at = kLogLineBytesMax - 12; at < kLogLineBytesMax + 3; ++at) {
    Step step;
    step.masks.Add("correct-horse");
    const OutputFindings findings = step.Write(std::string(at, 'x') + "correct-horse" + std::string(100'000, 'y') + "\nnext\n");
    std::string all;
    for (const std::string& line : findings.lines) {
      EXPECT_LE(line.size(), kLogLineBytesMax);
      if (line != "next") all += line;
    }
    EXPECT_EQ(all, std::string(at, 'x') + "***" + std::string(100'000, 'y')) << at;
    EXPECT_EQ(findings.lines.back(), "next");
  }
}

TEST(StepOutputTest, AWholeCharacterStaysInOneLine) {
  std::string text = "x";
  while (text.size() < 200'000) text += "\xE2\x82\xAC";
  std::string all;
  for (const std::string& line : Lines(text)) all += line;
  EXPECT_EQ(all, text);
}

TEST(StepOutputTest, SecretsAreMaskedInLinesAnnotationsAndProblems) {
  Step step;
  step.masks.Add("hunter2!");
  const OutputFindings findings =
      step.Write("pass hunter2!\n::error title=hunter2!,file=hunter2!/a::is hunter2!\n::stop-commands::\n::echo::hunter2!\n");
  EXPECT_THAT(findings.lines[0], "pass ***");
  EXPECT_THAT(findings.lines[1], "##[error]is ***");
  EXPECT_EQ(findings.annotations[0].title, "***");
  EXPECT_EQ(findings.annotations[0].file, "***/a");
  for (const std::string& line : findings.lines) EXPECT_THAT(line, ::testing::Not(HasSubstr("hunter2"))) << line;
  Step failing;
  failing.masks.Add("hunter2!");
  EXPECT_THAT(failing.Write("::echo::hunter2!\n").problem, HasSubstr("'***'"));
}

TEST(StepOutputTest, AMaskHoldsFromTheNextLineOn) {
  Step step;
  const OutputFindings findings =
      step.Write("s3cret!\n::add-mask::s3cret!\ns3cret!\n::add-mask::line one%0Aline two\nline two\n");
  EXPECT_THAT(findings.lines, ElementsAre("s3cret!", "***", "***"));
  EXPECT_THAT(findings.masks, ElementsAre("s3cret!", "line one\nline two"));
  EXPECT_TRUE(step.masks.Holds("line one"));
  EXPECT_THAT(findings.annotations, IsEmpty());
}

TEST(StepOutputTest, AnEmptyMaskIsAWarning) {
  const OutputFindings findings = Step().Write("::add-mask:: \n");
  EXPECT_THAT(findings.lines, ElementsAre("##[warning]Can't add secret mask for empty string in ##[add-mask] command."));
  EXPECT_THAT(findings.masks, IsEmpty());
}

TEST(StepOutputTest, GroupsStayInTheLog) {
  EXPECT_THAT(Lines("::group::Install\nx\n::endgroup::\n##[group]old\n::endgroup::ignored\n"),
              ElementsAre("##[group]Install", "x", "##[endgroup]", "##[group]old", "##[endgroup]"));
}

TEST(StepOutputTest, WhatIsNoCommandIsALine) {
  EXPECT_THAT(Lines("::unknown::x\nsee ::error::x\n[::]\n##[section]x\n"),
              ElementsAre("::unknown::x", "see ::error::x", "[::]", "##[section]x"));
}

TEST(StepOutputTest, DebugShowsWhenItIsOn) {
  EXPECT_THAT(Lines("::debug::x\n"), IsEmpty());
  EXPECT_THAT(Lines("::debug::x%0Ay\n", {.debug = DebugLines::kShown}), ElementsAre("##[debug]x", "y"));
}

TEST(StepOutputTest, EchoShowsCommandsThatHaveNoLineOfTheirOwn) {
  EXPECT_THAT(Lines("::echo::on\n::save-state name=a::b\n::add-mask::abc\n::error::x\n::echo:: OFF \n::save-state name=a::b\n"),
              ElementsAre("::save-state name=a::b", HasSubstr("deprecated"), "::add-mask::***", "##[error]x", "::echo:: OFF "));
}

TEST(StepOutputTest, EchoIsOnWithDebug) {
  EXPECT_THAT(Lines("::endgroup::\n", {.debug = DebugLines::kShown}), ElementsAre("::endgroup::", "##[endgroup]"));
}

TEST(StepOutputTest, AWrongEchoFailsTheStep) {
  const OutputFindings findings = Step().Write("::echo::maybe\n");
  EXPECT_THAT(findings.problem, HasSubstr("Invalid echo command value."));
  EXPECT_THAT(findings.lines[0], "##[error]Unable to process command '::echo::maybe' successfully.");
  EXPECT_THAT(findings.annotations, SizeIs(2));
}

TEST(StepOutputTest, StoppedCommandsAreLinesUntilTheToken) {
  Step step;
  const OutputFindings findings =
      step.Write("::stop-commands::my-token\n::error::no\n##[error]no\n::stop-commands::other\n::MY-token::\n::notice::yes\n");
  EXPECT_THAT(findings.lines, ElementsAre("::stop-commands::***", "::error::no", "##[error]no", "::stop-commands::other",
                                          "::MY-token::", "##[notice]yes"));
  EXPECT_THAT(findings.annotations, SizeIs(1));
  EXPECT_THAT(findings.masks, ElementsAre("my-token"));
}

TEST(StepOutputTest, AShortTokenIsNotMasked) {
  EXPECT_THAT(Lines("::stop-commands::token1\n::token1::\n"), ElementsAre("::stop-commands::token1", "::token1::"));
}

TEST(StepOutputTest, AForgedTokenFailsTheStep) {
  for (const std::string_view token : {"", "error", "Stop-Commands", "pause-logging"}) {
    const OutputFindings findings = Step().Write(fmt::format("::stop-commands::{}\n::notice::still on\n", token));
    EXPECT_THAT(findings.problem, HasSubstr("You cannot use a endToken")) << token;
    EXPECT_EQ(findings.lines.back(), "##[notice]still on") << token;
  }
}

TEST(StepOutputTest, OutputsAndStateAreFoundAsTheyAre) {
  Step step;
  step.masks.Add("secret");
  const OutputFindings findings =
      step.Write("::set-output name=a::x%0Ay\n::set-output name=a::secret\n::save-state name=s::\n::set-output::no name\n");
  EXPECT_THAT(findings.outputs, ElementsAre(Pair("a", "x\ny"), Pair("a", "secret")));
  EXPECT_THAT(findings.state, ElementsAre(Pair("s", "")));
  EXPECT_EQ(findings.problem, "Required field 'name' is missing in ##[set-output] command.");
}

TEST(StepOutputTest, DeprecatedCommandsWarnOnce) {
  const OutputFindings findings = Step().Write("::set-output name=a::b\n::set-output name=a::b\n::save-state name=a::b\n");
  EXPECT_THAT(findings.lines,
              ElementsAre(HasSubstr("`set-output` command is deprecated"), HasSubstr("`save-state` command is deprecated")));
}

TEST(StepOutputTest, EnvironmentAndPathAreRefusedUnlessAllowed) {
  for (const std::string_view line : {"::set-env name=a::b\n", "::add-path::/bin\n"}) {
    const OutputFindings refused = Step().Write(line);
    EXPECT_THAT(refused.problem, HasSubstr("command is disabled")) << line;
    EXPECT_THAT(refused.environment, IsEmpty()) << line;
    EXPECT_THAT(refused.path, IsEmpty()) << line;
  }
  const OutputFindings allowed =
      Step({.unsecure_commands = UnsecureCommands::kAllowed})
          .Write("::set-env name=a::b\n::add-path::/one\n::add-path::/two\n::set-env name=node_OPTIONS::x\n");
  EXPECT_THAT(allowed.environment, ElementsAre(Pair("a", "b")));
  EXPECT_THAT(allowed.path, ElementsAre("/one", "/two"));
  EXPECT_EQ(allowed.problem, "");
  EXPECT_THAT(allowed.lines, ElementsAre("##[error]Can't update NODE_OPTIONS environment variable using ::set-env:: command."));
}

TEST(StepOutputTest, AnnotationsHaveTheirPlace) {
  const OutputFindings findings =
      Step({.workspace = "/home/runner/ws/"})
          .Write("::warning file=/home/runner/ws/src/./a.js,line=3,endLine=3,col=4,endColumn=9,title=T::msg%0Amore\n");
  ASSERT_THAT(findings.annotations, SizeIs(1));
  EXPECT_EQ(findings.annotations[0], (Annotation{.level = AnnotationLevel::kWarning,
                                                 .message = "msg\nmore",
                                                 .title = "T",
                                                 .file = "src/a.js",
                                                 .line = 3,
                                                 .end_line = 3,
                                                 .column = 4,
                                                 .end_column = 9,
                                                 .code = ""}));
  EXPECT_THAT(findings.lines, ElementsAre("##[warning]msg", "more"));
}

TEST(StepOutputTest, LinesAndColumnsThatContradictAreTakenBack) {
  struct Row {
    std::string_view shows;
    std::string_view properties;
    std::string_view wanted;
  };
  const Row rows[] = {
      {"EndLineAlone", "endLine=4", "4-4 0-0"},     {"EndColumnAlone", "line=1,endColumn=4", "1-0 4-4"},
      {"ColumnAlone", "col=4", "0-0 0-0"},          {"SeveralLines", "line=1,endLine=2,col=3", "1-2 0-0"},
      {"Backwards", "line=5,endLine=2", "0-0 0-0"}, {"ColumnsBackwards", "line=5,col=9,endColumn=2", "5-0 0-0"},
      {"NoNumber", "line=x,col=y", "0-0 0-0"},      {"SpaceAndSign", "line= +7 ", "7-0 0-0"},
      {"TooLarge", "line=99999999999", "0-0 0-0"},
  };
  for (const Row& row : rows) {
    const OutputFindings findings = Step().Write(fmt::format("::error {}::x\n", row.properties));
    const Annotation& found = findings.annotations.at(0);
    EXPECT_EQ(fmt::format("{}-{} {}-{}", found.line.value_or(0), found.end_line.value_or(0), found.column.value_or(0),
                          found.end_column.value_or(0)),
              row.wanted)
        << row.shows;
  }
}

TEST(StepOutputTest, AnnotationsAreCappedAndTheLogIsNot) {
  Step step;
  std::string bytes;
  for (int i = 0; i < 15; ++i) bytes += "::error::e\n::warning::w\n";
  const OutputFindings findings = step.Write(bytes);
  EXPECT_THAT(findings.annotations, SizeIs(20));
  EXPECT_THAT(findings.lines, SizeIs(30));
  EXPECT_THAT(step.Write("::error::e\n::notice::n\n").annotations, SizeIs(1));
}

TEST(StepOutputTest, StepsOfACompositeActionLeaveTheCapToItsStep) {
  std::string bytes;
  for (int i = 0; i < 15; ++i) bytes += "::error::e\n";
  const OutputFindings findings = Step({.embedded = StepPosition::kEmbedded}).Write(bytes);
  EXPECT_THAT(findings.annotations, SizeIs(15));
  std::vector<Annotation> kept;
  KeepAnnotations(findings.annotations, kept);
  KeepAnnotations(findings.annotations, kept);
  EXPECT_THAT(kept, SizeIs(10));
}

TEST(StepOutputTest, LongMessagesAreCut) {
  std::string message;
  for (int i = 0; i < 5'000; ++i) message += "\xC3\xA4";
  const OutputFindings findings = Step().Write("::error::" + message + "\n");
  EXPECT_EQ(findings.annotations.at(0).message.size(), 2 * kAnnotationMessageCharactersMax);
  EXPECT_EQ(findings.lines.at(0), "##[error]" + message);
}

constexpr std::string_view kMatcher = R"({"problemMatcher": [{"owner": "tsc", "pattern": [{
  "regexp": "^([^\\s].*)\\((\\d+),(\\d+)\\):\\s+(error|warning)\\s+(TS\\d+):\\s+(.*)$",
  "file": 1, "line": 2, "column": 3, "severity": 4, "code": 5, "message": 6}]}]})";

class Files : public MatcherFiles {
 public:
  Result<std::string> Read(std::string_view path) const override {
    if (path == "tsc.json") return std::string(kMatcher);
    return Fail(ErrorCode::kNotFound, fmt::format("There is no file '{}'.", path));
  }
};

TEST(StepOutputTest, MatchersMakeAnnotationsOfColouredLines) {
  Step step({.workspace = "/ws"});
  ASSERT_TRUE(step.matchers.Add(kMatcher).has_value());
  const OutputFindings findings = step.Write("\x1B[31m/ws/src/a.ts\x1B[0m(3,7): error TS1005: ';' expected\nplain \x1B[1mx\n");
  ASSERT_THAT(findings.annotations, SizeIs(1));
  EXPECT_EQ(findings.annotations[0].file, "src/a.ts");
  EXPECT_EQ(findings.annotations[0].line, 3);
  EXPECT_EQ(findings.annotations[0].code, "TS1005");
  EXPECT_THAT(findings.lines, ElementsAre("##[error]/ws/src/a.ts(3,7): error TS1005: ';' expected", "plain \x1B[1mx"));
}

TEST(StepOutputTest, FilesOutsideOfTheWorkspaceAreDroppedFromMatches) {
  Step step({.workspace = "/ws"});
  ASSERT_TRUE(step.matchers.Add(kMatcher).has_value());
  for (const std::string_view file : {"/etc/passwd", "../x.ts", "/ws/../x.ts", "/wsx/a.ts"})
    EXPECT_EQ(step.Write(fmt::format("{}(1,1): error TS1: x\n", file)).annotations.at(0).file, "") << file;
}

TEST(StepOutputTest, AMatcherFileIsReadAtOnceWhereItCanBe) {
  const Files files;
  Step step({.matcher_files = &files});
  const OutputFindings findings = step.Write(
      "::add-matcher::tsc.json\na.ts(1,1): error TS1: x\n::remove-matcher owner=TSC::\na.ts(1,1): error TS1: x\n"
      "::add-matcher::tsc.json\n::remove-matcher::tsc.json\n");
  EXPECT_THAT(findings.annotations, SizeIs(1));
  EXPECT_TRUE(step.matchers.IsEmpty());
  EXPECT_EQ(findings.problem, "");
  EXPECT_EQ(step.Write("::add-matcher::gone.json\n").problem, "There is no file 'gone.json'.");
}

TEST(StepOutputTest, MatcherFilesAreFindingsWhereNobodyReadsThem) {
  const OutputFindings findings = Step().Write("::add-matcher::a.json\n::remove-matcher::b.json\n");
  EXPECT_THAT(findings.matcher_files, ElementsAre("a.json"));
  EXPECT_THAT(findings.removed_matcher_files, ElementsAre("b.json"));
}

TEST(StepOutputTest, WrongMatcherCommandsAreWarnings) {
  for (const std::string_view line : {"::add-matcher::\n", "::remove-matcher::\n", "::remove-matcher owner=a::b\n"}) {
    const OutputFindings findings = Step().Write(line);
    EXPECT_THAT(findings.lines, ElementsAre(HasSubstr("##[warning]"))) << line;
    EXPECT_EQ(findings.problem, "") << line;
  }
}

TEST(StepOutputTest, ACommandMayBeLongerThanALineOfTheLog) {
  const std::string value(300'000, 'v');
  const OutputFindings findings = Step().Write("::set-output name=a::" + value + "\n");
  ASSERT_THAT(findings.outputs, SizeIs(1));
  EXPECT_EQ(findings.outputs[0].second, value);
}

TEST(StepOutputTest, ACommandThatIsTooLongFailsTheStepAndShowsNothing) {
  Step step;
  for (int i = 0; i < 20; ++i) step.output.Feed(i == 0 ? "::add-mask::" : std::string(100'000, 's'));
  step.output.Feed("\nnext\n");
  step.output.End();
  const OutputFindings findings = step.output.Take();
  EXPECT_THAT(findings.problem, HasSubstr("longer than 1048576 bytes"));
  EXPECT_THAT(findings.lines, ElementsAre(HasSubstr("'add-mask'"), HasSubstr("longer than"), "next"));
}

TEST(StepOutputTest, WhatCommandsSetIsLimited) {
  Step step;
  std::string problem;
  std::size_t bytes = 0;
  for (int i = 0; i < 10; ++i) {
    const OutputFindings findings = step.Write("::set-output name=a::" + std::string(900'000, 'v') + "\n");
    for (const auto& [name, value] : findings.outputs) bytes += value.size();
    if (problem.empty()) problem = findings.problem;
  }
  EXPECT_THAT(problem, HasSubstr("set more than 4194304 bytes"));
  EXPECT_LE(bytes, kStepValuesBytesMax);
}

}  // namespace
}  // namespace tuesday::workflow
