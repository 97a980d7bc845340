// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/lint/rules/metadata.h"

#include <fmt/format.h>

#include "core/workflow/action/action.h"
#include "core/workflow/lint/metadata/metadata_check.h"
#include "core/workflow/lint/syntax/syntax.h"
#include "core/workflow/lint/tree.h"
#include "core/workflow/lint/types/type.h"

namespace tuesday::workflow::lint {
namespace {

bool IsTrue(const Node* node) {
  return node != nullptr && (node->value == "true" || node->value == "True" || node->value == "TRUE");
}

// A path from the root without "./" and doubled slashes.
std::string CleanPath(std::string_view path) {
  while (path.starts_with("./")) path.remove_prefix(2);
  while (path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

std::vector<InputMetadata> ReadInputs(const Node* inputs) {
  std::vector<InputMetadata> found;
  if (inputs == nullptr) return found;
  for (const auto& [key, value] : inputs->members) {
    InputMetadata input{.name = key->value};
    const Node* preset = value->Find("default");
    input.required = IsTrue(value->Find("required")) && preset == nullptr;
    if (const Node* message = value->Find("deprecationMessage"); message != nullptr) input.deprecation = message->value;
    found.push_back(std::move(input));
  }
  return found;
}

std::vector<std::string> Keys(const Node* mapping) {
  std::vector<std::string> keys;
  if (mapping == nullptr) return keys;
  for (const auto& [key, value] : mapping->members) keys.push_back(key->value);
  return keys;
}

struct MetadataFile {
  std::string path;
  std::string content;
};

std::optional<MetadataFile> ReadFirst(const ProjectFiles& files, const std::string& folder) {
  const std::string before = folder.empty() ? "" : folder + "/";
  for (const std::string_view name : {"action.yaml", "action.yml"}) {
    std::string path = before + std::string(name);
    if (std::optional<std::string> content = files.Read(path); content.has_value())
      return MetadataFile{std::move(path), *std::move(content)};
  }
  return std::nullopt;
}

std::string AtPlace(const std::string& message, const std::string& file, int line, int column) {
  return fmt::format("{} ({})", message, SourcePos{file, line, column}.Text());
}

// What the checks find; what only the reader refuses comes where they find no error.
std::vector<MetadataDefect> FindDefects(const Node& root, const MetadataFile& file, const std::string& folder,
                                        const ProjectFiles& files) {
  std::vector<MetadataDefect> defects;
  bool has_errors = false;
  for (const MetadataProblem& problem : CheckMetadata(root, folder, &files)) {
    has_errors = has_errors || problem.severity == Severity::kError;
    defects.push_back({"action", problem.severity, AtPlace(problem.message, file.path, problem.at->line, problem.at->column)});
  }
  if (has_errors) return defects;
  for (const WorkflowProblem& problem : ReadActionFile(file.content, file.path).problems)
    defects.push_back({"refused", Severity::kError, AtPlace(problem.message, file.path, problem.at.line, problem.at.column)});
  return defects;
}

std::string FirstProblem(const Tree& tree) { return tree.problems().empty() ? "it is empty" : tree.problems().front().message; }

}  // namespace

ActionMetadata ReadAction(std::string_view uses, const LintOptions& options) {
  if (!uses.starts_with("./")) return FindKnownAction(uses);
  ActionMetadata action;
  if (options.files == nullptr) return action;
  const std::string folder = CleanPath(uses);
  const std::optional<MetadataFile> file = ReadFirst(*options.files, folder);
  if (!file.has_value()) {
    action.state = MetadataState::kMissing;
    return action;
  }
  const Tree tree(file->content);
  if (!tree.IsWhole() || tree.root() == nullptr || !tree.root()->IsMapping()) {
    action.state = MetadataState::kBroken;
    action.problem = FirstProblem(tree);
    return action;
  }
  action.state = MetadataState::kKnown;
  if (const Node* name = tree.root()->Find("name"); name != nullptr) action.name = name->value;
  action.inputs = ReadInputs(tree.root()->Find("inputs"));
  action.outputs = Keys(tree.root()->Find("outputs"));
  action.defects = FindDefects(*tree.root(), *file, folder, *options.files);
  return action;
}

CallMetadata ReadCalled(std::string_view uses, const LintOptions& options) {
  CallMetadata called;
  if (!uses.starts_with("./") || uses.find('@') != std::string_view::npos || options.files == nullptr || HasExpressions(uses))
    return called;
  const std::optional<std::string> content = options.files->Read(CleanPath(uses));
  if (!content.has_value()) {
    called.state = MetadataState::kMissing;
    return called;
  }
  const Tree tree(*content);
  called.state = MetadataState::kBroken;
  if (!tree.IsWhole() || tree.root() == nullptr) {
    called.problem = FirstProblem(tree);
    return called;
  }
  const Node* on = tree.root()->Find("on");
  if (on == nullptr) {
    called.problem = "it has no \"on\"";
    return called;
  }
  const Node* call = on->Find("workflow_call");
  bool named = on->IsScalar() && on->value == "workflow_call";
  for (const Node* item : on->items) named = named || item->value == "workflow_call";
  if (call == nullptr && !named) {
    called.problem = "\"workflow_call\" is not among its events";
    return called;
  }
  called.state = MetadataState::kKnown;
  if (call == nullptr) return called;
  const Node* inputs = call->Find("inputs");
  const Node* secrets = call->Find("secrets");
  const Node* outputs = call->Find("outputs");
  for (const auto& [node, name] : {std::pair(inputs, "inputs"), std::pair(secrets, "secrets"), std::pair(outputs, "outputs")}) {
    if (node == nullptr || node->IsMapping() || node->IsNull()) continue;
    called.state = MetadataState::kBroken;
    called.problem = fmt::format("its \"{}\" are no mapping", name);
    return called;
  }
  called.inputs = ReadInputs(inputs);
  called.secrets = ReadInputs(secrets);
  called.outputs = Keys(outputs);
  called.any_secrets = secrets == nullptr;
  if (inputs == nullptr) return called;
  for (const auto& [key, value] : inputs->members) {
    const Node* type = value->Find("type");
    if (type != nullptr) called.input_types[LowerCase(key->value)] = type->value;
  }
  return called;
}

}  // namespace tuesday::workflow::lint
