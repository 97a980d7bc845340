// SPDX-License-Identifier: Apache-2.0
#include "app/cli/lint/check_files.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "app/cli/lint/workflow_files.h"
#include "base/json.h"

namespace tuesday::cli {
namespace {

std::vector<ManifestFile> Playbook() {
  Result<std::vector<ManifestFile>> files = ReadManifestFiles({std::string(TUESDAY_SOURCE_DIR) + "/examples/playbook"});
  EXPECT_TRUE(files.has_value());
  return files.value_or(std::vector<ManifestFile>());
}

TEST(Check, AcceptsThePlaybookAndNamesItsDefects) {
  const CheckReport report = CheckFiles(Playbook(), "default");
  EXPECT_FALSE(HasErrors(report.findings));
  EXPECT_EQ(report.files, 3);
  EXPECT_EQ(report.rules, 3);
  std::set<std::string> rules;
  for (const Finding& finding : report.findings) rules.insert(finding.rule);
  for (const char* rule : {"mutable-tag", "absolute-threshold", "nan-without-traffic", "for-shorter-than-window", "pod-name",
                           "histogram-clamp", "oidc-permission", "cache-export", "no-concurrency", "no-cluster-credentials",
                           "aws-account", "helm-timeout", "helm-wait", "no-pull-request", "output-name", "unread-output"}) {
    EXPECT_TRUE(rules.contains(rule)) << rule;
  }
}

TEST(Check, SaysAllFindingsInTheOrderOfTheFile) {
  const CheckReport report = CheckFiles(
      {{"a.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  prots: []\n  selektor: {}\n"}}, "default");
  ASSERT_GE(report.findings.size(), 2U);
  EXPECT_TRUE(HasErrors(report.findings));
  EXPECT_TRUE(std::is_sorted(report.findings.begin(), report.findings.end(),
                             [](const Finding& a, const Finding& b) { return a.at < b.at; }));
}

TEST(Check, ReadsTheMetadataOfActionsAtTheirPlace) {
  const CheckReport report =
      CheckFiles({{"ci/build/action.yml",
                   "name: Build\ndescription: Builds ${things}.\nruns:\n  using: composite\n  steps:\n    - run: make\n"}},
                 "default");
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].Text(), "ci/build/action.yml:6:7: error: Required property is missing: shell [refused]");
}

class Repository : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "tuesday-check-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void Write(const std::string& path, std::string_view text) const {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }

  std::vector<std::string> Check() const {
    const Result<std::vector<ManifestFile>> files = ReadFilesToCheck({root_.string()});
    std::vector<std::string> texts;
    if (!files.has_value()) return {files.error().message};
    for (const Finding& finding : CheckFiles(*files, "default").findings)
      texts.push_back(finding.Text().substr(root_.string().size() + 1));
    return texts;
  }

  std::filesystem::path root_;
};

constexpr std::string_view kAction = "name: A\ndescription: B.\nruns: {using: node20, main: dist/index.js}\n";

TEST_F(Repository, ActionsAreFoundWhereTheyStand) {
  Write("action.yml", kAction);
  Write("dist/index.js", std::string(3 << 20, ' '));
  Write(".github/actions/deep/down/action.yaml", kAction);
  Write(".github/actions/deep/node_modules/other/action.yml", kAction);
  Write(".github/workflows/w.yml",
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: ./\n      - uses: "
        "./.github/actions/deep/down\n");
  EXPECT_EQ(
      Check(),
      (std::vector<std::string>{
          ".github/actions/deep/down/action.yaml:3:29: warning: The file \"dist/index.js\" of \"main\" is not there. [action]",
          ".github/workflows/w.yml:7:15: warning: Of the action \"./.github/actions/deep/down\": the file "
          "\"dist/index.js\" of \"main\" is not there (.github/actions/deep/down/action.yaml:3:29). [action]"}));
}

TEST_F(Repository, AScriptOutsideOfTheActionIsNotThere) {
  Write("secret.js", "");
  Write("act/action.yml", "name: A\ndescription: B.\nruns: {using: node20, main: ../secret.js}\n");
  EXPECT_EQ(
      Check(),
      (std::vector<std::string>{"act/action.yml:3:29: warning: The file \"../secret.js\" of \"main\" is not there. [action]"}));
}

TEST(Check, AManifestMayBeCalledAction) {
  const CheckReport report =
      CheckFiles({{"action.yml", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: []}\n"}}, "default");
  EXPECT_EQ(report.objects, 1);
}

TEST(Sarif, HasOneResultForEachFinding) {
  const Result<Json> sarif = ParseJson(SarifText(CheckFiles(Playbook(), "default").findings));
  ASSERT_TRUE(sarif.has_value());
  const Json& run = sarif->At("runs").as_array()->at(0);
  EXPECT_EQ(run.At("results").as_array()->size(), CheckFiles(Playbook(), "default").findings.size());
}

}  // namespace
}  // namespace tuesday::cli
