// SPDX-License-Identifier: Apache-2.0
// The checks of an action's metadata. An internal header of core/workflow/lint.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"
#include "core/workflow/lint/lint.h"
#include "core/workflow/lint/tree.h"

namespace tuesday::workflow::lint {

// `at` is in the metadata's file.
struct MetadataProblem {
  const Node* at = nullptr;
  Severity severity = Severity::kError;
  std::string message;
};

// Everything that is wrong with the metadata. `folder` is the action's, from the root of `files`; without `files` nothing is
// said of scripts that are not there.
std::vector<MetadataProblem> CheckMetadata(const Node& root, std::string_view folder, const ProjectFiles* files);

bool IsBrandingIcon(std::string_view name);
bool IsBrandingColor(std::string_view name);

}  // namespace tuesday::workflow::lint
