// SPDX-License-Identifier: Apache-2.0
// Blobs as files named by their digest: <folder>/sha256/<first two digits>/<digest>. Thread-safe.
#pragma once

#include <string>

#include "ports/blob_store.h"

namespace tuesday::files {

class FolderBlobStore : public BlobStore {
 public:
  // `folder` is <state>/blobs.
  explicit FolderBlobStore(std::string folder) : folder_(std::move(folder)) {}

  Result<std::string> Put(std::string_view bytes) override;
  // kCorrupt when the bytes on disk no longer have their digest.
  Result<std::string> Get(std::string_view digest) override;

 private:
  std::string PathOf(std::string_view digest) const;

  std::string folder_;
};

}  // namespace tuesday::files
