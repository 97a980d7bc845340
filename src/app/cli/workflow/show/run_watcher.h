// SPDX-License-Identifier: Apache-2.0
// Who follows a run, here or on a daemon.
#pragma once

#include <string>
#include <string_view>

#include "core/workflow/progress/changes.h"

namespace tuesday::cli {

class RunWatcher {
 public:
  virtual ~RunWatcher() = default;
  virtual void Told(const workflow::Change& change) = 0;
  virtual void Logged(const std::string& leg, int ordinal, std::string_view line) = 0;
};

}  // namespace tuesday::cli
