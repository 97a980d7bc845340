// SPDX-License-Identifier: Apache-2.0
// Rules `expression` and `if-cond`: every expression of the file against what is there where it stands.
#include <fmt/format.h>

#include <algorithm>

#include "core/expression/parser.h"
#include "core/expression/value/text.h"
#include "core/workflow/available.h"
#include "core/workflow/lint/rules/contexts.h"
#include "core/workflow/lint/rules/metadata.h"
#include "core/workflow/lint/rules/rules.h"
#include "core/workflow/lint/syntax/syntax.h"
#include "core/workflow/schema/schema.h"

namespace tuesday::workflow::lint {
namespace {

constexpr std::string_view kOpen = "${{";

// An expression of a text with its type. `offset` is where its "${{" stands.
struct Typed {
  TypePtr type;
  std::size_t offset = 0;
};

enum class Trust { kAny, kNoStrangers };

class ExpressionChecker {
 public:
  ExpressionChecker(const WorkflowNode& workflow, const LintOptions& options, Report& report)
      : workflow_(workflow), options_(options), report_(report) {
    scope_.contexts = CommonContexts();
    scope_.config_variables = options.config_variables;
  }

  void Check() {
    scope_.contexts["inputs"] = InputsOf(workflow_);
    scope_.contexts["secrets"] = SecretsOf(workflow_);
    Text(workflow_.run_name, "run-name");
    for (const EventDefinition& event : workflow_.events) CheckEvent(event);
    Map(workflow_.env, "workflow-env", "env");
    Text(workflow_.defaults.shell, "workflow-defaults-run");
    Text(workflow_.defaults.working_directory, "workflow-defaults-run");
    for (const Node* node : workflow_.concurrency) Text(node, "workflow-concurrency");
    for (const JobNode& job : workflow_.jobs) CheckJob(job);
  }

  // What calls the action is not known: any matrix, and inputs that are texts.
  void CheckAction(const Node& metadata, const std::vector<StepNode>& steps) {
    schema_ = &ActionSchema();
    scope_.contexts["matrix"] = Open({});
    scope_.contexts["steps"] = Strict({});
    std::map<std::string, TypePtr> names;
    for (const auto& [key, value] : MembersOf(metadata.Find("inputs"))) {
      Text(value->Find("default"), "input-default-context");
      names[LowerCase(key->value)] = Simple(TypeKind::kString);
    }
    scope_.contexts["inputs"] = Strict(std::move(names));
    for (const StepNode& step : steps) {
      CheckStep(step);
      scope_.contexts["steps"] = WithStep(scope_.contexts["steps"], step, options_);
    }
    for (const auto& [key, value] : MembersOf(metadata.Find("outputs"))) Text(value->Find("value"), "output-value");
    const Node* runs = metadata.Find("runs");
    if (runs == nullptr) return;
    if (const Node* args = runs->Find("args"); args != nullptr) {
      for (const Node* item : args->items) Text(item, "container-runs-context");
    }
    for (const auto& [key, value] : MembersOf(runs->Find("env"))) Text(value, "container-runs-env");
  }

 private:
  static const std::vector<NodePair>& MembersOf(const Node* mapping) {
    static const std::vector<NodePair> kNone;
    return mapping == nullptr ? kNone : mapping->members;
  }

  // What is available below a key of the schema. To look it up costs more than most texts, which have no expression.
  AvailableSet At(std::string_view key) const { return schema_->Get(key).available; }

  void Add(const Node& node, std::size_t offset, std::string message) {
    const auto [line, column] = PlaceIn(node, offset);
    report_.AddAt(line, column, "expression", std::move(message));
  }

