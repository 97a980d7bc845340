// SPDX-License-Identifier: Apache-2.0
// For a process that is about to become a sandbox or its network: who it is and what it sees, step by step. Each call changes
// the calling process for good.
#pragma once

#include <string>
#include <vector>

#include "adapters/sandbox/bubble/arguments.h"
#include "adapters/supervise/spawn.h"
#include "base/result.h"

namespace tuesday::sandbox {

// As root: mounts that we make from now on are seen by us and our children only, and end with us.
Result<void> OwnMounts();

// As root, after OwnMounts: a file system in memory at the folder.
Result<void> MountMemory(const std::string& folder, const std::string& options);

// As root: shows the sources under paths that an unprivileged user can reach, in a mount namespace of our own, and returns the
// binds with those paths.
Result<std::vector<Bind>> StageBinds(const std::vector<Bind>& binds);

// As root: /dev/net/tun for a user whom the machine does not give it, in a mount namespace of our own.
Result<void> StageTun();

// Becomes the user, with no groups beside, and dies with `parent`.
Result<void> BecomeUser(const std::optional<supervise::UserIds>& user, pid_t parent);

// Enters new user and network namespaces, in which we are root.
Result<void> EnterNamespaces();

Result<void> JoinGroups(const std::vector<std::string>& groups);

}  // namespace tuesday::sandbox
