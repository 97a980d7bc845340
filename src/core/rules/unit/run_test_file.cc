// SPDX-License-Identifier: Apache-2.0
// Runs tests as promtool's unittest.go does: every group at every evaluation interval, alerts compared at the tick before
// their time, expressions after all ticks.
#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/metrics/text.h"
#include "core/promql/parser.h"
#include "core/rules/unit/unit_test_file.h"

namespace tuesday::rules::unit {
namespace {

constexpr std::int64_t kSamplesMax = 10'000;  // promtool's.
constexpr std::int64_t kForeverMs = std::int64_t{1} << 60;

std::string TextOf(const std::map<std::string, std::string>& entries) {
  std::string text;
  for (const auto& [name, value] : entries)
    text += fmt::format("{}{}={}", text.empty() ? "" : ", ", name, metrics::Quoted(value));
  return "{" + text + "}";
}

using LabelsAndAnnotations = std::pair<std::map<std::string, std::string>, std::map<std::string, std::string>>;

std::string TextOf(const std::vector<LabelsAndAnnotations>& alerts) {
  if (alerts.empty()) return "[]";
  std::string text = "[";
  for (const auto& [labels, annotations] : alerts) {
    text += fmt::format("\n        Labels:{} Annotations:{}", TextOf(labels), TextOf(annotations));
  }
  return text + "\n    ]";
}

std::string TextOf(const std::vector<ExpectedSample>& samples) {
  std::string text;
  for (const ExpectedSample& sample : samples) {
    text += fmt::format("{}{} {}", text.empty() ? "" : "; ", sample.labels.Text(), metrics::NumberText(sample.value));
  }
  return text.empty() ? "nil" : text;
}

bool SameValue(double a, double b, bool fuzzy) {
  if (a == b) return true;
  return fuzzy && (std::nextafter(a, b) == b);
}

// One test over its own store.
class TestRun {
 public:
  TestRun(const TestFile& file, const Test& test, const std::vector<Group>& groups, std::vector<std::string>& failures)
      : file_(file), test_(test), groups_(groups), states_(groups.size()), failures_(failures) {
    options_.engine.samples_max = kSamplesMax;
    options_.engine.default_subquery_step_ms = file.evaluation_interval_ms;
    options_.external_labels = test.external_labels;
    options_.external_url = test.external_url;
    options_.recorded_retention_ms = kForeverMs;
  }

  void Run() {
    std::int64_t last_ms = 0;
    for (const AlertTest& alert : test_.alert_tests) last_ms = std::max(last_ms, alert.eval_ms);
    for (const ExprTest& expr : test_.expr_tests) last_ms = std::max(last_ms, expr.eval_ms);
    if (last_ms / file_.evaluation_interval_ms > kTicksMax) {
      Say(fmt::format("the test has more than {} evaluations", kTicksMax));
      return;
    }
    for (std::int64_t tick = 0; tick <= last_ms; tick += file_.evaluation_interval_ms) {
      if (!EvaluateAll(test_.start_ms + tick)) return;
      for (const AlertTest& alert : test_.alert_tests) {
        if (tick <= alert.eval_ms && alert.eval_ms < tick + file_.evaluation_interval_ms) CheckAlert(alert);
      }
    }
    for (const ExprTest& expr : test_.expr_tests) CheckExpr(expr);
  }

 private:
  void Say(const std::string& message) {
    failures_.push_back(test_.name.empty() ? message : fmt::format("name: {},\n    {}", test_.name, message));
  }

  std::vector<const Recorded*> Layers(std::optional<std::size_t> without) const {
    std::vector<const Recorded*> layers = {&test_.input};
    for (std::size_t i = 0; i < states_.size(); ++i) {
      if (without != i) layers.push_back(&states_[i].recorded);
    }
    return layers;
  }

  bool EvaluateAll(std::int64_t time_ms) {
    bool well = true;
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      const RecordedSource source(nothing_, Layers(i));
      Evaluation evaluation = Evaluate(groups_[i], std::move(states_[i]), source, time_ms, options_);
      states_[i] = std::move(evaluation.state);
      for (const RuleResult& result : evaluation.results) {
        if (result.error.empty()) continue;
        Say(fmt::format("rule: {}, time: {}, err: {}", result.rule,
                        DurationText(std::chrono::milliseconds(time_ms - test_.start_ms)), result.error));
        well = false;
      }
    }
    return well;
  }