  // Parses and types the text at `offset` of the node; null when it cannot be parsed or is empty.
  std::optional<expression::Node> Parse(const Node& node, std::string_view text, std::size_t offset) {
    static const expression::Vocabulary kAnything{.named_values = {},
                                                  .functions = {},
                                                  .unknown = expression::UnknownNames::kAllowed,
                                                  .parameter_counts = expression::ParameterCounts::kFree};
    if (expression::Trim(text).empty()) {
      Add(node, offset, "An expression is expected here.");
      return std::nullopt;
    }
    auto parsed = expression::ParseExpression(text, kAnything);
    if (parsed.has_value()) return std::move(*parsed);
    const expression::Problem& problem = parsed.error();
    // Number of parameters is told with the types of functions, and better.
    const bool cut = problem.message.starts_with("Unexpected end");
    Add(node, offset + (cut ? text.size() : problem.offset), problem.message);
    return std::nullopt;
  }

  TypePtr TypeAt(const Node& node, std::string_view text, std::size_t offset, AvailableSet available, Trust trust) {
    const std::optional<expression::Node> parsed = Parse(node, text, offset);
    if (!parsed.has_value()) return nullptr;
    scope_.available = available;
    TypeResult result = CheckTypes(*parsed, scope_);
    for (TypeProblem& problem : result.problems) Add(node, offset + problem.offset, std::move(problem.message));
    if (trust == Trust::kNoStrangers) {
      for (const UntrustedUse& use : FindUntrusted(*parsed)) {
        Add(node, offset + use.offset,
            fmt::format("{} can be written by a stranger and is run as a part of the script. Pass it through an "
                        "environment variable.",
                        Quoted(use.paths)));
      }
    }
    return result.type;
  }

  // Every expression of the text.
  std::vector<Typed> Expressions(const Node* node, AvailableSet available, Trust trust = Trust::kAny) {
    std::vector<Typed> found;
    if (node == nullptr) return found;
    const std::string_view text = node->value;
    for (std::size_t open = text.find(kOpen); open != std::string_view::npos;) {
      const std::size_t from = open + kOpen.size();
      const std::size_t end = EndOf(text, from);
      if (end == std::string_view::npos) {
        Add(*node, text.size(), "The expression is not closed: }} is missing.");
        return found;
      }
      const TypePtr type = TypeAt(*node, text.substr(from, end - from), from, available, trust);
      if (type != nullptr) found.push_back({type, open});
      open = text.find(kOpen, end + 2);
    }
    return found;
  }

  static bool Opens(const Node& node) { return node.value.find(kOpen) != std::string::npos; }

  // Where "}}" closes, quotes apart.
  static std::size_t EndOf(std::string_view text, std::size_t from) {
    bool in_string = false;
    for (std::size_t at = from; at + 1 < text.size(); ++at) {
      if (text[at] == '\'') in_string = !in_string;
      if (!in_string && text[at] == '}' && text[at + 1] == '}') return at;
    }
    return std::string_view::npos;
  }

  // A text: what has no text of its own does not belong in it.
  std::vector<Typed> Text(const Node* node, std::string_view key, Trust trust = Trust::kAny) {
    if (node == nullptr || !Opens(*node)) return {};
    return TextAt(node, At(key), trust);
  }

  std::vector<Typed> TextAt(const Node* node, AvailableSet available, Trust trust = Trust::kAny) {
    std::vector<Typed> found = Expressions(node, available, trust);
    for (const Typed& one : found) {
      const TypeKind kind = one.type->kind;
      if (kind != TypeKind::kObject && kind != TypeKind::kArray && kind != TypeKind::kNull) continue;
      Add(*node, one.offset,
          fmt::format("A value of type {} has no text of its own; toJSON() makes one.", TypeText(*one.type)));
    }
    return found;
  }

  // A value that is one expression of a type.
  void Whole(const Node* node, std::string_view key, std::string_view section, std::initializer_list<TypeKind> kinds,
             std::string_view expected) {
    if (node == nullptr || !HasExpressions(node->value)) return;
    for (const Typed& one : Expressions(node, At(key))) {
      if (one.type->kind == TypeKind::kAny || std::find(kinds.begin(), kinds.end(), one.type->kind) != kinds.end()) continue;
      report_.Add(*node, "expression",
                  fmt::format("\"{}\" must be {}, and the expression is {}.", section, expected, TypeText(*one.type)));
    }
  }

