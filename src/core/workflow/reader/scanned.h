// SPDX-License-Identifier: Apache-2.0
// Reading a workflow whose events somebody has already: what is linted is scanned once. An internal header of this folder and
// of the lint.
#pragma once

#include <string_view>
#include <vector>

#include "core/workflow/read.h"
#include "core/workflow/yaml/events.h"

namespace tuesday::workflow {

// As ReadWorkflow, without the workflows that it calls. `events` are those of `content`.
ReadResult ReadScannedWorkflow(std::string_view content, const std::vector<YamlEvent>& events, std::string_view file);

}  // namespace tuesday::workflow
