// SPDX-License-Identifier: Apache-2.0
// The cache of one repository, as it lies on disk; several runs may use it at once. Blocks; not thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/services/store/artifacts.h"
#include "app/services/store/staging.h"
#include "core/workflow/services/cache.h"

namespace tuesday::services {

// An entry's folder is named after its scope, version and key, so that there is one of each and never another.
class CacheEntries {
 public:
  CacheEntries(std::string folder, const workflow::ServiceLimits& limits);

  // Begins an upload. kConflict when the scope has this entry.
  Result<std::int64_t> Begin(const Uploader& by, const workflow::CacheEntry& entry);

  // The newest upload of the job for an entry like this; kNotFound when it has none.
  Result<std::int64_t> FindUpload(const Uploader& by, const workflow::CacheEntry& entry) const;

  // kDenied when the upload is not the job's.
  Result<void> CheckUpload(const Uploader& by, std::int64_t id) const;

  // Makes an upload the entry that it was begun for, then removes the oldest ones while there is too much. kConflict when its
  // size is not as told, or another one was faster.
  Result<workflow::CacheEntry> Finish(std::int64_t id, std::uint64_t bytes, WallTime now);

  std::vector<workflow::CacheEntry> List() const;

  // The folder of an entry, by name.
  static std::string NameOf(const workflow::CacheEntry& entry);
  std::string ContentPath(const std::string& name) const;

  Staging& uploads() { return uploads_; }

 private:
  void RemoveOldest(const std::string& but);

  std::string folder_;
  workflow::ServiceLimits limits_;
  Staging uploads_;
};

}  // namespace tuesday::services
