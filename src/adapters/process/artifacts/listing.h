// SPDX-License-Identifier: Apache-2.0
// A folder's canonical listing: what the digest of an artifact is made of. Equal content gives equal digests, whatever the
// order, owners and times of its files. Limits count what is in the folder.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace tuesday::process {

constexpr std::int64_t kArtifactBytesMax = std::int64_t{4} << 30;
constexpr std::int64_t kArtifactEntriesMax = 200'000;

struct ArtifactLimits {
  std::int64_t bytes_max = kArtifactBytesMax;
  std::int64_t entries_max = kArtifactEntriesMax;
};

// Lines "TYPE MODE SIZE SHA256-OR-TARGET PATH", sorted by path; types f, d, l. Of a mode only "executable" counts: 755 or
// 644. Sockets, devices and pipes are refused by name.
Result<std::string> CanonicalListing(const std::string& folder);

// Copies a folder's files, folders and links, and follows none of the links.
Result<void> CopyTree(const std::string& from, const std::string& to, const ArtifactLimits& limits);

// Takes write permission from everything in the folder: files 444 or 555, folders 555.
Result<void> MakeReadOnly(const std::string& folder);

}  // namespace tuesday::process
