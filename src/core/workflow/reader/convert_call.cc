// SPDX-License-Identifier: Apache-2.0
// The file of a called workflow: what it defines against what the caller passes, and what it asks for against what it may have.
#include <fmt/format.h>

#include "core/expression/value/text.h"
#include "core/workflow/reader/convert.h"
#include "core/workflow/reader/template_reader.h"

namespace tuesday::workflow {
namespace {

const Token* FindIgnoringCase(const std::optional<Token>& mapping, std::string_view key) {
  if (!mapping.has_value()) return nullptr;
  for (const Member& member : mapping->members) {
    if (expression::SameText(member.key.text, key)) return &member.value;
  }
  return nullptr;
}

bool IsRequired(const Token& definition) {
  const Token* required = definition.Find("required");
  return required != nullptr && required->boolean;
}

const Definition& TypeOf(const Token& definition) {
  const Token* type = definition.Find("type");
  const std::string name = type == nullptr ? "string" : type->text;
  return WorkflowSchema().Get(name == "boolean" || name == "number" ? name : "string");
}

void CheckInputs(const Call& call, ReadState& state) {
  if (call.input_definitions.has_value()) {
    for (const auto& [name, definition] : call.input_definitions->members) {
      const Token* preset = definition.Find("default");
      if (preset != nullptr) CheckInputValue(*preset, TypeOf(definition), state);
      const Token* value = FindIgnoringCase(call.input_values, name.text);
      if (value != nullptr) {
        CheckInputValue(*value, TypeOf(definition), state);
      } else if (IsRequired(definition)) {
        state.Add(call.ref.at, fmt::format("Input {} is required, but not provided while calling.", name.text));
      }
    }
  }
}

void CheckSecrets(const Call& call, ReadState& state) {
  if (!call.secret_definitions.has_value()) return;
  for (const auto& [name, definition] : call.secret_definitions->members) {
    if (FindIgnoringCase(call.secret_values, name.text) != nullptr || !IsRequired(definition)) continue;
    state.Add(call.ref.at, fmt::format("Secret {} is required, but not provided while calling.", name.text));
  }
}

void CheckUndefined(const std::optional<Token>& values, const std::optional<Token>& definitions, std::string_view what,
                    ReadState& state) {
  if (!values.has_value()) return;
  for (const auto& [name, value] : values->members) {
    if (FindIgnoringCase(definitions, name.text) != nullptr) continue;
    state.Add(value.at, fmt::format("Invalid {}, {} is not defined in the referenced workflow.", what, name.text));
  }
}

// Whether `on` names workflow_call; what it defines goes to the call.
Result<bool> ReadTrigger(const Token& on, Call& call) {
  constexpr std::string_view kEvent = "workflow_call";
  if (on.Is(TokenKind::kString)) return on.text == kEvent;
  for (const Token& item : on.items) {
    TRY_OK(Expect(item, TokenKind::kString, "Reference workflow on value"));
    if (item.text == kEvent) return true;
  }
  const Token* definitions = on.Find(kEvent);
  if (definitions == nullptr) return false;
  for (const auto& [key, value] : definitions->members) {
    if (key.text == "inputs") call.input_definitions = value;
    if (key.text == "secrets") call.secret_definitions = value;
    if (key.text == "outputs") call.outputs = value;
  }
  return true;
}

Result<void> ConvertTrigger(const Token& on, ReadState& state, Call& call) {
  TRY(const bool callable, ReadTrigger(on, call));
  if (!callable) {
    state.Add(on.at, "workflow_call key is not defined in the referenced workflow.");
    return {};
  }
  CheckInputs(call, state);
  CheckUndefined(call.input_values, call.input_definitions, "input", state);
  if (call.inherits_secrets) return {};
  CheckSecrets(call, state);
  CheckUndefined(call.secret_values, call.secret_definitions, "secret", state);
  return {};
}

Permissions MaximumByDefault(const ReadOptions& options) {
  if (options.default_permissions == DefaultPermissions::kWrite) {
    Permissions all = Permissions::All(PermissionLevel::kWrite, options.shorthand_scopes);
    all.Set("id-token", PermissionLevel::kNone);
    return all;
  }
  Permissions limited;
  limited.Set("contents", PermissionLevel::kRead);
  limited.Set("packages", PermissionLevel::kRead);
  return limited;
}

// `nested` is the job within the called workflow that asks, or null for the workflow itself.
void CheckPermissions(const Job& caller, const Job* nested, const Permissions& asked, const std::optional<Permissions>& maximum,
                      ReadState& state) {
  const auto excess = FindExcess(asked, maximum.has_value() ? *maximum : MaximumByDefault(state.options()));
  if (!excess.has_value()) return;
  const std::string& ref = caller.call->ref.text;
  const std::string who =
      nested == nullptr ? fmt::format("The workflow '{}'", ref) : fmt::format("The nested job '{}'", nested->name.ScalarText());
  state.Add(caller.id.at, fmt::format("Error calling workflow '{}'. {} is requesting '{}', but is only allowed '{}'.", ref, who,
                                      excess->asked, excess->allowed));
}

}  // namespace

Result<void> ConvertCalled(Token root, ReadState& state, Job& job) {
  const std::optional<Permissions> maximum = job.permissions;
  TRY_OK(Expect(root, TokenKind::kMapping, "root"));
  for (Member& member : root.members) {
    TRY_OK(Expect(member.key, TokenKind::kString, "root key"));
    const std::string& key = member.key.text;
    if (key == "on") {
      TRY_OK(ConvertTrigger(member.value, state, *job.call));
    } else if (key == "defaults") {
      job.call->defaults = member.value;
    } else if (key == "env") {
      job.call->env = member.value;
    } else if (key == "concurrency") {
      TRY_OK(CheckConcurrency(member.value, state));
      job.call->embedded_concurrency = member.value;
    } else if (key == "jobs") {
      TRY(job.jobs, ConvertJobs(std::move(member.value), state));
    } else if (key == "permissions") {
      TRY(const Permissions asked, ConvertPermissions(member.value, state));
      CheckPermissions(job, nullptr, asked, maximum, state);
      job.permissions = asked;
    }
  }
  for (Job& nested : job.jobs) {
    if (nested.permissions.has_value()) {
      CheckPermissions(job, &nested, *nested.permissions, maximum, state);
    } else {
      nested.permissions = job.permissions;
    }
  }
  return {};
}

}  // namespace tuesday::workflow
