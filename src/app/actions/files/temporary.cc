// SPDX-License-Identifier: Apache-2.0
#include "app/actions/files/temporary.h"

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "adapters/files/files.h"
#include "app/actions/toolkit.h"

namespace tuesday::actions {

Result<TemporaryPlace> TemporaryPlace::Make() {
  const std::string given = Environment("RUNNER_TEMP");
  std::string path = (given.empty() ? "/tmp" : given) + "/tuesday-action-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) return std::unexpected(files::SystemError("cannot make", path, errno));
  return TemporaryPlace(std::move(path));
}

TemporaryPlace::TemporaryPlace(TemporaryPlace&& other) noexcept : path_(std::exchange(other.path_, "")) {}

TemporaryPlace::~TemporaryPlace() {
  if (!path_.empty()) (void)files::RemoveTree(path_);
}

}  // namespace tuesday::actions
