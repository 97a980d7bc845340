// SPDX-License-Identifier: Apache-2.0
// Runs the suite `workflow-expressions`: GitHub's own cases for its expression language.
//   conformance_expressions workflow-expressions FOLDER [FAILED_FILE]
// FOLDER/expressions/*.json are objects: name -> list of {expr, contexts?, result: {kind, value} | err: {kind, value}}. A case
// passes when kind and value are equal, or when the problem's message contains the expected one.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/expression/eval/evaluate.h"
#include "core/expression/parser.h"
#include "core/expression/value/json.h"

namespace tuesday::expression {
namespace {

namespace fs = std::filesystem;

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

class Contexts : public Host {
 public:
  explicit Contexts(Value contexts) : contexts_(std::move(contexts)) {}

  Value NamedValue(std::string_view name) const override {
    const Value* found = contexts_.as_object() == nullptr ? nullptr : contexts_.as_object()->Find(name);
    return found == nullptr ? Value() : *found;
  }

  Outcome<Value> Call(std::string_view name, const std::vector<Value>&) const override {
    return std::unexpected(Problem{ProblemKind::kEvaluation, fmt::format("There is no function {} here.", name), 0});
  }

  Vocabulary Names() const {
    Vocabulary vocabulary;
    if (contexts_.as_object() == nullptr) return vocabulary;
    for (const auto& [name, value] : contexts_.as_object()->members()) vocabulary.named_values.push_back(name);
    return vocabulary;
  }

 private:
  Value contexts_;
};

Value Member(const Value& object, std::string_view key) {
  const Value* found = object.as_object() == nullptr ? nullptr : object.as_object()->Find(key);
  return found == nullptr ? Value() : *found;
}

// Equal as JSON: kinds, order of items and members, exact texts and numbers.
bool SameJson(const Value& left, const Value& right) {
  if (left.kind() != right.kind()) return false;
  if (left.as_array() != nullptr) {
    return std::ranges::equal(left.as_array()->items, right.as_array()->items, SameJson);
  }
  if (left.as_object() != nullptr) {
    return std::ranges::equal(left.as_object()->members(), right.as_object()->members(),
                              [](const auto& a, const auto& b) { return a.first == b.first && SameJson(a.second, b.second); });
  }
  if (left.as_string() != nullptr) return *left.as_string() == *right.as_string();
  return left.ToNumber() == right.ToNumber();
}

Outcome<Value> Run(const std::string& expression, const Contexts& contexts) {
  TRY(const std::optional<Node> node, ParseExpression(expression, contexts.Names()));
  if (!node.has_value()) return Value();
  return Evaluate(*node, contexts);
}

// Why the case fails, or empty.
std::string Judge(const Value& one) {
  const Outcome<Value> value = Run(Member(one, "expr").ToText(), Contexts(Member(one, "contexts")));
  const Value problem = Member(one, "err");
  if (problem.as_object() != nullptr) {
    const std::string told = Member(problem, "value").ToText();
    if (value.has_value()) return fmt::format("a value here, there: {}", told);
    return value.error().message.find(told) != std::string::npos
               ? ""
               : fmt::format("here: {}; there: {}", value.error().message, told);
  }
  if (!value.has_value()) return fmt::format("here: {}", value.error().message);
  const Value result = Member(one, "result");
  const bool same =
      ValueKindName(value->kind()) == Member(result, "kind").ToText() && SameJson(*value, Member(result, "value"));
  return same ? ""
              : fmt::format("here {} {}; there {} {}", ValueKindName(value->kind()), value->ToText(),
                            Member(result, "kind").ToText(), Member(result, "value").ToText());
}

int RunAll(const std::string& suite, const fs::path& folder, const std::string& failed_file) {
  std::ofstream failed;
  if (!failed_file.empty()) failed.open(failed_file);
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder / "expressions")) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  int passed = 0;
  int cases = 0;
  for (const fs::path& file : files) {
    const Result<Value> groups = ReadJson(ReadFile(file));
    if (!groups.has_value() || groups->as_object() == nullptr) continue;
    for (const auto& [name, list] : groups->as_object()->members()) {
      int number = 0;
      for (const Value& one : list.as_array()->items) {
        ++cases;
        const std::string why = Judge(one);
        if (why.empty()) {
          ++passed;
        } else if (failed) {
          std::string line =
              fmt::format("{}/{}/{}: {}: {}", file.stem().string(), name, number, Member(one, "expr").ToText(), why);
          std::replace(line.begin(), line.end(), '\n', ' ');
          failed << line << "\n";
        }
        ++number;
      }
    }
  }
  fmt::print("conformance {} {}/{}\n", suite, passed, cases);
  return passed == cases ? 0 : 1;
}

}  // namespace
}  // namespace tuesday::expression

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) {
    fmt::print(stderr, "usage: conformance_expressions workflow-expressions FOLDER [FAILED_FILE]\n");
    return 2;
  }
  return tuesday::expression::RunAll(argv[1], argv[2], argc == 4 ? argv[3] : "");
}
