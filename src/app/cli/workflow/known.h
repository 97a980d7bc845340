// SPDX-License-Identifier: Apache-2.0
// The actions that this machine has for a repository: its mirror, as the repository's lock allows it, and tuesday's own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/actions/known_actions.h"
#include "app/cli/client/session.h"
#include "core/workflow/model.h"
#include "wire/runs/runs.h"

namespace tuesday::cli {

// "actions" in the state folder.
actions::Mirror MirrorOf(const Globals& globals);

// With the lock of the repository at `root`, when it has one. kInvalid when that cannot be read.
Result<actions::KnownActions> KnownFor(const Globals& globals, const std::string& root);

// The definition of an action of the workspace or of the repository, "./path" or "$/path", as it stands in the tree at `root`.
std::optional<std::string> LocalDefinition(const std::string& root, const std::string& uses);

struct ActionNeeds {
  std::vector<runs::ReadMount> mounts;  // Of the mirror.
  bool own = false;                     // The run's own repository too.
};

// What the jobs with these ids (none: all) need to be bound. kNotFound, before anything runs, names every action that
// cannot be had and how to add it.
Result<ActionNeeds> NeedsOf(actions::KnownActions& known, const std::string& root, const std::vector<workflow::Job>& jobs,
                            const std::vector<std::string>& ids);

}  // namespace tuesday::cli
