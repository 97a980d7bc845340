// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "core/rules/template/literal.h"
#include "core/rules/unit/series_text.h"
#include "core/rules/unit/unit_test_file.h"
#include "core/rules/yaml_reader.h"

namespace tuesday::rules::unit {
namespace {

std::int64_t Milliseconds(Duration duration) { return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count(); }

class Reader {
 public:
  Reader(FindingSink& sink, UnknownKeys unknown_keys) : sink_(sink), unknown_keys_(unknown_keys) {}

  TestFile Read(const YamlNode& root) {
    const Fields fields(root, "main.unitTestFile", sink_);
    Refuse(fields, {"rule_files", "evaluation_interval", "fuzzy_compare", "group_eval_order", "tests"});
    TestFile file;
    for (const YamlNode* item : fields.Items("rule_files")) file.rule_files.push_back(item->text);
    for (const YamlNode* item : fields.Items("group_eval_order")) file.group_order.push_back(item->text);
    const Duration interval = fields.Length("evaluation_interval").value_or(Duration());
    if (interval > Duration::zero()) file.evaluation_interval_ms = Milliseconds(interval);
    const YamlNode* fuzzy = fields.Find("fuzzy_compare");
    file.fuzzy_compare = fuzzy != nullptr && fuzzy->AsBool().value_or(false);
    for (const YamlNode* item : fields.Items("tests")) file.tests.push_back(ReadTest(*item, file.evaluation_interval_ms));
    return file;
  }

 private:
  void Refuse(const Fields& fields, const std::vector<std::string_view>& known) const {
    if (unknown_keys_ == UnknownKeys::kRefuse) fields.RefuseOthers(known);
  }

  Test ReadTest(const YamlNode& node, std::int64_t default_interval_ms) {
    const Fields fields(node, "main.testGroup", sink_);
    Refuse(fields, {"name", "interval", "start_timestamp", "input_series", "alert_rule_test", "promql_expr_test",
                    "external_labels", "external_url"});
    Test test;
    test.name = fields.Text("name");
    test.at = sink_.At(node);
    const Duration interval = fields.Length("interval").value_or(Duration());
    test.interval_ms = interval > Duration::zero() ? Milliseconds(interval) : default_interval_ms;
    test.start_ms = ReadStart(fields);
    test.external_labels = fields.TextMap("external_labels");
    test.external_url = fields.Text("external_url");
    for (const YamlNode* item : fields.Items("input_series")) ReadSeries(*item, test);
    for (const YamlNode* item : fields.Items("alert_rule_test")) test.alert_tests.push_back(ReadAlertTest(*item));
    for (const YamlNode* item : fields.Items("promql_expr_test")) test.expr_tests.push_back(ReadExprTest(*item));
    return test;
  }

  // Seconds since 1970, or RFC 3339.
  std::int64_t ReadStart(const Fields& fields) {
    const YamlNode* value = fields.Find("start_timestamp");
    if (value == nullptr || value->IsNull()) return 0;
    if (const std::optional<double> seconds = text::ReadFloat(value->text)) return static_cast<std::int64_t>(*seconds * 1000);
    const Result<WallTime> time = ParseWall(value->text);
    if (time) return time->time_since_epoch().count();
    sink_.Error(*value, "bad-time", time.error().message, time.error().hint);
    return 0;
  }

  void ReadSeries(const YamlNode& node, Test& test) {
    const Fields fields(node, "main.series", sink_);
    Refuse(fields, {"series", "values"});
    const Result<metrics::Labels> labels = ParseMetric(fields.Text("series"));
    const auto values = ParseValues(fields.Text("values"));
    if (!labels || !values) {
      sink_.Error(node, "bad-series", labels ? values.error().message : labels.error().message);
      return;
    }
    std::vector<metrics::Sample>& samples = test.input[*labels];
    std::int64_t t = test.start_ms;
    for (const std::optional<double>& value : *values) {
      if (value) samples.push_back({t, *value});
      t += test.interval_ms;
    }
  }

  AlertTest ReadAlertTest(const YamlNode& node) {
    const Fields fields(node, "main.alertTestCase", sink_);
    Refuse(fields, {"eval_time", "alertname", "exp_alerts"});
    AlertTest test;
    test.at = sink_.At(node);
    test.alert = fields.Text("alertname");
    test.eval_ms = Milliseconds(fields.Length("eval_time").value_or(Duration()));
    if (test.alert.empty()) {
      sink_.Error(node, "missing-alertname", "an item under alert_rule_test misses required attribute alertname");
    }
    for (const YamlNode* item : fields.Items("exp_alerts")) {
      const Fields expected(*item, "main.alert", sink_);
      Refuse(expected, {"exp_labels", "exp_annotations"});
      test.expected.push_back({expected.TextMap("exp_labels"), expected.TextMap("exp_annotations")});
      test.expected.back().labels["alertname"] = test.alert;
    }
    return test;
  }

  ExprTest ReadExprTest(const YamlNode& node) {
    const Fields fields(node, "main.promqlTestCase", sink_);
    Refuse(fields, {"expr", "eval_time", "exp_samples"});
    ExprTest test;
    test.at = sink_.At(node);
    test.expr = fields.Text("expr");
    test.eval_ms = Milliseconds(fields.Length("eval_time").value_or(Duration()));
    for (const YamlNode* item : fields.Items("exp_samples")) {
      const Fields expected(*item, "main.sample", sink_);
      Refuse(expected, {"labels", "value", "histogram"});
      if (!expected.Text("histogram").empty()) {
        sink_.Error(*item, "unsupported", "Native histograms are not supported yet.");
      }
      const Result<metrics::Labels> labels = ParseMetric(expected.Text("labels"));
      if (!labels) sink_.Error(*item, "bad-series", labels.error().message);
      const std::string value = expected.Text("value");
      const std::optional<double> number = value.empty() ? std::optional(0.0) : text::ReadFloat(value);
      if (!number) sink_.Error(*item, "bad-value", fmt::format("\"{}\" is no number.", value));
      test.expected.push_back({labels.value_or(metrics::Labels()), number.value_or(0)});
    }
    return test;
  }

  FindingSink& sink_;
  UnknownKeys unknown_keys_;
};

}  // namespace

TestFile ReadTestFile(const YamlNode& root, std::string_view file, UnknownKeys unknown_keys, std::vector<Finding>& findings) {
  FindingSink sink(file);
  TestFile read = Reader(sink, unknown_keys).Read(root);
  findings = sink.Take();
  return read;
}

}  // namespace tuesday::rules::unit
