// SPDX-License-Identifier: Apache-2.0
// What a step wrote into its files, as values of its report.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "adapters/sandbox/supervisor/step_files.h"
#include "core/workflow/output/masks.h"
#include "ports/job_places.h"

namespace tuesday::sandbox {

// Adds to the report; what cannot be read becomes its problem, unless it has one. Returns what the log says of it.
std::vector<std::string> AddFileValues(const StepFiles& files, const workflow::Masks& masks, StepReport& report);

// Later ones win over earlier ones of the same name.
void MergePairs(std::vector<std::pair<std::string, std::string>> more, std::vector<std::pair<std::string, std::string>>& pairs);

}  // namespace tuesday::sandbox
