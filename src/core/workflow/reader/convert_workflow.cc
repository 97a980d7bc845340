// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "core/expression/value/text.h"
#include "core/workflow/reader/convert.h"

namespace tuesday::workflow {
namespace {

// The types of workflow_dispatch's inputs. Nothing here is refused: the schema leaves events other than workflow_call open.
std::vector<std::pair<std::string, std::string>> InputTypes(const Token& on) {
  std::vector<std::pair<std::string, std::string>> types;
  const Token* dispatch = on.Find("workflow_dispatch");
  const Token* inputs = dispatch == nullptr ? nullptr : dispatch->Find("inputs");
  if (inputs == nullptr) return types;
  for (const Member& input : inputs->members) {
    const Token* type = input.value.Find("type");
    types.emplace_back(input.key.text, type != nullptr && type->Is(TokenKind::kString) ? type->text : "string");
  }
  return types;
}

}  // namespace

Result<Permissions> ConvertPermissions(const Token& token, ReadState& state) {
  if (token.Is(TokenKind::kString)) {
    const PermissionLevel level = token.text == "write-all" ? PermissionLevel::kWrite : PermissionLevel::kRead;
    return Permissions::All(level, state.options().shorthand_scopes);
  }
  TRY_OK(Expect(token, TokenKind::kMapping, "permissions"));
  Permissions permissions;
  for (const Member& member : token.members) {
    TRY_OK(Expect(member.key, TokenKind::kString, "permissions.key"));
    TRY_OK(Expect(member.value, TokenKind::kString, "permissions.value"));
    permissions.Set(member.key.text, FindPermissionLevel(member.value.text).value_or(PermissionLevel::kNone));
  }
  return permissions;
}

Result<void> ConvertWorkflow(Token root, ReadState& state, Workflow& workflow) {
  TRY_OK(Expect(root, TokenKind::kMapping, "root"));
  for (Member& member : root.members) {
    TRY_OK(Expect(member.key, TokenKind::kString, "root key"));
    const std::string& key = member.key.text;
    if (key == "on") {
      workflow.on = member.value;
      workflow.input_types = InputTypes(member.value);
    } else if (key == "name") {
      workflow.name = member.value;
    } else if (key == "run-name") {
      workflow.run_name = member.value;
    } else if (key == "defaults") {
      workflow.defaults = member.value;
    } else if (key == "env") {
      workflow.env = member.value;
    } else if (key == "concurrency") {
      TRY_OK(CheckConcurrency(member.value, state));
      workflow.concurrency = member.value;
    } else if (key == "permissions") {
      TRY(workflow.permissions, ConvertPermissions(member.value, state));
    } else if (key == "jobs") {
      TRY(workflow.jobs, ConvertJobs(std::move(member.value), state));
    }
  }
  for (Job& job : workflow.jobs) {
    if (!job.permissions.has_value()) job.permissions = workflow.permissions;
  }
  return {};
}

}  // namespace tuesday::workflow
