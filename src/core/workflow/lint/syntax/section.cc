// SPDX-License-Identifier: Apache-2.0
// Sections that workflows and jobs share, strategies, containers, and the workflow itself.
#include <fmt/format.h>

#include "core/expression/value/number.h"
#include "core/workflow/lint/syntax/syntax.h"

namespace tuesday::workflow::lint {
namespace {

// `include` and `exclude`: a sequence of mappings, each or the whole an expression.
const Node* CheckCombinations(std::string_view section, const Node& node, Values& values) {
  if (node.IsScalar()) return values.Expression(node, fmt::format("a sequence for \"{}\"", section));
  if (!values.Sequence(section, node, Empty::kRefused)) return nullptr;
  for (const Node* item : node.items) {
    if (item->IsScalar()) {
      values.Expression(*item, fmt::format("a mapping in \"{}\"", section));
    } else {
      values.Mapping(fmt::format("an element of \"{}\"", section), *item, Empty::kRefused, Case::kIgnored);
    }
  }
  return &node;
}

MatrixNode CheckMatrix(const Node& node, Values& values) {
  MatrixNode matrix;
  if (node.IsScalar() && !node.IsNull()) {
    matrix.expression = values.Expression(node, "a mapping for \"matrix\"");
    return matrix;
  }
  for (const Entry& each : values.Section("matrix", node, Empty::kRefused, Case::kIgnored)) {
    if (each.id == "include") {
      matrix.include = CheckCombinations("include", *each.value, values);
    } else if (each.id == "exclude") {
      matrix.exclude = CheckCombinations("exclude", *each.value, values);
    } else if (each.value->IsScalar()) {
      if (values.Expression(*each.value, "a sequence of values") != nullptr) matrix.row_expressions[each.id] = each.value;
      matrix.rows.push_back({each, {}});
    } else if (values.Sequence("matrix values", *each.value, Empty::kRefused)) {
      matrix.rows.push_back({each, each.value->items});
    }
  }
  return matrix;
}

// Gives whether both parts are there.
void CheckCredentials(const Entry& entry, Values& values, ContainerNode& container) {
  if (entry.value->IsScalar() && IsOneExpression(entry.value->value)) return;
  container.credentials_key = entry.key;
  for (const Entry& each : values.Section("credentials", *entry.value, Empty::kRefused, Case::kExact)) {
    if (each.id == "username") {
      container.username = values.String(*each.value, Empty::kRefused);
    } else if (each.id == "password") {
      container.password = values.String(*each.value, Empty::kRefused);
    } else {
      values.Unexpected(each, "credentials", {"username", "password"});
    }
  }
  if (container.username == nullptr || container.password == nullptr) {
    values.Error(*entry.key, "The section \"credentials\" needs both \"username\" and \"password\".");
  }
}

bool IsPositive(const Node& node) { return node.tag == "!!str" || expression::ParseNumber(node.value) > 0; }

}  // namespace

std::optional<PermissionsNode> CheckPermissions(const Node& node, Values& values) {
  PermissionsNode permissions;
  if (node.IsScalar()) {
    values.String(node, Empty::kRefused);
    permissions.all = &node;
    return permissions;
  }
  for (const Entry& each : values.Section("permissions", node, Empty::kAllowed, Case::kExact)) {
    if (values.String(*each.value, Empty::kRefused) != nullptr) permissions.scopes.push_back(each);
  }
  return permissions;
}

MapOrExpression CheckEnv(const Node& node, Values& values) {
  MapOrExpression env;
  if (node.IsScalar() && !node.IsNull()) {
    env.expression = values.Expression(node, "a mapping for the section \"env\"");
    return env;
  }
  for (const Entry& each : values.Section("env", node, Empty::kRefused, Case::kIgnored)) {
    if (values.String(*each.value, Empty::kAllowed) != nullptr) env.entries.push_back(each);
  }
  return env;
}

RunDefaults CheckDefaults(const Node& node, Values& values) {
  RunDefaults defaults;
  for (const Entry& each : values.Section("defaults", node, Empty::kRefused, Case::kExact)) {
    if (each.id != "run") {
      values.Unexpected(each, "defaults", {"run"});
      continue;
    }
    for (const Entry& setting : values.Section("run", *each.value, Empty::kRefused, Case::kExact)) {
      if (setting.id == "shell") {
        defaults.shell = values.String(*setting.value, Empty::kRefused);
      } else if (setting.id == "working-directory") {
        defaults.working_directory = values.String(*setting.value, Empty::kRefused);
      } else {
        values.Unexpected(setting, "run", {"shell", "working-directory"});
      }
    }
  }
  return defaults;
}

std::vector<const Node*> CheckConcurrency(const Entry& entry, Values& values) {
  std::vector<const Node*> texts;
  const auto add = [&](const Node* node) {
    if (node != nullptr) texts.push_back(node);
  };
  if (entry.value->IsScalar()) {
    add(values.String(*entry.value, Empty::kRefused));
    return texts;
  }
  bool grouped = false;
  bool misspelt = false;
  for (const Entry& each : values.Section("concurrency", *entry.value, Empty::kRefused, Case::kExact)) {
    if (each.id == "group") {
      grouped = true;
      add(values.String(*each.value, Empty::kRefused));
    } else if (each.id == "cancel-in-progress") {
      add(values.Bool(*each.value));
    } else if (each.id == "queue") {
      values.String(*each.value, Empty::kRefused);
    } else {
      misspelt = true;
      values.Unexpected(each, "concurrency", {"group", "cancel-in-progress", "queue"});
    }
  }
  if (!grouped && !misspelt) values.Error(*entry.key, "The section \"concurrency\" has no group.");
  return texts;
}

void CheckStrategy(const Node& node, Values& values, JobNode& job) {
  if (node.IsScalar() && IsOneExpression(node.value)) {
    job.strategy_expression = &node;
    return;
  }
  for (const Entry& each : values.Section("strategy", node, Empty::kRefused, Case::kExact)) {
    if (each.id == "matrix") {
      job.matrix = CheckMatrix(*each.value, values);
    } else if (each.id == "fail-fast") {
      job.fail_fast = values.Bool(*each.value);
    } else if (each.id == "max-parallel") {
      job.max_parallel = values.Int(*each.value);
      if (job.max_parallel != nullptr && !IsPositive(*job.max_parallel))
        values.Error(*each.value, "\"max-parallel\" must be more than 0.");
    } else {
      values.Unexpected(each, "strategy", {"matrix", "fail-fast", "max-parallel"});
    }
  }
}

std::optional<ContainerNode> CheckContainer(std::string_view section, const Entry& entry, Values& values) {
  ContainerNode container{.key = entry.key, .section = std::string(section)};
  const bool service = section == "services";
  if (entry.value->IsScalar() && (!service || !entry.value->IsNull())) {
    container.image = values.String(*entry.value, Empty::kRefused);
    return container;
  }
  bool imaged = false;
  for (const Entry& each : values.Section(section, *entry.value, Empty::kRefused, Case::kExact)) {
    if (each.id == "image") {
      imaged = true;
      container.image = values.String(*each.value, Empty::kRefused);
    } else if (each.id == "credentials") {
      CheckCredentials(each, values, container);
    } else if (each.id == "env") {
      container.env = CheckEnv(*each.value, values);
    } else if (each.id == "ports" || each.id == "volumes") {
      for (const Node* text : values.Strings(each.id, *each.value, Empty::kAllowed, Empty::kRefused))
        container.texts.push_back(text);
    } else if (each.id == "options" || (service && (each.id == "entrypoint" || each.id == "command"))) {
      const Node* text = values.String(*each.value, Empty::kAllowed);
      if (text != nullptr) container.texts.push_back(text);
    } else if (service) {
      values.Unexpected(each, section, {"image", "credentials", "env", "ports", "volumes", "options", "entrypoint", "command"});
    } else {
      values.Unexpected(each, section, {"image", "credentials", "env", "ports", "volumes", "options"});
    }
  }
  if (!imaged) values.Error(*entry.key, fmt::format("The section \"{}\" has no image.", section));
  return container;
}

void CheckServices(const Node& node, Values& values, JobNode& job) {
  if (node.IsScalar() && IsOneExpression(node.value)) {
    job.services_expression = &node;
    return;
  }
  for (const Entry& each : values.Section("services", node, Empty::kRefused, Case::kIgnored)) {
    std::optional<ContainerNode> service = CheckContainer("services", each, values);
    if (service.has_value()) job.services.push_back(*std::move(service));
  }
}

WorkflowNode CheckSyntax(const Node& root, Report& report) {
  Values values(report);
  WorkflowNode workflow;
  if (root.IsNull() || (root.IsScalar() && root.value.empty())) {
    values.Error(root, "The workflow is empty.");
    return workflow;
  }
  bool has_on = false;
  bool has_jobs = false;
  for (const Entry& each : values.Mapping("the workflow", root, Empty::kRefused, Case::kExact)) {
    const Node& value = *each.value;
    if (each.id == "name") {
      workflow.name = values.String(value, Empty::kAllowed);
    } else if (each.id == "run-name") {
      workflow.run_name = values.String(value, Empty::kRefused);
    } else if (each.id == "on") {
      has_on = true;
      workflow.events = CheckEvents(value, values);
    } else if (each.id == "permissions") {
      workflow.permissions = CheckPermissions(value, values);
    } else if (each.id == "env") {
      workflow.env = CheckEnv(value, values);
    } else if (each.id == "defaults") {
      workflow.defaults = CheckDefaults(value, values);
    } else if (each.id == "concurrency") {
      workflow.has_concurrency = true;
      workflow.concurrency = CheckConcurrency(each, values);
    } else if (each.id == "jobs") {
      has_jobs = true;
      for (const Entry& entry : values.Section("jobs", value, Empty::kRefused, Case::kIgnored)) {
        std::optional<JobNode> job = CheckJob(entry, values);
        if (job.has_value()) workflow.jobs.push_back(*std::move(job));
      }
    } else {
      values.Unexpected(each, "workflow", {"name", "run-name", "on", "permissions", "env", "defaults", "concurrency", "jobs"});
    }
  }
  if (!root.IsMapping()) return workflow;
  if (!has_on) values.Error(root, "The workflow has no \"on\".");
  if (!has_jobs) values.Error(root, "The workflow has no \"jobs\".");
  return workflow;
}

}  // namespace tuesday::workflow::lint
