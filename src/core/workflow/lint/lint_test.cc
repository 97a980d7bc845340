// SPDX-License-Identifier: Apache-2.0
// Every rule has a file tests/golden/lint/<rule>.yaml with two parts, `# bad` and `# good`: the rule speaks of the first, and
// is silent on the second.
#include "core/workflow/lint/lint.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "core/workflow/lint/rules/cron.h"

namespace tuesday::workflow::lint {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int kPauseSeconds = 1'200;

std::vector<std::string> Texts(const std::vector<Finding>& findings) {
  std::vector<std::string> texts;
  for (const Finding& finding : findings) texts.push_back(finding.Text());
  return texts;
}

class Examples : public testing::TestWithParam<std::string> {};

TEST_P(Examples, BadIsToldAndGoodIsNot) {
  std::ifstream in(std::string(TUESDAY_SOURCE_DIR) + "/tests/golden/lint/" + GetParam() + ".yaml", std::ios::binary);
  ASSERT_TRUE(in.is_open());
  std::ostringstream out;
  out << in.rdbuf();
  const std::string text = out.str();
  const std::size_t good = text.find("# good\n");
  ASSERT_NE(good, std::string::npos);
  const LintOptions options{.runner_labels = {}, .config_variables = std::nullopt, .pause_seconds = kPauseSeconds};
  const auto is_rule = [&](const Finding& finding) { return finding.rule == GetParam(); };
  const auto of_bad = LintWorkflow(text.substr(0, good), "w.yml", options);
  const auto of_good = LintWorkflow(text.substr(good), "w.yml", options);
  EXPECT_TRUE(std::any_of(of_bad.begin(), of_bad.end(), is_rule)) << testing::PrintToString(Texts(of_bad));
  EXPECT_FALSE(std::any_of(of_good.begin(), of_good.end(), is_rule)) << testing::PrintToString(Texts(of_good));
  EXPECT_FALSE(HasErrors(of_good)) << testing::PrintToString(Texts(of_good));
}

INSTANTIATE_TEST_SUITE_P(Rules, Examples,
                         testing::Values("action", "aws-account", "cache-export", "credentials", "deprecated-commands",
                                         "env-var", "events", "expression", "glob", "helm-timeout", "helm-wait", "id",
                                         "if-cond", "job-needs", "matrix", "no-cluster-credentials", "no-concurrency",
                                         "no-pull-request", "oidc-permission", "output-name", "permissions", "refused",
                                         "runner-label", "shell-name", "syntax-check", "unread-output", "workflow-call"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

std::vector<std::string> Lint(const std::string& text, const LintOptions& options = {}) {
  return Texts(LintWorkflow(text, "w.yml", options));
}

std::string Steps(const std::string& steps) {
  return "on: pull_request\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n" + steps;
}

TEST(Lint, PlacesInBlockScalarsAreThoseOfTheFile) {
  EXPECT_THAT(Lint(Steps("      - run: |\n          echo one\n\n            echo ${{ nope.x }}\n")),
              ElementsAre(HasSubstr("w.yml:9:22: error: There is no context \"nope\"")));
}

TEST(Lint, TypesOfContextsComeFromTheFile) {
  EXPECT_THAT(
      Lint(Steps("      - id: s\n        run: echo ${{ steps.s.outputs.x }}\n      - run: echo ${{ steps.S.outputs.y }}\n")),
      ElementsAre(HasSubstr("w.yml:7:23: error: There is no property \"s\" in {}.")));
  EXPECT_THAT(Lint("on: pull_request\njobs:\n  a:\n    runs-on: ubuntu-latest\n    strategy: {matrix: {v: [{n: 1}], include: "
                   "[{w: x}]}}\n"
                   "    steps:\n      - run: echo ${{ matrix.v.n }} ${{ matrix.w }} ${{ matrix.u }}\n"),
              ElementsAre(HasSubstr("There is no property \"u\" in {v: {n: number}; w: string}.")));
}

TEST(Lint, FilesOfTheRepositoryAreLookedAt) {
  class Files : public ProjectFiles {
   public:
    std::optional<std::string> Read(std::string_view path) const override {
      if (path == ".github/workflows/c.yml")
        return "on: {workflow_call: {inputs: {n: {type: number, required: true}}}}\njobs: {}\n";
      if (path == "act/action.yml")
        return "name: act\ndescription: acts\ninputs: {in: {required: true}}\noutputs: {out: {}}\nruns: {using: node20, main: "
               "m.js}\n";
      if (path == "act/m.js") return "";
      return std::nullopt;
    }
  };
  const Files files;
  const LintOptions options{
      .runner_labels = {}, .config_variables = std::nullopt, .pause_seconds = std::nullopt, .files = &files};
  EXPECT_THAT(
      Lint(Steps("      - uses: ./act\n        id: x\n        with: {inn: 1}\n      - run: echo ${{ steps.x.outputs.oout }}\n"),
           options),
      ElementsAre(HasSubstr("needs the input \"in\""), HasSubstr("has no input \"inn\""),
                  HasSubstr("There is no property \"oout\"")));
  EXPECT_THAT(
      Lint(
          "on: pull_request\njobs:\n  a:\n    uses: ./.github/workflows/c.yml\n    with: {n: three}\n  b:\n    uses: ./d.yml\n",
          options),
      ElementsAre(HasSubstr("is of type number, and string is passed"), HasSubstr("There is no file \"./d.yml\"")));
}

TEST(Lint, WhatIsWrongWithAnActionIsToldWhereItIsUsedAndAtItsPlace) {
  struct Row {
    std::string_view shows;
    std::string_view text;
    std::string_view wanted;
  };
  const std::string_view head = "name: a\ndescription: b\n";
  const Row rows[] = {
      {"NoRuns", "", "1:1: error: The metadata has no \"runs\". [action]"},
      {"NoUsing", "runs: {main: m.js}\n", "3:7: error: \"runs\" does not say what it is \"using\". [action]"},
      {"UnknownUsing", "runs: {using: node99}\n", "3:15: error: \"node99\" is nothing that an action can run with"},
      {"NoMain", "runs: {using: node20}\n", "3:7: error: A JavaScript action needs \"main\" in \"runs\". [action]"},
      {"KeyOfAnotherKind", "runs: {using: node20, main: m.js, steps: []}\n",
       "3:35: error: A JavaScript action has no \"steps\""},
      {"FileNotThere", "runs: {using: node20, main: gone.js}\n",
       "3:29: warning: The file \"gone.js\" of \"main\" is not there. [action]"},
      {"ConditionAlone", "runs: {using: node20, main: m.js, pre-if: always()}\n",
       "3:43: warning: \"pre-if\" has no effect without \"pre\"."},
      {"ImageNotCalledDockerfile", "runs: {using: docker, image: m.js}\n",
       "3:30: error: The file of the image, \"m.js\", must be called"},
      {"InputKey", "inputs:\n  i: {type: boolean}\nruns: {using: node20, main: m.js}\n",
       "4:7: warning: \"type\" of the input \"i\" has no effect."},
      {"Deprecation", "inputs:\n  i: {deprecationMessage: ' '}\nruns: {using: node20, main: m.js}\n",
       "4:27: warning: The input \"i\" is deprecated without"},
      {"Icon", "branding: {icon: 'check x', color: pink}\nruns: {using: node20, main: m.js}\n",
       "3:18: warning: There is no icon \"check x\"."},
      {"NoShell", "runs:\n  using: composite\n  steps:\n    - run: x\n",
       "6:7: error: Required property is missing: shell [refused]"},
      {"NoSecrets", "runs:\n  using: composite\n  steps:\n    - {run: '${{ secrets.A }}', shell: sh}\n",
       "6:18: error: The context \"secrets\" is not there in this place"},
  };
  for (const Row& row : rows) {
    const std::string text = std::string(head) + std::string(row.text);
    class Files : public ProjectFiles {
     public:
      explicit Files(std::string metadata) : metadata_(std::move(metadata)) {}
      std::optional<std::string> Read(std::string_view path) const override {
        if (path == "act/action.yml") return metadata_;
        if (path == "act/m.js") return "";
        return std::nullopt;
      }

     private:
      std::string metadata_;
    };
    const Files files(text);
    const LintOptions options{
        .runner_labels = {}, .config_variables = std::nullopt, .pause_seconds = std::nullopt, .files = &files};
    const std::vector<Finding> own = LintAction(text, "action.yml", "act", options);
    ASSERT_FALSE(own.empty()) << row.shows;
    EXPECT_THAT(own.front().Text(), HasSubstr("action.yml:" + std::string(row.wanted))) << row.shows;
    EXPECT_THAT(Lint(Steps("      - uses: ./act\n"), options), ::testing::SizeIs(own.size())) << row.shows;
  }
  const auto composite = [&head](std::string_view steps) {
    return LintAction(std::string(head) + "inputs: {title: {}}\nruns:\n  using: composite\n  steps:\n" + std::string(steps),
                      "a", "");
  };
  const std::pair<std::string_view, std::string_view> steps[] = {
      {"    - {run: 'echo ${{ inputs.titel }}', shell: sh}\n",
       "There is no property \"titel\" in {title: string}. Did you mean \"title\"?"},
      {"    - {run: 'echo ${{ github.event.issue.title }}', shell: sh}\n", "can be written by a stranger"},
      {"    - {run: 'echo ${{ steps.x.outputs.y }}', shell: sh}\n", "There is no property \"x\""},
      {"    - {run: 'echo ::set-output name=a::b', shell: sh}\n", "no longer supported"},
      {"    - {run: x, shell: fish}\n", "There is no shell \"fish\""},
      {"    - {run: x, shell: sh, if: 'true'}\n", "is the same each time"},
      {"    - {uses: actions/checkout}\n", "has no ref"},
      {"    - {run: x, shell: sh, nmae: y}\n", "nmae"},
  };
  for (const auto& [step, wanted] : steps) {
    const std::vector<Finding> findings = composite(step);
    ASSERT_EQ(findings.size(), 1U) << step;
    EXPECT_THAT(findings[0].Text(), HasSubstr(wanted)) << step;
  }
  EXPECT_THAT(composite("    - {id: a, run: 'echo ${{ inputs.title }}', shell: '${{ inputs.title }}'}\n"
                        "    - {run: 'echo ${{ steps.a.outputs.x }} ${{ matrix.y }} ${{ env.Z }}', shell: sh, if: always()}\n"),
              ::testing::IsEmpty());
  EXPECT_THAT(LintAction("- x\n", "action.yml", ""), ::testing::SizeIs(1));
  EXPECT_THAT(LintAction("a: [\n", "action.yml", ""), ::testing::SizeIs(1));
  EXPECT_THAT(LintAction(std::string(head) + "runs: {using: node20, main: m.js}\n", "action.yml", ""), ::testing::IsEmpty());
}

TEST(Lint, BombsEnd) {
  std::string bomb = "x0: &x0 [a,a,a,a,a,a,a,a,a]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*x" + std::to_string(i - 1);
    bomb += "x" + std::to_string(i) + ": &x" + std::to_string(i) + " [" + before;
    for (int k = 0; k < 8; ++k) bomb += "," + before;
    bomb += "]\n";
  }
  EXPECT_THAT(Lint(bomb), ElementsAre(HasSubstr("more than 50000 nodes")));
  EXPECT_THAT(Lint(std::string(3'000, '[')), ElementsAre(testing::_));
  EXPECT_THAT(Lint("on: push\njobs: &j\n  a: *j\n"), testing::Contains(HasSubstr("within its own anchor")));
  std::string many = "on: push\njobs:\n";
  for (int i = 0; i < 2'000; ++i) many += "  j" + std::to_string(i) + ": {x: 1}\n";
  EXPECT_LE(Lint(many).size(), 1'001u);
}

TEST(Lint, SilentOnNothingToSay) {
  EXPECT_THAT(Lint(Steps("      - run: make\n")), IsEmpty());
  EXPECT_THAT(Lint(""), ElementsAre(HasSubstr("The workflow is empty.")));
}

TEST(Cron, TellsTheShortestInterval) {
  EXPECT_EQ(ShortestInterval("*/5 * * * *").value(), 300);
  EXPECT_EQ(ShortestInterval("0,58 * * * *").value(), 120);
  EXPECT_EQ(ShortestInterval("0 0 * JAN-MAR sun").value(), 86'400);
  for (const char* wrong : {"* * * *", "60 * * * *", "*/0 * * * *", "5-1 * * * *", "a * * * *", "* * * * * *", ""}) {
    EXPECT_FALSE(ShortestInterval(wrong).has_value()) << wrong;
  }
  EXPECT_TRUE(IsTimezoneName("Europe/Vienna"));
  EXPECT_FALSE(IsTimezoneName("UTC"));
  EXPECT_FALSE(IsTimezoneName("Europe/Vien"));
}

}  // namespace
}  // namespace tuesday::workflow::lint