  void Map(const MapOrExpression& map, std::string_view key, std::string_view section) {
    Whole(map.expression, key, section, {TypeKind::kObject}, "an object");
    for (const Entry& entry : map.entries) Text(entry.value, key);
  }

  void CheckEvent(const EventDefinition& event) {
    for (const auto& [name, filter] : event.filters) {
      for (const Node* node : filter.second) TextAt(node, 0);
    }
    for (const auto& [cron, timezone] : event.schedule) TextAt(cron, 0);
    CheckPresets(event);
    if (event.call_outputs.empty()) return;
    scope_.contexts["jobs"] = JobsOf(workflow_);
    for (const CallOutput& output : event.call_outputs) Text(output.value, "workflow-output-context");
    scope_.contexts.erase("jobs");
  }

  // A default may read the inputs above it.
  void CheckPresets(const EventDefinition& event) {
    const TypePtr all = std::exchange(scope_.contexts["inputs"], Strict({}));
    MatrixTypes above;
    for (const CallInput& input : event.call_inputs) {
      for (const Typed& one : Text(input.preset, "workflow-call-input-default")) CheckPreset(input, one);
      above.Add(input.entry.id, InputType(input.type));
      scope_.contexts["inputs"] = above.Done();
    }
    scope_.contexts["inputs"] = all;
  }

  void CheckPreset(const CallInput& input, const Typed& one) {
    if (!IsOneExpression(input.preset->value) || one.type->kind == TypeKind::kAny) return;
    const bool number = input.type == "number" && one.type->kind != TypeKind::kNumber;
    const bool boolean = input.type == "boolean" && one.type->kind != TypeKind::kBool;
    if (!number && !boolean) return;
    report_.Add(*input.preset, "expression",
                fmt::format("The input \"{}\" is of type {}, and its default is {}.", input.entry.key->value, input.type,
                            TypeText(*one.type)));
  }

  void CheckJob(const JobNode& job) {
    scope_.contexts["needs"] = NeedsOf(workflow_, job, options_);
    scope_.contexts["matrix"] = Strict({});
    if (job.strategy_expression != nullptr) {
      Whole(job.strategy_expression, "strategy", "strategy", {TypeKind::kObject}, "an object");
      scope_.contexts["matrix"] = Open({});
    }
    if (job.matrix.has_value()) CheckMatrix(*job.matrix);
    Condition(job.condition, "job-if");
    Whole(job.fail_fast, "strategy", "fail-fast", {TypeKind::kBool}, "a boolean");
    Whole(job.max_parallel, "strategy", "max-parallel", {TypeKind::kNumber}, "a number");
    Text(job.name, "string-strategy-context");
    for (const Node* label : job.labels) Text(label, "runs-on");
    Text(job.group, "runs-on");
    Whole(job.runs_on, "runs-on", "runs-on", {TypeKind::kString, TypeKind::kArray}, "a text or an array");
    for (const Node* node : job.concurrency) Text(node, "job-concurrency");
    Map(job.env, "job-env", "env");
    Text(job.defaults.shell, "job-defaults-run");
    Text(job.defaults.working_directory, "job-defaults-run");
    Whole(job.continue_on_error, "boolean-strategy-context", "continue-on-error", {TypeKind::kBool}, "a boolean");
    Whole(job.timeout_minutes, "number-strategy-context", "timeout-minutes", {TypeKind::kNumber}, "a number");
    if (job.container.has_value()) Container(*job.container);
    Whole(job.services_expression, "services", "services", {TypeKind::kObject}, "an object");
    for (const ContainerNode& service : job.services) Container(service);
    CheckPassed(job);
    for (const Entry& entry : job.secrets) Text(entry.value, "scalar-needs-context-with-secrets");
    Text(job.environment_name, "job-environment-name");
    scope_.contexts["steps"] = Strict({});
    for (const StepNode& step : job.steps) {
      CheckStep(step);
      scope_.contexts["steps"] = WithStep(scope_.contexts["steps"], step, options_);
    }
    Text(job.environment_url, "string-runner-context-no-secrets");
    for (const Entry& entry : job.outputs.entries) Text(entry.value, "string-runner-context");
    Condition(job.snapshot_condition, "snapshot-if");
    scope_.contexts["steps"] = Strict({});
  }

