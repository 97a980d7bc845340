// SPDX-License-Identifier: Apache-2.0
// A cache entry's content: a tar of the paths, from the workspace, packed as GitHub's client packs it (@actions/cache 4).
// Blocks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tuesday::actions {

enum class Packing { kZstd, kGzip };

// zstd when its program is on the PATH.
Packing PackingOfThisPlace();

// "cache.tzst", "cache.tgz".
std::string_view ArchiveName(Packing packing);

// What tells entries of one key apart: the digest of the paths as they are written, the packing and a salt.
std::string CacheVersion(const std::vector<std::string>& paths, Packing packing);

// Packs `names`, relative to `workspace` or absolute, into `folder`/ArchiveName. The error has what tar says.
Result<void> PackCache(const std::vector<std::string>& names, const std::string& workspace, const std::string& folder,
                       Packing packing);

// Unpacks into the workspace, and beside it what was outside: rights and times as they were.
Result<void> UnpackCache(const std::string& path, const std::string& workspace, Packing packing);

}  // namespace tuesday::actions
