// SPDX-License-Identifier: Apache-2.0
// Zip files, written from files of this machine and unpacked into a folder. Blocks; streams, whatever the sizes are.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace tuesday::zip {

inline constexpr int kStored = 0;  // The level without compression; 9 is the slowest.

struct Member {
  std::string name;    // Within the zip: relative, UTF-8.
  std::string source;  // A plain file.
};

// Writes a new file at `path`. Rights are not kept: each member is 0644, as GitHub's own client has it.
Result<void> WriteZip(const std::string& path, const std::vector<Member>& members, int level);

struct UnpackLimits {
  std::uint64_t bytes_max = 20ULL << 30;  // Unpacked, together.
  std::uint64_t members_max = 1'000'000;
};

struct Unpacked {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};

// Unpacks into `folder`, which is made, over what is there. kInvalid for what is no zip; kDenied, before anything is written,
// for a name that is absolute or leads out of the folder, and for a link; kLimit for more than `limits`, also when the zip lies
// about it.
Result<Unpacked> UnpackZip(const std::string& path, const std::string& folder, const UnpackLimits& limits = {});

}  // namespace tuesday::zip
