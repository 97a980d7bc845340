// SPDX-License-Identifier: Apache-2.0
// Runs Prometheus' own cases of rules and templates: `conformance_rules SUITE FOLDER [FILE OF FAILED CASES]`, with the
// suites `promql-rules` and `promql-template`. Prints "conformance SUITE PASSED/TOTAL".
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <sstream>

#include "base/json.h"
#include "core/rules/check.h"
#include "core/rules/file.h"
#include "core/rules/template/expand.h"
#include "core/rules/template/literal.h"
#include "core/rules/unit/unit_test_file.h"

namespace tuesday::rules {
namespace {

namespace fs = std::filesystem;

std::string ReadAll(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<Json> ReadCases(const fs::path& path) {
  std::vector<Json> cases;
  std::istringstream lines(ReadAll(path));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    if (Result<Json> parsed = ParseJson(line)) cases.push_back(std::move(*parsed));
  }
  return cases;
}

// Counts cases and remembers the failed ones.
struct Tally {
  int passed = 0;
  int total = 0;
  std::vector<std::string> failed;

  void Count(const std::string& name, bool good, const std::string& got) {
    ++total;
    passed += good ? 1 : 0;
    if (!good) failed.push_back(name + ": " + got);
  }
};

std::string Texts(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) text += finding.Text() + "\n";
  return text;
}

void RunUnit(const fs::path& folder, Tally& tally) {
  const auto resolve = [&](std::string_view pattern) -> Result<std::vector<std::pair<std::string, std::string>>> {
    return std::vector<std::pair<std::string, std::string>>{{std::string(pattern), ReadAll(folder / pattern)}};
  };
  for (const Json& test : ReadCases(folder / "cases.jsonl")) {
    if (!test.At("skip").is_null()) continue;
    unit::RunOptions options;
    for (const Json& pattern : *test.At("run").as_array()) options.run.push_back(pattern.StringOr(""));
    options.unknown_keys = test.At("ignore_unknown_fields").BoolOr(false) ? UnknownKeys::kIgnore : UnknownKeys::kRefuse;
    int status = 0;
    std::string got;
    for (const Json& file : *test.At("files").as_array()) {
      const unit::Report report = unit::RunTestFile(ReadAll(folder / file.StringOr("")), file.StringOr(""), resolve, options);
      status = std::max(status, report.ExitStatus());
      for (const std::string& failure : report.failures) got += failure + "\n";
    }
    tally.Count("unit " + test.At("name").StringOr(""), status == test.At("expect_exit").IntOr(0), got);
  }
}

void RunParse(const fs::path& folder, Tally& tally) {
  for (const Json& test : ReadCases(folder / "cases.jsonl")) {
    const std::string name = test.At("file").StringOr("");
    ReadOptions options;
    options.legacy_names = test.At("name_validation").StringOr("utf8") == "legacy";
    const std::string got = Texts(ReadRuleFile(ReadAll(folder / name), name, options).findings);
    const bool ok = test.At("ok").BoolOr(false);
    tally.Count("parse " + name,
                ok ? got.empty() : !got.empty() && got.find(test.At("error_contains").StringOr("")) != std::string::npos, got);
  }
  for (const Json& test : ReadCases(folder / "inline.jsonl")) {
    const std::string got = Texts(ReadRuleFile(test.At("rule_file").StringOr(""), "inline").findings);
    tally.Count("parse " + test.At("id").StringOr(""), got.empty() == test.At("ok").BoolOr(false), got);
  }
}

void RunCheck(const fs::path& folder, Tally& tally) {
  for (const Json& test : ReadCases(folder / "cases.jsonl")) {
    const std::string name = test.At("file").StringOr("");
    ReadOptions options;
    for (const Json& argument : *test.At("args").as_array())
      options.experimental |= argument.StringOr("").starts_with("--enable");
    const CheckReport report = CheckRules(ReadAll(folder / name), name, options);
    bool good = report.ExitStatus() == test.At("expect_exit").IntOr(0);
    if (const Json::Array* duplicates = test.At("expect_duplicates").as_array()) {
      good = good && duplicates->size() == report.duplicates.size();
      for (std::size_t i = 0; good && i < duplicates->size(); ++i) {
        good = report.duplicates[i].metric == (*duplicates)[i].At("metric").StringOr("");
      }
    }
    tally.Count("check " + name, good, Texts(report.findings));
  }
}

void RunFixtures(const fs::path& folder, Tally& tally) {
  std::vector<fs::path> files(fs::directory_iterator(folder), fs::directory_iterator{});
  std::ranges::sort(files);
  for (const fs::path& file : files) {
    const std::string got = Texts(ReadRuleFile(ReadAll(file), file.filename().string()).findings);
    const bool refused = file.filename() == "invalid_rules.yaml";
    tally.Count("fixture " + file.filename().string(), got.empty() != refused, got);
  }
}

text::Value ToValue(const Json& json, const std::string& type) {
  if (const Json::Array* array = json.as_array()) {
    const std::string element = type.starts_with("list of ") ? type.substr(8) : "";
    text::Value::List items;
    for (const Json& item : *array) items.push_back(ToValue(item, element));
    return text::Value::Of(std::move(items), "[]" + element);
  }
  if (json.as_bool() != nullptr) return text::Value::Bool(*json.as_bool());
  if (type == "float64") {
    return text::Value::Float(json.as_string() == nullptr ? json.NumberOr(0) : text::ReadFloat(*json.as_string()).value_or(0));
  }
  if (type == "uint64") {
    const double large = json.NumberOr(0);
    return text::Value::Uint(json.as_int() != nullptr && *json.as_int() >= 0 ? static_cast<std::uint64_t>(*json.as_int())
                             : json.as_int() != nullptr || large >= 18446744073709551615.0 ? UINT64_MAX
                                                                                           : static_cast<std::uint64_t>(large));
  }
  if (json.as_int() != nullptr) return text::Value::Int(*json.as_int());
  if (json.as_double() != nullptr) return text::Value::Float(*json.as_double());
  if (json.as_string() != nullptr) return text::Value::String(*json.as_string());
  if (json.as_object() != nullptr) {
    text::Value::Members members;
    for (const auto& [name, value] : *json.as_object()) members.emplace(name, ToValue(value, ""));
    return text::Value::Of(std::move(members), "map[string]interface {}");
  }
  return text::Value::None();
}

void RunTemplates(const fs::path& folder, Tally& tally) {
  for (const Json& test : ReadCases(folder / "expansion.jsonl")) {
    text::Expansion expansion;
    expansion.name = "test";
    expansion.dot = ToValue(test.At("input"), test.At("input_type").StringOr(""));
    expansion.now_ms = 1'353'755'652'000;
    expansion.external_url = "http://testhost:9090/path/prefix";
    expansion.markup = test.At("html").BoolOr(false) ? text::Markup::kHtml : text::Markup::kText;
    if (const Json::Array* options = test.At("options").as_array()) {
      for (const Json& option : *options) {
        if (option.StringOr("") == "missingkey=error") expansion.missing_key = text::MissingKey::kError;
      }
    }
    expansion.query = [&](std::string_view) -> Result<std::vector<text::QueriedSample>> {
      std::vector<text::QueriedSample> samples;
      const Json::Array* results = test.At("query_result").as_array();
      for (std::size_t i = 0; results != nullptr && i < results->size(); ++i) {
        text::QueriedSample sample;
        sample.value = (*results)[i].At("value").NumberOr(0);
        if (const Json::Object* labels = (*results)[i].At("labels").as_object()) {
          for (const auto& [name, value] : *labels) sample.labels.emplace(name, value.StringOr(""));
        }
        samples.push_back(std::move(sample));
      }
      return samples;
    };
    const Result<std::string> got = text::Expand(test.At("text").StringOr(""), expansion);
    const bool ok = test.At("ok").BoolOr(false);
    const std::string wanted = test.At(ok ? "output" : "error").StringOr("");
    const std::string text = got ? *got : got.error().message;
    tally.Count(test.At("id").StringOr(""), got.has_value() == ok && text == wanted, text + " | wanted: " + wanted);
  }
}

int Main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: conformance_rules promql-rules|promql-template FOLDER [FAILED-FILE]\n";
    return 2;
  }
  const std::string suite = argv[1];
  const fs::path folder = argv[2];
  Tally tally;
  if (suite == "promql-rules") {
    RunUnit(folder / "unit", tally);
    RunParse(folder / "parse", tally);
    RunCheck(folder / "check", tally);
    RunFixtures(folder / "fixtures", tally);
  } else if (suite == "promql-template") {
    RunTemplates(folder, tally);
  } else {
    std::cerr << "unknown suite " << suite << "\n";
    return 2;
  }
  if (argc > 3) {
    std::ofstream failed(argv[3]);
    for (std::string line : tally.failed) {
      std::ranges::replace(line, '\n', ' ');
      failed << line << "\n";
    }
  }
  std::cout << fmt::format("conformance {} {}/{}\n", suite, tally.passed, tally.total);
  return 0;
}

}  // namespace
}  // namespace tuesday::rules

int main(int argc, char** argv) { return tuesday::rules::Main(argc, argv); }
