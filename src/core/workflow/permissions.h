// SPDX-License-Identifier: Apache-2.0
// What the token of a job may do. A scope that a mapping does not name is `none`.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace tuesday::workflow {

enum class PermissionLevel { kNone, kRead, kWrite };

std::string_view PermissionLevelName(PermissionLevel level);
std::optional<PermissionLevel> FindPermissionLevel(std::string_view name);

// The scopes by name, in alphabetical order.
inline constexpr std::array<std::string_view, 20> kPermissionScopes = {"actions",
                                                                       "artifact-metadata",
                                                                       "attestations",
                                                                       "checks",
                                                                       "code-quality",
                                                                       "contents",
                                                                       "copilot-requests",
                                                                       "deployments",
                                                                       "discussions",
                                                                       "drives",
                                                                       "id-token",
                                                                       "issues",
                                                                       "models",
                                                                       "packages",
                                                                       "pages",
                                                                       "pull-requests",
                                                                       "repository-projects",
                                                                       "security-events",
                                                                       "statuses",
                                                                       "workflows"};

// What `read-all` and `write-all` stand for: the scopes of GitHub's published cases, or all that there are by now.
enum class ShorthandScopes { kOfTheCases, kAll };

class Permissions {
 public:
  Permissions() = default;

  // Every scope of the shorthand at `level`. `models` is never more than read.
  static Permissions All(PermissionLevel level, ShorthandScopes scopes);

  PermissionLevel Of(std::string_view scope) const;

  // False when there is no such scope.
  bool Set(std::string_view scope, PermissionLevel level);

  friend bool operator==(const Permissions&, const Permissions&) = default;

 private:
  std::array<PermissionLevel, kPermissionScopes.size()> levels_{};
};

// The scopes that `asked` has more of than `allowed`, as two lists "actions: write, …": asked for and allowed. Nothing when
// none.
struct PermissionExcess {
  std::string asked;
  std::string allowed;
};
std::optional<PermissionExcess> FindExcess(const Permissions& asked, const Permissions& allowed);

}  // namespace tuesday::workflow
