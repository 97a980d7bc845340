// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/oidc/permission.h"

#include <algorithm>

namespace tuesday::workflow {
namespace {

constexpr std::string_view kWorkflowFolder = ".github/workflows/";

bool IsPlainName(std::string_view name) {
  return !name.empty() && !name.starts_with('.') && name.find_first_of("/\\ \t\n") == std::string_view::npos &&
         (name.ends_with(".yml") || name.ends_with(".yaml"));
}

}  // namespace

TokenPermission TokenPermissionOf(const Job& job) {
  if (!job.permissions.has_value()) return TokenPermission::kUnsaid;
  return job.permissions->Of(kIdTokenScope) == PermissionLevel::kWrite ? TokenPermission::kGiven : TokenPermission::kWithheld;
}

bool MayHaveToken(TokenPermission permission, const std::vector<std::string>& grants, std::string_view workflow_file) {
  if (permission != TokenPermission::kUnsaid) return permission == TokenPermission::kGiven;
  return std::ranges::find(grants, workflow_file) != grants.end();
}

std::string GrantedFile(std::string_view given) {
  const std::string_view name = given.starts_with(kWorkflowFolder) ? given.substr(kWorkflowFolder.size()) : given;
  return IsPlainName(name) ? std::string(kWorkflowFolder) + std::string(name) : std::string();
}

}  // namespace tuesday::workflow
