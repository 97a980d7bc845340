// SPDX-License-Identifier: Apache-2.0
// The jobs of a workflow by how far they are from its beginning.
#pragma once

#include <string>
#include <vector>

#include "core/workflow/model.h"

namespace tuesday::cli {

// Level 0 needs nothing; each job stands one after the last that it needs. Within a level the order is the file's.
std::vector<std::vector<const workflow::Job*>> LevelsOf(const std::vector<workflow::Job>& jobs);

// Boxes and arrows, for a terminal.
std::string DrawGraph(const std::vector<workflow::Job>& jobs);
std::string GraphAsMermaid(const std::vector<workflow::Job>& jobs);
std::string GraphAsDot(const std::vector<workflow::Job>& jobs, const std::string& title);

}  // namespace tuesday::cli