  // What is passed to a called workflow against the types of its inputs.
  void CheckPassed(const JobNode& job) {
    const CallMetadata called = job.uses == nullptr ? CallMetadata() : ReadCalled(job.uses->value, options_);
    for (const Entry& entry : job.with.entries) {
      const std::vector<Typed> found = Text(entry.value, "scalar-needs-context");
      const auto wanted = called.input_types.find(entry.id);
      if (wanted == called.input_types.end()) continue;
      TypePtr given = LiteralType(*entry.value);
      if (HasExpressions(entry.value->value)) {
        const bool whole = found.size() == 1 && IsOneExpression(entry.value->value);
        given = whole ? found[0].type : Simple(TypeKind::kString);
      }
      if (given->kind == TypeKind::kAny || given->kind == InputType(wanted->second)->kind) continue;
      // Anything holds or does not, and a number passed for a text is its text.
      if (wanted->second == "boolean" || (wanted->second == "string" && given->kind == TypeKind::kNumber)) continue;
      report_.Add(*entry.value, "expression",
                  fmt::format("The input \"{}\" of \"{}\" is of type {}, and {} is passed.", entry.key->value, job.uses->value,
                              wanted->second, TypeText(*given)));
    }
  }

  static TypePtr LiteralType(const Node& node) {
    if (node.tag == "!!int" || node.tag == "!!float") return Simple(TypeKind::kNumber);
    if (node.tag == "!!bool") return Simple(TypeKind::kBool);
    // What is left empty is an empty text; only the word is null.
    return Simple(node.tag == "!!null" && !node.value.empty() ? TypeKind::kNull : TypeKind::kString);
  }

  void CheckMatrix(const MatrixNode& matrix) {
    MatrixTypes types;
    const auto value_of = [&](const Node& node) { return RawType(node); };
    if (matrix.expression != nullptr) {
      const std::vector<Typed> whole = Expressions(matrix.expression, At("strategy"));
      scope_.contexts["matrix"] = !whole.empty() && whole[0].type->kind == TypeKind::kObject ? Open({}) : Any();
      return;
    }
    for (const auto& [entry, values] : matrix.rows) {
      const auto expression = matrix.row_expressions.find(entry.id);
      if (expression != matrix.row_expressions.end()) {
        const std::vector<Typed> row = Expressions(expression->second, At("strategy"));
        const bool array = !row.empty() && row[0].type->kind == TypeKind::kArray;
        if (!row.empty() && !array && row[0].type->kind != TypeKind::kAny) {
          report_.Add(*expression->second, "expression",
                      fmt::format("\"{}\" of the matrix must be an array, and the expression is {}.", entry.key->value,
                                  TypeText(*row[0].type)));
        }
        types.Add(entry.id, array ? row[0].type->item : Any());
      }
      for (const Node* value : values) types.Add(entry.id, value_of(*value));
    }
    if (matrix.include != nullptr && matrix.include->IsScalar()) {
      Expressions(matrix.include, At("strategy"));
      types.open = true;
    } else if (matrix.include != nullptr) {
      for (const Node* item : matrix.include->items) {
        if (item->IsScalar()) Expressions(item, At("strategy"));
        types.open = types.open || item->IsScalar();
        for (const auto& [key, value] : item->members) types.Add(LowerCase(key->value), value_of(*value));
      }
    }
    if (matrix.exclude != nullptr) RawType(*matrix.exclude);
    scope_.contexts["matrix"] = types.Done();
  }

