// SPDX-License-Identifier: Apache-2.0
// Runs the suite `workflow-parse`: GitHub's own cases for its reader of workflow files.
//   conformance_workflow_parse workflow-parse FOLDER [FAILED_FILE]
// FOLDER/parse/*.yml are cut by lines "---": options; the workflow; for files with "reusable" in their name pairs of a called
// file's name and content; last the expected JSON. Cases that skip C#, whose behaviour is ours, are left out and counted apart.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "base/yaml.h"
#include "core/expression/eval/evaluate.h"
#include "core/expression/parser.h"
#include "core/expression/value/json.h"
#include "serialize.h"

namespace tuesday::workflow {
namespace {

namespace fs = std::filesystem;
using expression::Value;

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<std::string> Parts(const std::string& text) {
  std::vector<std::string> parts(1);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line == "---" || line == "---\r") {
      parts.emplace_back();
    } else {
      parts.back() += line + "\n";
    }
  }
  // The newline before a line "---" belongs to it.
  for (std::string& part : parts) {
    if (part.ends_with('\n')) part.pop_back();
  }
  return parts;
}

class Called : public CalledFiles {
 public:
  void Add(std::string name, std::string content) { files_[std::move(name)] = std::move(content); }

  Result<CalledFile> Find(std::string_view, std::string_view ref) const override {
    const auto found = files_.find(std::string(ref));
    if (found == files_.end()) return Fail(ErrorCode::kNotFound, fmt::format("There is no workflow {}.", ref));
    return CalledFile{found->first, found->second};
  }

 private:
  std::map<std::string, std::string> files_;
};

struct Case {
  ReadOptions options;
  Places places = Places::kKept;
  bool skipped = false;
  bool sorted_files = false;
  std::string workflow;
  Called called;
  std::string expected;
};

void ReadCaseOptions(const YamlNode& node, Case& one) {
  const auto number = [&](std::string_view key, auto& to) {
    const YamlNode* value = node.Find(key);
    if (value != nullptr && value->AsInt().has_value())
      to = static_cast<std::remove_reference_t<decltype(to)>>(*value->AsInt());
  };
  number("max-depth", one.options.depth_max);
  number("max-files", one.options.files_max);
  number("max-file-size", one.options.file_characters_max);
  number("max-result-size", one.options.result_bytes_max);
  number("max-job-limit", one.options.jobs_max);
  number("max-nested-reusable-workflows-depth", one.options.call_depth_max);
  one.options.shorthand_scopes = ShorthandScopes::kOfTheCases;
  if (const YamlNode* places = node.Find("include-source"); places != nullptr && places->text == "false")
    one.places = Places::kDropped;
  if (const YamlNode* policy = node.Find("permissions-policy"); policy != nullptr && policy->text == "Write") {
    one.options.default_permissions = DefaultPermissions::kWrite;
  }
  if (const YamlNode* partial = node.Find("is-partial-rerun"); partial != nullptr) one.sorted_files = partial->text == "true";
  if (const YamlNode* skip = node.Find("skip"); skip != nullptr) {
    one.skipped = std::any_of(skip->items.begin(), skip->items.end(), [](const YamlNode& item) { return item.text == "C#"; });
  }
}

Result<Case> ReadCase(const fs::path& file) {
  const std::vector<std::string> parts = Parts(ReadFile(file));
  if (parts.size() < 3) return Fail(ErrorCode::kInvalid, "The case has fewer than three parts.");
  Case one;
  TRY(const YamlNode options, ParseYaml(parts[0], "options"));
  ReadCaseOptions(options, one);
  one.workflow = parts[1];
  for (std::size_t i = 2; i + 2 < parts.size(); i += 2) {
    std::string name = parts[i];
    name.erase(name.find_last_not_of(" \r\n") + 1);
    one.called.Add(name, parts[i + 1]);
  }
  one.expected = parts.back();
  return one;
}

// The JSON text with GitHub's layout.
std::string Print(const Value& value) {
  class Nobody : public expression::Host {
   public:
    explicit Nobody(Value only) : only_(std::move(only)) {}
    Value NamedValue(std::string_view) const override { return only_; }
    expression::Outcome<Value> Call(std::string_view, const std::vector<Value>&) const override { return Value(); }

   private:
    Value only_;
  };
  const auto node = expression::ParseExpression("toJSON(x)", {.named_values = {"x"}, .functions = {}});
  const auto text = expression::Evaluate(**node, Nobody(value), std::size_t{1} << 30);
  return text.has_value() ? text->ToText() : text.error().message;
}

// Why the case fails, or empty.
std::string Judge(Case one, const std::string& file) {
  ReadResult result = ReadWorkflow(one.workflow, ".github/workflows/" + file, one.options, &one.called);
  if (one.sorted_files) std::sort(result.files.begin(), result.files.end());
  const std::string here = Print(Serialize(result, one.places));
  const Result<Value> expected = expression::ReadJson(one.expected);
  if (!expected.has_value()) return "the expected JSON does not read: " + expected.error().message;
  const std::string there = Print(*expected);
  if (here == there) return "";
  std::size_t at = 0;
  while (at < here.size() && at < there.size() && here[at] == there[at]) ++at;
  const std::size_t from = at < 120 ? 0 : at - 120;
  std::string why = fmt::format("here {}\n  there {}", here.substr(from, 400), there.substr(from, 400));
  std::replace(why.begin(), why.end(), '\n', ' ');
  return why;
}

int RunAll(const std::string& suite, const fs::path& folder, const std::string& failed_file) {
  std::ofstream failed;
  if (!failed_file.empty()) failed.open(failed_file);
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder / "parse")) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  int passed = 0;
  int cases = 0;
  int skipped = 0;
  for (const fs::path& file : files) {
    const Result<Case> one = ReadCase(file);
    if (one.has_value() && one->skipped) {
      ++skipped;
      continue;
    }
    ++cases;
    const std::string why = one.has_value() ? Judge(*one, file.filename().string()) : one.error().message;
    if (why.empty()) {
      ++passed;
    } else if (failed) {
      failed << file.filename().string() << ": " << why << "\n";
    }
  }
  fmt::print("  {} cases skip C# and are left out\n", skipped);
  fmt::print("conformance {} {}/{}\n", suite, passed, cases);
  return passed == cases ? 0 : 1;
}

}  // namespace
}  // namespace tuesday::workflow

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) {
    fmt::print(stderr, "usage: conformance_workflow_parse workflow-parse FOLDER [FAILED_FILE]\n");
    return 2;
  }
  return tuesday::workflow::RunAll(argv[1], argv[2], argc == 4 ? argv[3] : "");
}
