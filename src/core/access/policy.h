// SPDX-License-Identifier: Apache-2.0
// Who may do what: a caller, what an address needs, and the decision between them. Pure, and denies whatever is not allowed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/id.h"
#include "base/time.h"

namespace tuesday::access {

// Each may do what those before it may.
enum class Role {
  kViewer,    // Looks.
  kDeployer,  // Applies, aborts, rolls back: what makes a release and what takes it back.
  kApprover,  // Lets a release go past what holds it.
  kAdmin,     // Deletes, and says who may come in.
};

std::string_view RoleName(Role role);
std::optional<Role> RoleOf(std::string_view name);

// Where a request names the namespace that it is about.
enum class Scope {
  kNone,   // Nothing of any namespace is shown or changed.
  kPath,   // The part {ns} of the path.
  kQuery,  // ?namespace=NS; without it: all of them.
  kBody,   // Each object that the body names; asked one by one.
  kAll,    // Always about all namespaces.
};

// What one address needs. No role: whoever reaches the listener may ask.
struct Access {
  std::optional<Role> role = Role::kAdmin;
  Scope scope = Scope::kAll;
};

// The word for every namespace in a token.
inline constexpr std::string_view kAllNamespaces = "*";

// Who asks, as it was found out.
struct Caller {
  std::string name;  // "root (uid 0)", "ci (token)".
  Role role = Role::kViewer;
  Namespace ns;  // kAllNamespaces, or the only one.
  std::optional<WallTime> expires_at;
  bool is_revoked = false;
};

enum class Ruling {
  kAllowed,
  kUnknown,    // Nobody that we know: 401.
  kForbidden,  // Known, and may not: 403.
};

struct Decision {
  Ruling ruling = Ruling::kForbidden;
  std::string reason;  // A sentence for the caller and the journal; empty when allowed.
  std::string hint;
};

// What is asked for: a role in a namespace, or in all (nullopt). No role: open to everybody.
struct Need {
  std::optional<Role> role;
  std::optional<Namespace> ns;
};

// Whether `caller` (nullptr: nobody that we know) may have what is needed at `now`. An empty namespace that is needed is that
// of cluster-wide objects, which takes a caller of all namespaces.
Decision Decide(const Caller* caller, const Need& need, WallTime now);

// Whether the caller's namespace covers `ns`; nullopt is all of them.
bool Covers(const Caller& caller, const std::optional<Namespace>& ns);

}  // namespace tuesday::access
