// SPDX-License-Identifier: Apache-2.0
#include "core/rules/unit/unit_test_file.h"

#include <gmock/gmock.h>

namespace tuesday::rules::unit {
namespace {

using testing::HasSubstr;

constexpr std::string_view kRules = R"(groups:
  - name: g
    rules:
      - record: doubled
        expr: x * 2
      - alert: High
        expr: doubled > 4
        for: 1m
        annotations:
          text: "{{ $labels.job }} at {{ $value }}"
)";

Report RunTests(const std::string& tests, RunOptions options = {}) {
  const auto resolve = [](std::string_view pattern) -> Result<std::vector<std::pair<std::string, std::string>>> {
    if (pattern == "rules.yml") return std::vector<std::pair<std::string, std::string>>{{"rules.yml", std::string(kRules)}};
    return Fail(ErrorCode::kNotFound, "no such file");
  };
  return RunTestFile(tests, "test.yml", resolve, options);
}

std::string WithTest(const std::string& test) {
  return "rule_files: [rules.yml]\ntests:\n  - name: t\n    input_series:\n      - series: 'x{job=\"a\"}'\n        values: "
         "0+1x10\n" +
         test;
}

TEST(UnitTestFile, FiringAlertWithItsAnnotationsPasses) {
  const Report report = RunTests(WithTest(R"(
    alert_rule_test:
      - eval_time: 3m
        alertname: High
      - eval_time: 4m59s
        alertname: High
        exp_alerts:
          - exp_labels: {job: a}
            exp_annotations: {text: "a at 8"}
    promql_expr_test:
      - expr: doubled
        eval_time: 2m30s
        exp_samples: [{labels: 'doubled{job="a"}', value: 4}]
)"));
  EXPECT_THAT(report.failures, testing::IsEmpty());
  EXPECT_EQ(report.tests_run, 1);
  EXPECT_EQ(report.ExitStatus(), 0);
}

TEST(UnitTestFile, PendingAlertIsNotFiring) {
  const Report report = RunTests(WithTest(R"(
    alert_rule_test:
      - eval_time: 3m
        alertname: High
        exp_alerts: [{exp_labels: {job: a}, exp_annotations: {text: "a at 6"}}]
)"));
  ASSERT_EQ(report.failures.size(), 1U);
  EXPECT_THAT(report.failures[0], HasSubstr("got:[]"));
  EXPECT_EQ(report.ExitStatus(), 1);
}

TEST(UnitTestFile, SamplesAreComparedToTheLastBitUnlessFuzzy) {
  const std::string test = WithTest(R"(
    promql_expr_test:
      - {expr: x + 0.1 + 0.2 - x, eval_time: 0m, exp_samples: [{labels: '{job="a"}', value: 0.3}]}
)");
  EXPECT_EQ(RunTests(test).ExitStatus(), 1);
  EXPECT_EQ(RunTests("fuzzy_compare: true\n" + test).ExitStatus(), 0);
}

TEST(UnitTestFile, OnlyTestsThatAreAskedForRun) {
  const std::string test = WithTest("    promql_expr_test: [{expr: x, eval_time: 0m}]\n");
  EXPECT_EQ(RunTests(test).ExitStatus(), 1);
  EXPECT_EQ(RunTests(test, {.run = {"other"}}).ExitStatus(), 0);
}

TEST(UnitTestFile, UnknownKeyIsAnErrorWithTheNearestOne) {
  const Report report = RunTests("rulefiles: []\n");
  ASSERT_EQ(report.failures.size(), 1U);
  EXPECT_THAT(report.failures[0], HasSubstr("Did you mean \"rule_files\"?"));
  EXPECT_EQ(RunTests("rulefiles: []\n", {.unknown_keys = UnknownKeys::kIgnore}).ExitStatus(), 0);
}

}  // namespace
}  // namespace tuesday::rules::unit
