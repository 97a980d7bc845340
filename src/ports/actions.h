// SPDX-License-Identifier: Apache-2.0
// Actions that are not in the workspace of a job: from the mirror of this machine, or implemented by tuesday itself. May block;
// thread-safe.
#pragma once

#include <string>

#include "base/result.h"
#include "core/workflow/run/state.h"

namespace tuesday {

class Actions {
 public:
  virtual ~Actions() = default;

  // The action behind `uses` ("owner/repo[/path]@ref"). That it is not there is a problem within it, which says the mend; an
  // error is that nobody could look.
  virtual Result<workflow::LoadedAction> Load(const std::string& uses) = 0;
};

}  // namespace tuesday
