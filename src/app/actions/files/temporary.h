// SPDX-License-Identifier: Apache-2.0
// A folder for an archive on its way, in the job's folder for temporary files. Goes with this.
#pragma once

#include <string>

#include "base/result.h"

namespace tuesday::actions {

class TemporaryPlace {
 public:
  // In RUNNER_TEMP, else in /tmp.
  static Result<TemporaryPlace> Make();
  TemporaryPlace(TemporaryPlace&& other) noexcept;
  TemporaryPlace& operator=(TemporaryPlace&&) = delete;
  ~TemporaryPlace();

  const std::string& path() const { return path_; }

 private:
  explicit TemporaryPlace(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace tuesday::actions
