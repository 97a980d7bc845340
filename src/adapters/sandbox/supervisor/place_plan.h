// SPDX-License-Identifier: Apache-2.0
// From a place's order to its sandbox: the folders that it has of its own, whom they belong to, and what is seen inside.
#pragma once

#include <optional>

#include "adapters/sandbox/bubble/sandbox.h"
#include "adapters/sandbox/record/place_folder.h"
#include "ports/job_places.h"

namespace tuesday::sandbox {

// kInvalid for an order that no sandbox can be made of: paths that cover it, folders that are not there, names with spaces.
Result<void> CheckSpec(const PlaceSpec& spec);

// Makes the place's own folders. As root they, and the workspace with all in it, are given to the place's user.
Result<void> MakeOwnFolders(const PlaceFolder& folder, const PlaceSpec& spec, const std::optional<supervise::UserIds>& user);

Result<SandboxPlan> PlanSandbox(const PlaceFolder& folder, const PlaceSpec& spec,
                                const std::optional<supervise::UserIds>& user);

// Folders of the machine whose contents the job writes.
std::vector<std::string> WrittenFolders(const PlaceFolder& folder, const PlaceSpec& spec);

// Removes what a closed place needs no more: all that it wrote but its workspace. The workspace of the machine gets back whom
// it belonged to.
void RemoveOwnFolders(const PlaceFolder& folder, const PlaceSpec& spec);

}  // namespace tuesday::sandbox
