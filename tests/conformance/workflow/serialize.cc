// SPDX-License-Identifier: Apache-2.0
#include "serialize.h"

#include <cmath>
#include <memory>

#include "core/expression/value/number.h"

namespace tuesday::workflow {
namespace {

using expression::ObjectValue;
using expression::Value;

// An object under construction; what is not there is left out.
class Members {
 public:
  void Set(std::string key, Value value) { object_->Set(std::move(key), std::move(value)); }
  Value Done() { return Value(expression::ObjectPtr(object_)); }

 private:
  std::shared_ptr<ObjectValue> object_ = std::make_shared<ObjectValue>(expression::KeyCase::kExact);
};

class Serializer {
 public:
  explicit Serializer(Places places) : places_(places) {}

  Value Whole(const ReadResult& result) {
    Members out;
    if (!result.problems.empty()) {
      std::vector<Value> errors;
      for (const WorkflowProblem& problem : result.problems)
        errors.push_back(Value::Object({{"Message", Value(problem.text)}}));
      out.Set("errors", Value::Array(std::move(errors)));
      return out.Done();
    }
    const Workflow& workflow = result.workflow;
    if (!workflow.input_types.empty()) {
      Members types;
      for (const auto& [name, type] : workflow.input_types) types.Set(name, Value(type));
      out.Set("input-types", types.Done());
    }
    Put(out, "env", workflow.env);
    Put(out, "permissions", workflow.permissions);
    Put(out, "defaults", workflow.defaults);
    Put(out, "concurrency", workflow.concurrency);
    out.Set("jobs", Jobs(workflow.jobs));
    if (places_ == Places::kKept) {
      std::vector<Value> files;
      for (const std::string& file : result.files) files.emplace_back(file);
      out.Set("file-table", Value::Array(std::move(files)));
    }
    return out.Done();
  }

 private:
  // JSON has no word for what is not finite.
  static Value Number(double number) { return std::isfinite(number) ? Value(number) : Value(expression::NumberText(number)); }

  Value Of(const Token& token) const {
    const bool bare = places_ == Places::kDropped;
    if (bare && token.Is(TokenKind::kString)) return Value(token.text);
    if (bare && token.Is(TokenKind::kBoolean)) return Value(token.boolean);
    if (bare && token.Is(TokenKind::kNumber)) return Number(token.number);
    if (bare && token.Is(TokenKind::kNull)) return Value();
    Members out;
    out.Set("type", Value(static_cast<int>(token.kind)));
    if (!bare && token.at.file > 0) {
      out.Set("file", Value(token.at.file));
      out.Set("line", Value(token.at.line));
      out.Set("col", Value(token.at.column));
    }
    switch (token.kind) {
      case TokenKind::kString: out.Set("lit", Value(token.text)); break;
      case TokenKind::kExpression: out.Set("expr", Value(token.text)); break;
      case TokenKind::kInsert: out.Set("directive", Value("insert")); break;
      case TokenKind::kBoolean: out.Set("bool", Value(token.boolean)); break;
      case TokenKind::kNumber: out.Set("num", Number(token.number)); break;
      case TokenKind::kSequence:
        if (!token.items.empty()) out.Set("seq", List(token.items));
        break;
      case TokenKind::kMapping:
        if (!token.members.empty()) out.Set("map", Pairs(token.members));
        break;
      case TokenKind::kNull: break;
    }
    return out.Done();
  }

  Value List(const std::vector<Token>& tokens) const {
    std::vector<Value> items;
    for (const Token& token : tokens) items.push_back(Of(token));
    return Value::Array(std::move(items));
  }

  Value Pairs(const std::vector<Member>& members) const {
    std::vector<Value> pairs;
    for (const Member& member : members) pairs.push_back(Value::Object({{"Key", Of(member.key)}, {"Value", Of(member.value)}}));
    return Value::Array(std::move(pairs));
  }

