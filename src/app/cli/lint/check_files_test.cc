// SPDX-License-Identifier: Apache-2.0
#include "app/cli/lint/check_files.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

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
