// SPDX-License-Identifier: Apache-2.0
#include "core/access/policy.h"

#include <fmt/format.h>

#include <array>

namespace tuesday::access {
namespace {

constexpr std::array kRoles = {Role::kViewer, Role::kDeployer, Role::kApprover, Role::kAdmin};

std::string NamespaceText(const std::optional<Namespace>& ns) {
  return !ns.has_value() || ns->empty() ? "all namespaces" : fmt::format("namespace {}", ns->str());
}

}  // namespace

std::string_view RoleName(Role role) {
  switch (role) {
    case Role::kViewer: return "viewer";
    case Role::kDeployer: return "deployer";
    case Role::kApprover: return "approver";
    case Role::kAdmin: return "admin";
  }
  return "viewer";
}

std::optional<Role> RoleOf(std::string_view name) {
  for (const Role role : kRoles) {
    if (RoleName(role) == name) return role;
  }
  return std::nullopt;
}

bool Covers(const Caller& caller, const std::optional<Namespace>& ns) {
  if (caller.ns.str() == kAllNamespaces) return true;
  return ns.has_value() && !ns->empty() && *ns == caller.ns;
}

Decision Decide(const Caller* caller, const Need& need, WallTime now) {
  if (!need.role.has_value()) return {Ruling::kAllowed, "", ""};
  if (caller == nullptr) {
    return {Ruling::kUnknown, "The request says not who asks.",
            "Give a token: TUESDAY_TOKEN_FILE names a file that holds one; `tuesday token create` makes one."};
  }
  if (caller->is_revoked) return {Ruling::kUnknown, fmt::format("{} was revoked.", caller->name), "Ask an admin for another."};
  if (caller->expires_at.has_value() && now >= *caller->expires_at) {
    return {Ruling::kUnknown, fmt::format("{} expired at {}.", caller->name, WallText(*caller->expires_at)),
            "Ask an admin for another."};
  }
  if (!Covers(*caller, need.ns)) {
    return {Ruling::kForbidden,
            fmt::format("{} is for namespace {}; this is about {}.", caller->name, caller->ns.str(), NamespaceText(need.ns)),
            need.ns.has_value() ? "Use a token of that namespace."
                                : "Name the namespace with -n, or use a token of all namespaces."};
  }
  if (caller->role < *need.role) {
    return {Ruling::kForbidden,
            fmt::format("{} has the role {}; this takes {}.", caller->name, RoleName(caller->role), RoleName(*need.role)),
            "Ask somebody who has it."};
  }
  return {Ruling::kAllowed, "", ""};
}

}  // namespace tuesday::access
