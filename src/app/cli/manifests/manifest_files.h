// SPDX-License-Identifier: Apache-2.0
// The files that a user names: single ones, folders (their .yaml, .yml and .json, sorted, one level deep at a time), standard
// input.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace tuesday::cli {

struct ManifestFile {
  std::string path;  // As the user will find it in messages.
  std::string text;
};

inline constexpr std::size_t kManifestBytesMax = 1 << 20;
inline constexpr std::size_t kManifestFilesMax = 5'000;

// The path of what comes from standard input.
inline constexpr const char* kStandardInput = "standard input";

// By its ending: .yaml, .yml or .json.
bool IsManifestName(const std::string& path);

// kNotFound names the first path that cannot be read; a folder without such a file is an error too.
Result<std::vector<ManifestFile>> ReadManifestFiles(const std::vector<std::string>& paths);

}  // namespace tuesday::cli
