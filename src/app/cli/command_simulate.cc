// SPDX-License-Identifier: Apache-2.0
#include "app/cli/commands.h"

namespace tuesday::cli {
int RunSimulate(const Globals& globals, const SimulateOptions&) {
  return ReportError({ErrorCode::kUnsupported, "simulate is not here yet.", ""}, globals);
}
}  // namespace tuesday::cli
