// SPDX-License-Identifier: Apache-2.0
// The artifacts of runs, as they lie on disk. Blocks; not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/services/store/staging.h"
#include "base/result.h"
#include "base/time.h"

namespace tuesday::services {

struct Artifact {
  std::int64_t id = 0;
  std::string run;
  std::string job;
  int attempt = 1;
  std::string name;
  std::string mime_type;
  std::uint64_t bytes = 0;
  std::string digest;
  WallTime created;
};

// Who stores: a run, a job of it and the attempt.
struct Uploader {
  std::string run;
  std::string job;
  int attempt = 1;
};

class Artifacts {
 public:
  Artifacts(std::string folder, const workflow::ServiceLimits& limits);

  // Begins an upload. kConflict when this attempt of the run has an artifact of this name, kLimit when the run
  // has too many.
  Result<std::int64_t> Begin(const Uploader& by, const std::string& name, const std::string& mime_type);

  // Makes the job's upload of this name an artifact. kConflict when its bytes are not as told: `digest` may be empty.
  // One that an earlier attempt left under this name goes.
  Result<Artifact> Finish(const Uploader& by, const std::string& name, std::uint64_t bytes, const std::string& digest,
                          WallTime now);

  // By their ids, one of each name.
  std::vector<Artifact> List(const std::string& run) const;
  std::optional<Artifact> Find(const std::string& run, const std::string& name) const;

  Result<void> Remove(const Artifact& artifact);

  std::string ContentPath(const std::string& run, std::int64_t id) const;

  // Where the uploads of a run are.
  Staging& Uploads(const std::string& run);

 private:
  std::string FolderOf(const std::string& run) const;

  std::string folder_;
  workflow::ServiceLimits limits_;
  std::map<std::string, Staging> uploads_;
  std::map<std::string, std::int64_t> last_id_;  // By run: an id is not given twice, also after a removal.
};

}  // namespace tuesday::services
