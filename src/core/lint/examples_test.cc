// SPDX-License-Identifier: Apache-2.0
// Every rule has a file tests/golden/lint/<rule>.yaml with two parts, `# bad` and `# good`: the rule speaks of the first, and
// is silent on the second.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/lint/lint.h"
#include "core/lint/rule_table.h"
#include "core/lint/silence.h"
#include "core/manifest/object.h"
#include "core/rules/file.h"
#include "core/rules/lint.h"

namespace tuesday::lint {
namespace {

namespace fs = std::filesystem;

// `label-value` would need bytes that are no text. Rules of workflows are tried where they live.
bool HasNoExample(const RuleText& rule) { return rule.name == "label-value" || rule.group == RuleGroup::kWorkflows; }

std::vector<Finding> FindingsOf(const std::string& text, RuleGroup group) {
  std::vector<Finding> findings = FindTemplateLanguage(text, "f.yaml");
  if (!findings.empty()) return findings;
  const auto add = [&](std::vector<Finding> more) { findings.insert(findings.end(), more.begin(), more.end()); };
  if (group == RuleGroup::kRules) {
    const rules::ReadGroupsResult read = rules::ReadRuleFile(text, "f.yaml");
    add(read.findings);
    add(rules::LintGroups(read.groups));
    return findings;
  }
  const manifest::ReadResult read = manifest::ReadManifests(text, "f.yaml");
  add(read.findings);
  add(manifest::CheckObjects(read.objects));
  add(LintObjects(read.objects));
  ApplySilences(text, "f.yaml", findings);
  return findings;
}

std::string TextOf(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) text += finding.Text() + "\n";
  return text;
}

class Examples : public testing::TestWithParam<RuleText> {};

TEST_P(Examples, BadIsToldAndGoodIsNot) {
  const RuleText& rule = GetParam();
  const fs::path path = fs::path(TUESDAY_SOURCE_DIR) / "tests/golden/lint" / (std::string(rule.name) + ".yaml");
  std::ifstream in(path, std::ios::binary);
  ASSERT_TRUE(in.is_open()) << path;
  std::ostringstream out;
  out << in.rdbuf();
  const std::string text = out.str();
  const std::size_t good = text.find("# good\n");
  ASSERT_NE(good, std::string::npos);
  const auto is_rule = [&](const Finding& finding) { return finding.rule == rule.name; };
  const std::vector<Finding> of_bad = FindingsOf(text.substr(0, good), rule.group);
  const std::vector<Finding> of_good = FindingsOf(text.substr(good), rule.group);
  EXPECT_TRUE(std::any_of(of_bad.begin(), of_bad.end(), is_rule)) << TextOf(of_bad);
  EXPECT_FALSE(std::any_of(of_good.begin(), of_good.end(), is_rule)) << TextOf(of_good);
  EXPECT_FALSE(HasErrors(of_good)) << TextOf(of_good);
  for (const Finding& finding : of_bad) {
    const RuleText* known = FindRule(finding.rule);
    ASSERT_NE(known, nullptr) << finding.Text();
    EXPECT_LE(finding.severity, known->severity) << finding.Text();
    EXPECT_GT(finding.at.line + static_cast<int>(rule.name == "yaml" || rule.name == "not-yaml"), 0) << finding.Text();
  }
}

std::vector<RuleText> WithExamples() {
  std::vector<RuleText> rules;
  for (const RuleText& rule : RuleTable()) {
    if (!HasNoExample(rule)) rules.push_back(rule);
  }
  return rules;
}

INSTANTIATE_TEST_SUITE_P(Rules, Examples, testing::ValuesIn(WithExamples()), [](const auto& test) {
  std::string name(test.param.name);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(RuleTable, IsSortedAndSaysSomethingOfEachRule) {
  const std::span<const RuleText> table = RuleTable();
  for (std::size_t i = 0; i < table.size(); ++i) {
    EXPECT_TRUE(table[i].sentence.ends_with('.')) << table[i].name;
    if (i == 0) continue;
    EXPECT_LT(std::pair(table[i - 1].group, table[i - 1].name), std::pair(table[i].group, table[i].name));
  }
}

}  // namespace
}  // namespace tuesday::lint
