// SPDX-License-Identifier: Apache-2.0
// The first pass of the linter: what may stand where. Everything that is wrong is told, not only the first; what is right goes
// to the model. Rule `syntax-check`.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "core/workflow/lint/model.h"
#include "core/workflow/lint/report.h"

namespace tuesday::workflow::lint {

WorkflowNode CheckSyntax(const Node& root, Report& report);

enum class Empty { kAllowed, kRefused };
enum class Case { kIgnored, kExact };

// The readers of single values. Each tells what is wrong and gives null then.
class Values {
 public:
  explicit Values(Report& report) : report_(report) {}

  void Error(const Node& at, std::string message) { report_.Add(at, "syntax-check", std::move(message)); }

  // The members without duplicates and merge keys; `what` is how messages call the mapping.
  Entries Mapping(const std::string& what, const Node& node, Empty empty, Case key_case);
  Entries Section(std::string_view name, const Node& node, Empty empty, Case key_case);

  const Node* String(const Node& node, Empty empty);
  std::vector<const Node*> Strings(std::string_view section, const Node& node, Empty empty, Empty empty_item);
  std::vector<const Node*> StringOrStrings(std::string_view section, const Node& node, Empty empty, Empty empty_item);
  bool Sequence(std::string_view section, const Node& node, Empty empty);

  // A literal of the type, or one expression.
  const Node* Bool(const Node& node);
  const Node* Int(const Node& node);
  const Node* Float(const Node& node);
  const Node* Expression(const Node& node, std::string_view expecting);

  void Unexpected(const Entry& entry, std::string_view section, std::initializer_list<std::string_view> known);

 private:
  Report& report_;
};

// Whether a text is one `${{ … }}` and nothing else but space around it.
bool IsOneExpression(std::string_view text);

// Whether a text has `${{` and a `}}` behind it.
bool HasExpressions(std::string_view text);

// The parts of the pass, each in a file of its own.
std::vector<EventDefinition> CheckEvents(const Node& node, Values& values);
std::optional<JobNode> CheckJob(const Entry& entry, Values& values);
std::vector<StepNode> CheckSteps(const Node& node, Values& values);
std::optional<PermissionsNode> CheckPermissions(const Node& node, Values& values);
MapOrExpression CheckEnv(const Node& node, Values& values);
RunDefaults CheckDefaults(const Node& node, Values& values);
std::vector<const Node*> CheckConcurrency(const Entry& entry, Values& values);
void CheckStrategy(const Node& node, Values& values, JobNode& job);
std::optional<ContainerNode> CheckContainer(std::string_view section, const Entry& entry, Values& values);
void CheckServices(const Node& node, Values& values, JobNode& job);

}  // namespace tuesday::workflow::lint
