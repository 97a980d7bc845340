// SPDX-License-Identifier: Apache-2.0
// The files that patterns mean, in the order of their names: `@actions/glob` with links followed and broken ones left out.
// Blocks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/workflow/glob/glob.h"

namespace tuesday::actions {

// Whether names that begin with a dot, and what is below them, are looked at.
enum class HiddenFiles { kTaken, kLeft };

enum class PathKind { kFile, kFolder, kOther };  // kOther: a pipe, a socket, a device.

struct FoundPath {
  std::string path;  // Absolute.
  PathKind kind = PathKind::kFile;
  friend bool operator==(const FoundPath&, const FoundPath&) = default;
};

struct Found {
  std::vector<FoundPath> paths;
  std::vector<std::string> search_paths;  // Where was looked, absolute.
};

// `patterns` has one a line; relative ones begin at `root`. A folder stands before what is in it. kInvalid for what is no
// pattern.
Result<Found> FindPaths(std::string_view patterns, const std::string& root, const workflow::GlobOptions& options,
                        HiddenFiles hidden);

// The folder that all of `paths` are in or are, "/" when there is no nearer one. At least one path.
std::string CommonFolder(const std::vector<std::string>& paths);

}  // namespace tuesday::actions
