// SPDX-License-Identifier: Apache-2.0
// The files as they were where the branch began, out of git. Runs the program `git`; blocks.
#pragma once

#include <string>
#include <vector>

#include "app/cli/manifests/manifest_files.h"
#include "base/result.h"

namespace tuesday::cli {

// The files below `paths` at the merge base of HEAD and `ref`; empty `ref`: of the branch that this one follows, else of
// origin/HEAD, main or master. `now` are the same files as they are: what git knows to be unchanged is taken from them. Files
// that were not there then are left out. kNotFound when there is no repository or no such revision.
Result<std::vector<ManifestFile>> FilesAtMergeBase(const std::vector<std::string>& paths, const std::string& ref,
                                                   const std::vector<ManifestFile>& now);

}  // namespace tuesday::cli
