// SPDX-License-Identifier: Apache-2.0
// What artifacts and the files in them may be called, and where a file stands in its artifact. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/actions/files/find.h"
#include "base/result.h"

namespace tuesday::actions {

// kInvalid, with the character that is in the way. They are those of the original.
Result<void> CheckArtifactFile(std::string_view path);
Result<void> CheckNameOfArtifact(std::string_view name);

// The folder whose files' names begin in the artifact: the one that was looked in, the file's own for a single file, the
// nearest common one for several.
std::string ArtifactRoot(const Found& found, const std::vector<std::string>& files);

// `path` as it is named in the artifact.
std::string NameInArtifact(const std::string& path, const std::string& root);

// Whether a name is of a pattern of `pattern:` (minimatch: `*`, `?`, sets, `{a,b}`, a leading `!`).
bool MatchesName(std::string_view pattern, std::string_view name);

}  // namespace tuesday::actions
