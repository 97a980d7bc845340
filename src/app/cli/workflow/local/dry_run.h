// SPDX-License-Identifier: Apache-2.0
// What a run would do: the same decisions, in a world where every step passes and writes nothing.
#pragma once

#include <map>
#include <string>

#include "adapters/actions/known_actions.h"
#include "base/result.h"
#include "wire/runs/runs.h"

namespace tuesday::cli {

// One line a step, with what would be skipped and why. Secrets are masked.
// Actions of the workspace are read from `root`.
Result<std::string> DryRun(const runs::RunRecord& record, const std::map<std::string, std::string>& secrets,
                           const std::string& root, actions::KnownActions known);

}  // namespace tuesday::cli
