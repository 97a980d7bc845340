// SPDX-License-Identifier: Apache-2.0
// What is said about whole files, as a reader sees it: tests/golden/manifest/<name>.yaml and <name>.findings.
// ACCEPT=1 writes the findings anew and reports skipped.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/manifest/check.h"
#include "core/manifest/object.h"

namespace tuesday::manifest {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = fs::path(TUESDAY_SOURCE_DIR) / "tests/golden/manifest";
const fs::path kPlaybook = fs::path(TUESDAY_SOURCE_DIR) / "examples/playbook/rollout.yaml";

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string FindingsOf(const fs::path& yaml) {
  const ReadResult result = ReadManifests(ReadFile(yaml), yaml.filename().string());
  std::string text;
  for (const Finding& finding : result.findings) text += finding.Text() + "\n";
  for (const Finding& finding : CheckObjects(result.objects)) text += finding.Text() + "\n";
  return text;
}

std::vector<fs::path> Cases() {
  std::vector<fs::path> paths = {kPlaybook};
  for (const fs::directory_entry& entry : fs::directory_iterator(kGolden)) {
    if (entry.path().extension() == ".yaml") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

class GoldenFindings : public testing::TestWithParam<fs::path> {};

TEST_P(GoldenFindings, AreThoseOfTheFile) {
  const fs::path golden = kGolden / (GetParam().stem().string() + ".findings");
  const std::string findings = FindingsOf(GetParam());
  if (std::getenv("ACCEPT") != nullptr) {
    std::ofstream(golden, std::ios::binary) << findings;
    GTEST_SKIP() << "wrote " << golden;
  }
  EXPECT_EQ(findings, ReadFile(golden));
}

INSTANTIATE_TEST_SUITE_P(Files, GoldenFindings, testing::ValuesIn(Cases()),
                         [](const auto& test) { return test.param.stem().string(); });

TEST(Playbook, IsAcceptedWithAllItsDefectsNamed) {
  const ReadResult result = ReadManifests(ReadFile(kPlaybook), "rollout.yaml");
  std::vector<Finding> findings = result.findings;
  const std::vector<Finding> more = CheckObjects(result.objects);
  findings.insert(findings.end(), more.begin(), more.end());
  EXPECT_FALSE(HasErrors(findings));
  for (const std::string_view rule :
       {"mutable-tag", "built-in-template", "made-with-defaults", "one-instance", "no-probe", "per-request-weight"}) {
    EXPECT_TRUE(std::any_of(findings.begin(), findings.end(), [rule](const Finding& f) { return f.rule == rule; })) << rule;
  }
}

}  // namespace
}  // namespace tuesday::manifest
