// SPDX-License-Identifier: Apache-2.0
// Where an annotation points: paths below the workspace, and lines and columns that agree. An internal header of this folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/workflow/output/annotation.h"

namespace tuesday::workflow {

// The path without `.`, `..` and doubled slashes. What would lead above the root stays there.
std::string PlainPath(std::string_view path);

// The file from the workspace's root; nothing when it is not below. A relative path is below it unless `..` leads out.
std::optional<std::string> FileInWorkspace(std::string_view file, std::string_view workspace);

// A relative file in the folder of the project file `from_path`, when that is given.
std::string FileBeside(std::string_view file, std::string_view from_path);

// Takes back lines and columns that contradict each other (actions/runner, IssueCommandExtension): an end without a begin is
// the begin, columns need a line, and only one line.
void AgreeOnPlace(Annotation& annotation);

}  // namespace tuesday::workflow
