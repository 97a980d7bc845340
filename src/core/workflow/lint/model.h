// SPDX-License-Identifier: Apache-2.0
// The parts of a workflow file by what they are, as nodes. What is not there, or is of the wrong kind, is null: the syntax pass
// has told it, and rules do not tell it again.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/workflow/lint/tree.h"

namespace tuesday::workflow::lint {

// A member of a mapping whose keys are free: `id` is the key in lower case where case does not count.
struct Entry {
  std::string id;
  const Node* key = nullptr;
  const Node* value = nullptr;
};
using Entries = std::vector<Entry>;

const Entry* FindEntry(const Entries& entries, std::string_view id);

// `env`, `with` and the like: an expression for the whole, or entries.
struct MapOrExpression {
  const Node* expression = nullptr;
  Entries entries;
};

struct DispatchInput {
  Entry entry;
  std::string type;
  const Node* description = nullptr;
  const Node* preset = nullptr;
  const Node* required = nullptr;
  std::vector<const Node*> options;
  bool has_options = false;
};

struct CallInput {
  Entry entry;
  std::string type;
  const Node* preset = nullptr;
  const Node* required = nullptr;
  bool is_required = false;
};

struct CallSecret {
  Entry entry;
  bool is_required = false;
};

struct CallOutput {
  Entry entry;
  const Node* value = nullptr;
};

// `name` is the node that names the event; `filters` are its lists of patterns by key.
struct EventDefinition {
  const Node* name = nullptr;
  std::map<std::string, std::pair<const Node*, std::vector<const Node*>>> filters;
  std::vector<std::pair<const Node*, const Node*>> schedule;  // cron, timezone (may be null)
  std::vector<DispatchInput> dispatch_inputs;
  std::vector<CallInput> call_inputs;
  std::vector<CallSecret> call_secrets;
  bool has_call_secrets = false;
  std::vector<CallOutput> call_outputs;
};

struct PermissionsNode {
  const Node* all = nullptr;
  Entries scopes;
};

struct MatrixNode {
  const Node* expression = nullptr;
  std::vector<std::pair<Entry, std::vector<const Node*>>> rows;  // The values; none when the row is an expression.
  std::map<std::string, const Node*> row_expressions;
  const Node* include = nullptr;
  const Node* exclude = nullptr;
};

struct ContainerNode {
  const Node* key = nullptr;
  std::string section;
  const Node* image = nullptr;
  const Node* credentials_key = nullptr;
  const Node* username = nullptr;
  const Node* password = nullptr;
  MapOrExpression env;
  std::vector<const Node*> texts;  // Ports, volumes, options.
};

struct StepNode {
  const Node* node = nullptr;
  const Node* id = nullptr;
  const Node* name = nullptr;
  const Node* condition = nullptr;
  const Node* run = nullptr;
  const Node* uses = nullptr;
  const Node* shell = nullptr;
  const Node* working_directory = nullptr;
  const Node* continue_on_error = nullptr;
  const Node* timeout_minutes = nullptr;
  MapOrExpression env;
  MapOrExpression with;
};

struct RunDefaults {
  const Node* shell = nullptr;
  const Node* working_directory = nullptr;
};

struct JobNode {
  Entry entry;
  const Node* name = nullptr;
  std::vector<const Node*> needs;
  const Node* condition = nullptr;
  const Node* runs_on = nullptr;  // When it is one expression.
  std::vector<const Node*> labels;
  const Node* group = nullptr;
  std::optional<PermissionsNode> permissions;
  const Node* environment_name = nullptr;
  const Node* environment_url = nullptr;
  std::vector<const Node*> concurrency;
  MapOrExpression outputs;
  MapOrExpression env;
  RunDefaults defaults;
  const Node* strategy_expression = nullptr;
  std::optional<MatrixNode> matrix;
  const Node* fail_fast = nullptr;
  const Node* max_parallel = nullptr;
  const Node* continue_on_error = nullptr;
  const Node* timeout_minutes = nullptr;
  std::optional<ContainerNode> container;
  const Node* services_expression = nullptr;
  std::vector<ContainerNode> services;
  std::vector<StepNode> steps;
  const Node* uses = nullptr;
  MapOrExpression with;
  Entries secrets;
  bool inherits_secrets = false;
  const Node* snapshot_condition = nullptr;
};

struct WorkflowNode {
  const Node* name = nullptr;
  const Node* run_name = nullptr;
  std::vector<EventDefinition> events;
  std::optional<PermissionsNode> permissions;
  MapOrExpression env;
  RunDefaults defaults;
  std::vector<const Node*> concurrency;
  bool has_concurrency = false;
  std::vector<JobNode> jobs;

  const EventDefinition* FindEvent(std::string_view name) const;
  const JobNode* FindJob(std::string_view id_in_lower_case) const;
};

}  // namespace tuesday::workflow::lint
