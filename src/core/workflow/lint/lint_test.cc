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
      if (path == "act/action.yml") return "name: act\ninputs: {in: {required: true}}\noutputs: {out: {}}\n";
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
