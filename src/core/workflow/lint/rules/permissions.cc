// SPDX-License-Identifier: Apache-2.0
// Rule `permissions`.
#include "core/workflow/permissions.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/workflow/lint/rules/rules.h"
#include "core/workflow/lint/syntax/syntax.h"

namespace tuesday::workflow::lint {
namespace {

// The levels that a scope can have.
std::vector<std::string> LevelsOf(std::string_view scope) {
  if (scope == "id-token" || scope == "copilot-requests" || scope == "workflows") return {"write", "none"};
  if (scope == "models") return {"read", "none"};
  return {"read", "write", "none"};
}

void Check(const PermissionsNode& permissions, Report& report) {
  if (permissions.all != nullptr) {
    const std::string& all = permissions.all->value;
    if (all != "read-all" && all != "write-all") {
      report.Add(*permissions.all, "permissions",
                 fmt::format("\"{}\" is no permission for all scopes: \"read-all\", \"write-all\" or a mapping is.", all));
    }
    return;
  }
  for (const Entry& entry : permissions.scopes) {
    const bool known = std::find(kPermissionScopes.begin(), kPermissionScopes.end(), entry.id) != kPermissionScopes.end();
    if (!known) {
      const std::vector<std::string_view> scopes(kPermissionScopes.begin(), kPermissionScopes.end());
      const std::string nearest = NearestWord(entry.id, scopes);
      report.Add(*entry.key, "permissions",
                 fmt::format("There is no permission \"{}\".{}", entry.id,
                             nearest.empty() ? "" : fmt::format(" Did you mean \"{}\"?", nearest)));
      continue;
    }
    const std::vector<std::string> levels = LevelsOf(entry.id);
    if (std::find(levels.begin(), levels.end(), entry.value->value) != levels.end()) continue;
    report.Add(
        *entry.value, "permissions",
        fmt::format("The permission \"{}\" cannot be \"{}\"; it is one of {}.", entry.id, entry.value->value, Quoted(levels)));
  }
}

}  // namespace

void CheckPermissionNames(const WorkflowNode& workflow, Report& report) {
  if (workflow.permissions.has_value()) Check(*workflow.permissions, report);
  for (const JobNode& job : workflow.jobs) {
    if (job.permissions.has_value()) Check(*job.permissions, report);
  }
}

}  // namespace tuesday::workflow::lint