  // The type of a value that is written out in the file; its expressions are checked on the way.
  TypePtr RawType(const Node& node) {
    if (node.IsSequence()) {
      TypePtr item;
      for (const Node* each : node.items) item = item == nullptr ? RawType(*each) : Merge(item, RawType(*each));
      return ArrayOf(item == nullptr ? Any() : item);
    }
    if (node.IsMapping()) {
      std::map<std::string, TypePtr> properties;
      for (const auto& [key, value] : node.members) properties[LowerCase(key->value)] = RawType(*value);
      return Strict(std::move(properties));
    }
    const std::vector<Typed> found = Expressions(&node, At("strategy"));
    if (HasExpressions(node.value))
      return found.size() == 1 && IsOneExpression(node.value) ? found[0].type : Simple(TypeKind::kString);
    return LiteralType(node);
  }

  void Container(const ContainerNode& container) {
    Text(container.image, "container");
    Text(container.username, "container-registry-credentials");
    Text(container.password, "container-registry-credentials");
    Map(container.env, "string-runner-context", "env");
    for (const Node* node : container.texts) Text(node, "container");
  }

  void CheckStep(const StepNode& step) {
    Condition(step.condition, "step-if");
    Text(step.name, "step-name");
    Text(step.run, "string-steps-context", Trust::kNoStrangers);
    Text(step.shell, "step-shell");
    Text(step.working_directory, "string-steps-context");
    Whole(step.continue_on_error, "step-continue-on-error", "continue-on-error", {TypeKind::kBool}, "a boolean");
    Whole(step.timeout_minutes, "step-timeout-minutes", "timeout-minutes", {TypeKind::kNumber}, "a number");
    Map(step.env, "step-env", "env");
    TextAt(step.uses, 0);
    const bool script = step.uses != nullptr && step.uses->value.starts_with("actions/github-script@");
    Whole(step.with.expression, "step-with", "with", {TypeKind::kObject}, "an object");
    for (const Entry& entry : step.with.entries) {
      Text(entry.value, "step-with", script && entry.id == "script" ? Trust::kNoStrangers : Trust::kAny);
    }
  }

  void Condition(const Node* node, std::string_view key) {
    if (node == nullptr) return;
    const std::string& text = node->value;
    if (text.find(kOpen) == std::string::npos) {
      Decide(*node, text, 0, TypeAt(*node, text, 0, At(key), Trust::kAny));
      return;
    }
    const std::vector<Typed> found = Expressions(node, At(key));
    const bool exact = text.starts_with(kOpen) && text.ends_with("}}") && text.find(kOpen, 1) == std::string::npos;
    if (!exact) {
      report_.Add(*node, "if-cond",
                  "The condition always holds: there are characters around ${{ }}, so it is a text that is not empty.");
      return;
    }
    if (!found.empty()) Decide(*node, std::string_view(text).substr(3, text.size() - 5), 3, found[0].type);
  }

  // What is the same each time decides nothing.
  void Decide(const Node& node, std::string_view text, std::size_t offset, const TypePtr& type) {
    if (type == nullptr) return;
    if (type->kind == TypeKind::kObject || type->kind == TypeKind::kArray) {
      Add(node, offset, fmt::format("A condition must be a boolean, and this is {}.", TypeText(*type)));
    }
    static const expression::Vocabulary kAnything{.named_values = {},
                                                  .functions = {},
                                                  .unknown = expression::UnknownNames::kAllowed,
                                                  .parameter_counts = expression::ParameterCounts::kFree};
    const auto parsed = expression::ParseExpression(text, kAnything);
    if (!parsed.has_value() || !parsed->has_value() || !IsConstant(**parsed)) return;
    report_.Add(node, "if-cond", fmt::format("The condition \"{}\" is the same each time. Remove it.", expression::Trim(text)));
  }

  const WorkflowNode& workflow_;
  const LintOptions& options_;
  Report& report_;
  TypeScope scope_;
  const Schema* schema_ = &WorkflowSchema();
};

}  // namespace

void CheckExpressions(const WorkflowNode& workflow, const LintOptions& options, Report& report) {
  ExpressionChecker(workflow, options, report).Check();
}

void CheckActionExpressions(const Node& metadata, const std::vector<StepNode>& steps, Report& report) {
  const WorkflowNode none;
  ExpressionChecker(none, {}, report).CheckAction(metadata, steps);
}

}  // namespace tuesday::workflow::lint
