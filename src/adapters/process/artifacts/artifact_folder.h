// SPDX-License-Identifier: Apache-2.0
// Artifacts as read-only folders under blobs/artifacts/<digest>. Sources: dir:PATH, file:PATH.tar.gz (with an optional
// @sha256:HEX of the archive's bytes), oci:PATH, a layout of one image. Thread-safe: what two callers take in at once is
// stored once.
#pragma once

#include <string>

#include "adapters/process/artifacts/listing.h"
#include "ports/artifact_store.h"

namespace tuesday::process {

class ArtifactFolder : public ArtifactStore {
 public:
  // `folder` is <state>/blobs.
  explicit ArtifactFolder(std::string folder, ArtifactLimits limits = {});

  Result<std::string> TakeIn(const std::string& source) override;
  Result<std::string> PathOf(const std::string& digest) override;
  Result<std::vector<KeptArtifact>> List() override;
  // Renames it away first: what a crash leaves of it is cleaned up by the next List().
  Result<std::uint64_t> Remove(const std::string& digest) override;

 private:
  std::string artifacts_;
  ArtifactLimits limits_;
};

// Applies the layers of the layout's image, in order, to `folder`. Each blob must have the digest that names it.
Result<void> UnpackOciLayout(const std::string& layout, const std::string& folder, const ArtifactLimits& limits);

}  // namespace tuesday::process
