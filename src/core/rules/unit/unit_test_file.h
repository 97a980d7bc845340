// SPDX-License-Identifier: Apache-2.0
// promtool's unit tests of rules: the file as values, and running it. Pure: the texts of the rule files are given.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/source.h"
#include "core/metrics/source.h"
#include "core/rules/alert.h"
#include "core/rules/file.h"

namespace tuesday::rules::unit {

struct ExpectedAlert {
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
};
struct AlertTest {
  std::int64_t eval_ms = 0;  // Since the start of the test.
  std::string alert;
  std::vector<ExpectedAlert> expected;
  SourcePos at;
};
struct ExpectedSample {
  metrics::Labels labels;
  double value = 0;
};
struct ExprTest {
  std::int64_t eval_ms = 0;
  std::string expr;
  std::vector<ExpectedSample> expected;
  SourcePos at;
};
struct Test {
  std::string name;
  std::int64_t interval_ms = 60'000;
  std::int64_t start_ms = 0;
  Recorded input;
  std::vector<AlertTest> alert_tests;
  std::vector<ExprTest> expr_tests;
  std::map<std::string, std::string> external_labels;
  std::string external_url;
  SourcePos at;
};
struct TestFile {
  std::vector<std::string> rule_files;  // Patterns, relative to the file.
  std::int64_t evaluation_interval_ms = 60'000;
  bool fuzzy_compare = false;
  std::vector<std::string> group_order;
  std::vector<Test> tests;
};

// Reads the file; all that is wrong with it is in `findings`.
TestFile ReadTestFile(const YamlNode& root, std::string_view file, UnknownKeys unknown_keys, std::vector<Finding>& findings);

// The rule files that a pattern stands for, as (name, text).
using ResolveRuleFiles = std::function<Result<std::vector<std::pair<std::string, std::string>>>(std::string_view pattern)>;

struct RunOptions {
  std::vector<std::string> run;  // Regular expressions of test names; none: all tests.
  UnknownKeys unknown_keys = UnknownKeys::kRefuse;
  bool experimental = false;
};

// `failures` has promtool's words, one failure each. The exit status is promtool's: 0 when there is none, else 1.
struct Report {
  int tests_run = 0;
  std::vector<std::string> failures;

  int ExitStatus() const { return failures.empty() ? 0 : 1; }
};

inline constexpr std::int64_t kTicksMax = 1'000'000;

Report RunTestFile(std::string_view text, std::string_view file, const ResolveRuleFiles& resolve,
                   const RunOptions& options = {});

}  // namespace tuesday::rules::unit
