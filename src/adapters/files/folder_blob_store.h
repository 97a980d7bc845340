// SPDX-License-Identifier: Apache-2.0
// Blobs as files named by their digest: <folder>/sha256/<first two digits>/<digest>. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>

#include "ports/blob_store.h"

namespace tuesday::files {

// What a sweep took away.
struct Swept {
  std::uint64_t blobs = 0;
  std::uint64_t bytes = 0;
};

class FolderBlobStore : public BlobStore {
 public:
  // `folder` is <state>/blobs.
  explicit FolderBlobStore(std::string folder) : folder_(std::move(folder)) {}

  Result<std::string> Put(std::string_view bytes) override;
  // kCorrupt when the bytes on disk no longer have their digest.
  Result<std::string> Get(std::string_view digest) override;

  // Removes blobs that are not among `used` and were last put before `before`: what was put since may be named by an entry that
  // is on its way. Walks the whole store.
  Result<Swept> Sweep(const std::set<std::string>& used, std::chrono::system_clock::time_point before);

 private:
  std::string PathOf(std::string_view digest) const;

  // Put says that a blob is wanted again before it answers, Sweep asks before it removes: never between the two.
  std::mutex mutex_;
  std::string folder_;
};

}  // namespace tuesday::files
