// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/permissions.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"

namespace tuesday::workflow {
namespace {

// The order in which GitHub lists what is too much.
constexpr std::string_view kListOrder[] = {
    "actions",  "artifact-metadata", "attestations", "checks",        "code-quality",
    "contents", "copilot-requests",  "deployments",  "discussions",   "drives",
    "issues",   "packages",          "pages",        "pull-requests", "repository-projects",
    "statuses", "security-events",   "id-token",     "models",        "workflows"};

// Scopes that came after the cases were written.
bool IsNewer(std::string_view scope) {
  static constexpr std::string_view kNewer[] = {
      "artifact-metadata", "attestations", "code-quality", "copilot-requests", "drives", "models", "workflows"};
  return std::find(std::begin(kNewer), std::end(kNewer), scope) != std::end(kNewer);
}

std::optional<std::size_t> IndexOf(std::string_view scope) {
  const auto found = std::find(kPermissionScopes.begin(), kPermissionScopes.end(), scope);
  if (found == kPermissionScopes.end()) return std::nullopt;
  return static_cast<std::size_t>(found - kPermissionScopes.begin());
}

}  // namespace

std::string_view PermissionLevelName(PermissionLevel level) {
  switch (level) {
    case PermissionLevel::kNone: return "none";
    case PermissionLevel::kRead: return "read";
    case PermissionLevel::kWrite: return "write";
  }
  return "none";
}

std::optional<PermissionLevel> FindPermissionLevel(std::string_view name) {
  for (const PermissionLevel level : {PermissionLevel::kNone, PermissionLevel::kRead, PermissionLevel::kWrite}) {
    if (PermissionLevelName(level) == name) return level;
  }
  return std::nullopt;
}

Permissions Permissions::All(PermissionLevel level, ShorthandScopes scopes) {
  Permissions all;
  for (const std::string_view scope : kPermissionScopes) {
    if (scopes == ShorthandScopes::kOfTheCases && IsNewer(scope)) continue;
    all.Set(scope, scope == "models" ? std::min(level, PermissionLevel::kRead) : level);
  }
  return all;
}

PermissionLevel Permissions::Of(std::string_view scope) const {
  const std::optional<std::size_t> index = IndexOf(scope);
  CHECK(index.has_value(), "a scope is one of kPermissionScopes");
  return levels_[*index];
}

bool Permissions::Set(std::string_view scope, PermissionLevel level) {
  const std::optional<std::size_t> index = IndexOf(scope);
  if (index.has_value()) levels_[*index] = level;
  return index.has_value();
}

std::optional<PermissionExcess> FindExcess(const Permissions& asked, const Permissions& allowed) {
  PermissionExcess excess;
  for (const std::string_view scope : kListOrder) {
    if (asked.Of(scope) <= allowed.Of(scope)) continue;
    const std::string_view between = excess.asked.empty() ? "" : ", ";
    excess.asked += fmt::format("{}{}: {}", between, scope, PermissionLevelName(asked.Of(scope)));
    excess.allowed += fmt::format("{}{}: {}", between, scope, PermissionLevelName(allowed.Of(scope)));
  }
  if (excess.asked.empty()) return std::nullopt;
  return excess;
}

}  // namespace tuesday::workflow