  void CheckAlert(const AlertTest& test) {
    std::vector<LabelsAndAnnotations> got;
    for (const GroupState& state : states_) {
      for (const RuleState& rule : state.rules) {
        for (const ActiveAlert& alert : rule.alerts) {
          if (rule.rule != test.alert || alert.phase != AlertPhase::kFiring) continue;
          got.emplace_back(std::map<std::string, std::string>(alert.labels.begin(), alert.labels.end()), alert.annotations);
        }
      }
    }
    std::vector<LabelsAndAnnotations> expected;
    for (const ExpectedAlert& alert : test.expected) expected.emplace_back(alert.labels, alert.annotations);
    std::ranges::sort(got);
    std::ranges::sort(expected);
    if (got == expected) return;
    Say(fmt::format("alertname: {}, time: {},\n    exp:{},\n    got:{}", test.alert,
                    DurationText(std::chrono::milliseconds(test.eval_ms)), TextOf(expected), TextOf(got)));
  }

  void CheckExpr(const ExprTest& test) {
    const auto bad = [&](const std::string& what) {
      Say(fmt::format("expr: {}, time: {},\n    {}", metrics::Quoted(test.expr),
                      DurationText(std::chrono::milliseconds(test.eval_ms)), what));
    };
    const Result<promql::ExprPtr> expr = promql::ParseExpr(test.expr);
    if (!expr) return bad("err: " + expr.error().message);
    const RecordedSource source(nothing_, Layers(std::nullopt));
    const auto value = promql::EvaluateInstant(**expr, source, test_.start_ms + test.eval_ms, options_.engine, nullptr);
    if (!value) return bad("err: " + value.error().message);
    std::vector<ExpectedSample> got;
    if (const auto* scalar = std::get_if<promql::ScalarValue>(&*value)) got.push_back({{}, scalar->value});
    if (const auto* vector = std::get_if<promql::Vector>(&*value)) {
      for (const promql::VectorSample& sample : *vector) got.push_back({sample.labels, sample.value});
    }
    const auto by_labels = [](const ExpectedSample& a, const ExpectedSample& b) { return a.labels < b.labels; };
    std::vector<ExpectedSample> expected = test.expected;
    std::ranges::stable_sort(got, by_labels);
    std::ranges::stable_sort(expected, by_labels);
    const bool same = std::ranges::equal(got, expected, [&](const ExpectedSample& a, const ExpectedSample& b) {
      return a.labels == b.labels && SameValue(a.value, b.value, file_.fuzzy_compare);
    });
    if (!same) bad(fmt::format("exp: {}\n    got: {}", TextOf(expected), TextOf(got)));
  }

  const TestFile& file_;
  const Test& test_;
  const std::vector<Group>& groups_;
  std::vector<GroupState> states_;
  std::vector<std::string>& failures_;
  EvaluateOptions options_;
  EmptySource nothing_;
};

std::vector<Group> LoadGroups(const TestFile& file, const ResolveRuleFiles& resolve, const RunOptions& options,
                              std::vector<std::string>& failures) {
  std::vector<Group> groups;
  for (const std::string& pattern : file.rule_files) {
    const auto texts = resolve(pattern);
    if (!texts) {
      failures.push_back(texts.error().message);
      continue;
    }
    for (const auto& [name, text] : *texts) {
      ReadGroupsResult read = ReadRuleFile(text, name, {options.unknown_keys, options.experimental});
      for (const Finding& finding : read.findings) failures.push_back(finding.Text());
      for (Group& group : read.groups) groups.push_back(std::move(group));
    }
  }
  const auto place = [&](const Group& group) {
    return std::ranges::find(file.group_order, group.name) - file.group_order.begin();
  };
  std::ranges::stable_sort(groups, [&](const Group& a, const Group& b) { return place(a) < place(b); });
  return groups;
}

bool IsAsked(const Test& test, const std::vector<std::string>& run) {
  return run.empty() || std::ranges::any_of(run, [&](const std::string& pattern) {
           const RE2 regex(pattern, RE2::Quiet);
           return regex.ok() && RE2::PartialMatch(test.name, regex);
         });
}

}  // namespace

Report RunTestFile(std::string_view text, std::string_view file, const ResolveRuleFiles& resolve, const RunOptions& options) {
  Report report;
  const Result<YamlNode> root = ParseYaml(text, file);
  if (!root) {
    report.failures.push_back(ErrorText(root.error()));
    return report;
  }
  std::vector<Finding> findings;
  const TestFile tests = ReadTestFile(*root, file, options.unknown_keys, findings);
  for (const Finding& finding : findings) report.failures.push_back(finding.Text());
  if (!report.failures.empty()) return report;
  const std::vector<Group> groups = LoadGroups(tests, resolve, options, report.failures);
  if (!report.failures.empty()) return report;
  for (const Test& test : tests.tests) {
    if (!IsAsked(test, options.run)) continue;
    ++report.tests_run;
    TestRun(tests, test, groups, report.failures).Run();
  }
  return report;
}

}  // namespace tuesday::rules::unit
