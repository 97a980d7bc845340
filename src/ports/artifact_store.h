// SPDX-License-Identifier: Apache-2.0
// Turns an image reference's binding into an immutable artifact. A changed source folder never changes a running revision.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace tuesday {

struct KeptArtifact {
  std::string digest;
  WallTime taken_at{};  // When it was last taken in.
};

class ArtifactStore {
 public:
  virtual ~ArtifactStore() = default;

  // Copies what `source` names ("dir:PATH", "file:PATH.tar.gz", "oci:PATH") into the store and returns its digest:
  // SHA-256 of a canonical listing (path, mode, size, content). Taking in the same content twice stores it once.
  virtual Result<std::string> TakeIn(const std::string& source) = 0;

  // The folder of a digest, read-only by convention.
  virtual Result<std::string> PathOf(const std::string& digest) = 0;

  // Everything that is there, by digest.
  virtual Result<std::vector<KeptArtifact>> List() = 0;

  // Takes it away and returns how many bytes it had; nobody sees half of it. One that is not there has none.
  virtual Result<std::uint64_t> Remove(const std::string& digest) = 0;
};

}  // namespace tuesday