  void Put(Members& out, const char* key, const std::optional<Token>& token) const {
    if (token.has_value()) out.Set(key, Of(*token));
  }

  static void Put(Members& out, const char* key, const std::optional<Permissions>& permissions) {
    if (!permissions.has_value()) return;
    Members levels;
    for (const std::string_view scope : kPermissionScopes) {
      const PermissionLevel level = permissions->Of(scope);
      if (level != PermissionLevel::kNone) levels.Set(std::string(scope), Value(PermissionLevelName(level)));
    }
    out.Set(key, levels.Done());
  }

  Value Jobs(const std::vector<Job>& jobs) const {
    std::vector<Value> out;
    for (const Job& job : jobs) out.push_back(job.call.has_value() ? CallJob(job) : PlainJob(job));
    return Value::Array(std::move(out));
  }

  Value PlainJob(const Job& job) const {
    Members out;
    out.Set("type", Value("job"));
    out.Set("id", Of(job.id));
    out.Set("name", Of(job.name));
    if (!job.needs.empty()) out.Set("needs", List(job.needs));
    out.Set("if", Of(job.condition));
    Put(out, "strategy", job.strategy);
    Put(out, "continue-on-error", job.continue_on_error);
    Put(out, "timeout-minutes", job.timeout_minutes);
    Put(out, "cancel-timeout-minutes", job.cancel_timeout_minutes);
    Put(out, "concurrency", job.concurrency);
    Put(out, "permissions", job.permissions);
    Put(out, "env", job.env);
    Put(out, "environment", job.environment);
    Put(out, "defaults", job.defaults);
    Put(out, "runs-on", job.runs_on);
    Put(out, "container", job.container);
    Put(out, "services", job.services);
    Put(out, "outputs", job.outputs);
    if (!job.steps.empty()) out.Set("steps", Steps(job.steps));
    Put(out, "snapshot", job.snapshot);
    return out.Done();
  }

  Value CallJob(const Job& job) const {
    const Call& call = *job.call;
    Members out;
    out.Set("type", Value("reusableWorkflowJob"));
    out.Set("id", Of(job.id));
    out.Set("name", Of(job.name));
    out.Set("needs", List(job.needs));
    out.Set("if", Of(job.condition));
    out.Set("ref", Of(call.ref));
    Put(out, "permissions", job.permissions);
    Put(out, "input-definitions", call.input_definitions);
    Put(out, "input-values", call.input_values);
    Put(out, "secret-definitions", call.secret_definitions);
    Put(out, "secret-values", call.secret_values);
    if (call.inherits_secrets) out.Set("inherit-secrets", Value(true));
    Put(out, "outputs", call.outputs);
    Put(out, "defaults", call.defaults);
    Put(out, "env", call.env);
    Put(out, "concurrency", job.concurrency);
    Put(out, "embedded-concurrency", call.embedded_concurrency);
    Put(out, "strategy", job.strategy);
    out.Set("jobs", Jobs(job.jobs));
    return out.Done();
  }

  Value Steps(const std::vector<Step>& steps) const {
    std::vector<Value> out;
    for (const Step& step : steps) {
      Members one;
      one.Set("id", Value(step.id));
      Put(one, "name", step.name);
      one.Set("if", Of(step.condition));
      Put(one, "continue-on-error", step.continue_on_error);
      Put(one, "timeout-minutes", step.timeout_minutes);
      Put(one, "env", step.env);
      Put(one, "working-directory", step.working_directory);
      Put(one, "shell", step.shell);
      Put(one, "run", step.run);
      Put(one, "uses", step.uses);
      Put(one, "with", step.with);
      out.push_back(one.Done());
    }
    return Value::Array(std::move(out));
  }

  Places places_;
};

}  // namespace

Value Serialize(const ReadResult& result, Places places) { return Serializer(places).Whole(result); }

}  // namespace tuesday::workflow
