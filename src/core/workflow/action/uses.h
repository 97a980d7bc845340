// SPDX-License-Identifier: Apache-2.0
// Which actions the steps of a workflow or of a composite action name. Pure.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/workflow/model.h"

namespace tuesday::workflow {

// What `uses` says of each step, each once, in the order of the file; also those beside each other in a `parallel:`.
std::vector<std::string> UsesOf(const std::vector<Step>& steps);

// Of the jobs with these ids and all that they need, with the jobs of workflows that they call. No ids: of all jobs.
std::vector<std::string> UsesOf(const std::vector<Job>& jobs, const std::set<std::string>& ids);

// Of an action's definition: nothing unless it is a composite one that can be read. `within` is what `uses` said of it.
std::vector<std::string> UsesOfDefinition(const std::string& definition, std::string_view within);

// What `uses` means in the definition of the action `within`: "$/path" is of that action's own repository, at its ref.
std::string UsesWithin(std::string_view within, std::string_view uses);

}  // namespace tuesday::workflow
