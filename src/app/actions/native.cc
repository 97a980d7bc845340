// SPDX-License-Identifier: Apache-2.0
#include "app/actions/native.h"

#include <fmt/format.h>

#include "app/actions/toolkit.h"

namespace tuesday::actions {

int RunNativeAction(const std::string& name, const std::string& stage) {
  if (name == "checkout") return Checkout(stage);
  if (name == "setup-node") return SetupNode(stage);
  FailStep(Error{ErrorCode::kInvalid, fmt::format("There is no action '{}'.", name), ""});
  return 2;
}

}  // namespace tuesday::actions
