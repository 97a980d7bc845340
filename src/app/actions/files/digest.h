// SPDX-License-Identifier: Apache-2.0
// SHA-256 of files that may be larger than memory. Blocks.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace tuesday::actions {

// In hex. kNotFound when there is no such file.
Result<std::string> FileDigest(const std::string& path);

// As hashFiles() makes one of several: the digest of their digests, in this order. In hex.
Result<std::string> DigestOfFiles(const std::vector<std::string>& paths);

}  // namespace tuesday::actions
