// SPDX-License-Identifier: Apache-2.0
// Runs the suites `workflow-lint-ok`, `-err`, `-examples`, `-projects` and `-units`: another linter's own cases.
//   conformance_workflow_lint SUITE FOLDER [FAILED_FILE]
// Texts are ours: a case passes when the findings have the same lines, columns and rules. Rules that only tuesday has, and
// those that need another program (shellcheck, pyflakes), are left out on both sides.
#include "core/workflow/lint/lint.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "base/json.h"
#include "base/yaml.h"
#include "core/expression/parser.h"
#include "core/workflow/available.h"
#include "core/workflow/lint/rules/rules.h"
#include "core/workflow/lint/types/check.h"

namespace tuesday::workflow::lint {
namespace {

namespace fs = std::filesystem;

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

class Folder : public ProjectFiles {
 public:
  explicit Folder(fs::path root) : root_(std::move(root)) {}
  std::optional<std::string> Read(std::string_view path) const override {
    const fs::path file = root_ / path;
    if (!fs::is_regular_file(file)) return std::nullopt;
    return ReadFile(file);
  }

 private:
  fs::path root_;
};

bool IsShared(const std::string& rule) {
  static const std::array<std::string_view, 17> kRules = {"syntax-check", "expression", "if-cond",       "matrix",
                                                          "permissions",  "events",     "workflow-call", "deprecated-commands",
                                                          "runner-label", "job-needs",  "credentials",   "action",
                                                          "id",           "shell-name", "glob",          "env-var",
                                                          "env"};
  return std::find(kRules.begin(), kRules.end(), rule) != kRules.end();
}

// "file:line:column [rule]" of what a line of theirs says; a line between slashes is a regular expression whose head is plain
// enough.
std::string KeyOf(std::string line) {
  if (line.starts_with('/') && line.ends_with('/')) {
    line = line.substr(1, line.size() - 2);
    std::string plain;
    for (const char c : line) {
      if (c != '\\') plain += c;
    }
    line = plain;
  }
  std::smatch found;
  static const std::regex kHead(R"(^([^:]*):(\d+):(\d+):)");
  static const std::regex kRule(R"(\[([a-z-]+)\]$)");
  std::string key = std::regex_search(line, found, kHead) ? found[1].str() + ":" + found[2].str() + ":" + found[3].str() : "?";
  if (std::regex_search(line, found, kRule)) return key + " [" + found[1].str() + "]";
  return key + " [?]";
}

bool SameKey(const std::string& theirs, const std::string& ours) {
  if (theirs == ours) return true;
  const std::size_t rule = theirs.find(" [?]");
  if (rule == std::string::npos) return false;
  return theirs.starts_with("?") || ours.starts_with(theirs.substr(0, rule + 1));
}

std::vector<std::string> ExpectedKeys(const std::string& text) {
  std::vector<std::string> keys;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.find("[shellcheck]") != std::string::npos || line.find("pyflakes") != std::string::npos) continue;
    keys.push_back(KeyOf(line));
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

std::vector<std::string> OurKeys(const std::vector<Finding>& findings) {
  std::vector<std::string> keys;
  for (const Finding& finding : findings) {
    if (IsShared(finding.rule))
      keys.push_back(fmt::format("{}:{}:{} [{}]", finding.at.file, finding.at.line, finding.at.column, finding.rule));
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

// What only one of the two has.
std::string Difference(std::vector<std::string> theirs, const std::vector<std::string>& ours) {
  std::string only_here;
  for (const std::string& key : ours) {
    const auto found = std::find_if(theirs.begin(), theirs.end(), [&](const std::string& each) { return SameKey(each, key); });
    if (found != theirs.end()) {
      theirs.erase(found);
    } else {
      only_here += key + "; ";
    }
  }
  std::string only_there;
  for (const std::string& key : theirs) only_there += key + "; ";
  if (only_here.empty() && only_there.empty()) return "";
  return fmt::format("only here: {} only there: {}", only_here, only_there);
}

class Suite {
 public:
  Suite(std::string name, const std::string& failed_file) : name_(std::move(name)) {
    if (!failed_file.empty()) failed_.open(failed_file);
  }

  void Case(const std::string& name, const std::string& why) {
    ++cases_;
    if (why.empty()) {
      ++passed_;
    } else if (failed_) {
      failed_ << name << ": " << why << "\n";
    }
  }

  int Finish() {
    fmt::print("conformance {} {}/{}\n", name_, passed_, cases_);
    return passed_ == cases_ ? 0 : 1;
  }

 private:
  std::string name_;
  std::ofstream failed_;
  int passed_ = 0;
  int cases_ = 0;
};

std::vector<fs::path> Sorted(const fs::path& folder, std::string_view extension) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with('.') && (extension.empty() || entry.path().extension() == extension)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

void RunFolder(const fs::path& folder, Suite& suite) {
  const Folder files(folder);
  for (const fs::path& file : Sorted(folder, ".yaml")) {
    const std::string name = file.filename().string();
    if (name.starts_with("shellcheck") || name.starts_with("pyflakes")) continue;
    const std::vector<Finding> findings = LintWorkflow(ReadFile(file), "test.yaml", {.files = &files});
    fs::path out = file;
    suite.Case(name, Difference(ExpectedKeys(ReadFile(out.replace_extension(".out"))), OurKeys(findings)));
  }
}

LintOptions ReadConfig(const fs::path& file, const Folder& files) {
  LintOptions options{.files = &files};
  const Result<YamlNode> config = ParseYaml(ReadFile(file), "config");
  if (!config.has_value()) return options;
  if (const YamlNode* runner = config->Find("self-hosted-runner"); runner != nullptr && runner->Find("labels") != nullptr) {
    for (const YamlNode& label : runner->Find("labels")->items) options.runner_labels.push_back(label.text);
  }
  if (const YamlNode* variables = config->Find("config-variables"); variables != nullptr && !variables->IsNull()) {
    options.config_variables.emplace();
    for (const YamlNode& variable : variables->items) options.config_variables->push_back(variable.text);
  }
  return options;
}

void RunProjects(const fs::path& folder, Suite& suite) {
  for (const fs::path& project : Sorted(folder, "")) {
    if (!fs::is_directory(project)) continue;
    const Folder files(project);
    const LintOptions options = ReadConfig(project / "actionlint.yaml", files);
    std::vector<std::string> ours;
    if (fs::is_directory(project / "workflows")) {
      for (const fs::path& file : Sorted(project / "workflows", "")) {
        const std::string name = "workflows/" + file.filename().string();
        for (std::string& key : OurKeys(LintWorkflow(ReadFile(file), name, options))) ours.push_back(std::move(key));
      }
    }
    suite.Case(project.filename().string(), Difference(ExpectedKeys(ReadFile(project.string() + ".out")), ours));
  }
}

std::vector<Json> ReadLines(const fs::path& file) {
  std::vector<Json> rows;
  std::istringstream lines(ReadFile(file));
  for (std::string line; std::getline(lines, line);) {
    Result<Json> row = ParseJson(line);
    if (row.has_value()) rows.push_back(*std::move(row));
  }
  return rows;
}

// How many problems are expected, by whichever member says it.
std::optional<std::size_t> ExpectedProblems(const Json& row) {
  if (const Json::Array* parts = row.At("errors_contain").as_array(); parts != nullptr) return parts->size();
  if (const Json::Array* errors = row.At("errors").as_array(); errors != nullptr) return errors->size();
  if (!row.At("error_count").is_null()) return static_cast<std::size_t>(row.At("error_count").IntOr(0));
  return std::nullopt;
}

void RunGlob(const fs::path& file, Suite& suite) {
  for (const Json& row : ReadLines(file)) {
    std::string why;
    for (const Json& kind : *row.At("kinds").as_array()) {
      const PatternOf of = kind.StringOr("") == "path" ? PatternOf::kPath : PatternOf::kRef;
      const std::vector<PatternProblem> problems = CheckPattern(row.At("input").StringOr(""), of);
      const std::optional<std::size_t> expected = ExpectedProblems(row);
      if (expected.has_value() && problems.size() != *expected)
        why = fmt::format("{} problems, there {}", problems.size(), *expected);
      if (!expected.has_value() && problems.empty()) why = "nothing found";
      if (!row.At("column").is_null() && !problems.empty() && problems[0].column != row.At("column").IntOr(-1)) {
        why = fmt::format("column {}, there {}", problems[0].column, row.At("column").IntOr(-1));
      }
    }
    suite.Case(row.At("id").StringOr(""), why);
  }
}

TypeScope ScopeOf(const Json& row) {
  TypeScope scope{.contexts = CommonContexts(), .available = ~AvailableSet{0}, .config_variables = std::nullopt};
  if (const Json::Array* variables = row.At("config_variables").as_array(); variables != nullptr) {
    scope.config_variables.emplace();
    for (const Json& variable : *variables) scope.config_variables->push_back(variable.StringOr(""));
  }
  if (const Json::Array* contexts = row.At("available_contexts").as_array(); contexts != nullptr) {
    scope.available = static_cast<AvailableSet>(Available::kHashFiles) | static_cast<AvailableSet>(Available::kStepStatus);
    for (const Json& context : *contexts) scope.available |= static_cast<AvailableSet>(*FindAvailable(context.StringOr("")));
  }
  return scope;
}

const expression::Vocabulary& Anything() {
  static const expression::Vocabulary kAnything{.named_values = {},
                                                .functions = {},
                                                .unknown = expression::UnknownNames::kAllowed,
                                                .parameter_counts = expression::ParameterCounts::kFree};
  return kAnything;
}

void RunTypes(const fs::path& file, Suite& suite) {
  for (const Json& row : ReadLines(file)) {
    std::string why;
    const auto node = expression::ParseExpression(row.At("input").StringOr(""), Anything());
    const std::size_t expected = ExpectedProblems(row).value_or(0);
    if (!node.has_value()) {
      if (expected == 0) why = node.error().message;
    } else {
      const TypeResult result = CheckTypes(**node, ScopeOf(row));
      if (result.problems.size() != expected) {
        why = fmt::format("{} problems, there {}", result.problems.size(), expected);
        for (const TypeProblem& problem : result.problems) why += " | " + problem.message;
      }
      const std::string type = row.At("type").StringOr("");
      if (!type.empty() && TypeText(*result.type) != type) why = fmt::format("type {}, there {}", TypeText(*result.type), type);
    }
    suite.Case(row.At("id").StringOr(""), why);
  }
}

void RunSmall(const fs::path& folder, Suite& suite) {
  for (const Json& row : ReadLines(folder / "expr-constant.jsonl")) {
    const auto node = expression::ParseExpression(row.At("input").StringOr(""), Anything());
    const bool constant = node.has_value() && IsConstant(**node);
    suite.Case(row.At("id").StringOr(""),
               constant == row.At("constant").BoolOr(false) ? "" : fmt::format("constant: {}", constant));
  }
  for (const Json& row : ReadLines(folder / "format-placeholders.jsonl")) {
    std::vector<int> expected;
    for (const Json& index : *row.At("placeholders").as_array()) expected.push_back(static_cast<int>(index.IntOr(0)));
    const std::vector<int> found = FormatPlaceholders(row.At("input").StringOr(""));
    suite.Case(row.At("id").StringOr(""),
               found == expected ? "" : fmt::format("{} placeholders, there {}", found.size(), expected.size()));
  }
  for (const Json& row : ReadLines(folder / "expr-parse.jsonl")) {
    const auto node = expression::ParseExpression(row.At("input").StringOr(""), Anything());
    const bool parsed = node.has_value() && node->has_value();
    suite.Case(row.At("id").StringOr(""), parsed == row.At("ok").BoolOr(false) ? "" : parsed ? "accepted" : "refused");
  }
}

int RunSuite(const std::string& suite_name, const fs::path& folder, const std::string& failed_file) {
  Suite suite(suite_name, failed_file);
  const std::string part = suite_name.substr(std::string_view("workflow-lint-").size());
  if (part == "projects") {
    RunProjects(folder / part, suite);
  } else if (part == "units") {
    RunGlob(folder / "units/glob.jsonl", suite);
    RunTypes(folder / "units/expr-check.jsonl", suite);
    RunSmall(folder / "units", suite);
  } else {
    RunFolder(folder / part, suite);
  }
  return suite.Finish();
}

}  // namespace
}  // namespace tuesday::workflow::lint

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4 || !std::string_view(argv[1]).starts_with("workflow-lint-")) {
    fmt::print(stderr,
               "usage: conformance_workflow_lint workflow-lint-(ok|err|examples|projects|units) FOLDER [FAILED_FILE]\n");
    return 2;
  }
  return tuesday::workflow::lint::RunSuite(argv[1], argv[2], argc == 4 ? argv[3] : "");
}
