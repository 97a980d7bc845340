// SPDX-License-Identifier: Apache-2.0
// What decided about a rollout, and where to look.
#include <cstdio>

#include "app/cli/commands.h"
#include "app/cli/render/rollout.h"

namespace tuesday::cli {

int RunWhy(const Globals& globals, const std::string& name) {
  const Result<Json> rollout = Daemon(globals).Get(RolloutPath(globals, name));
  if (!rollout.has_value()) return ReportError(rollout.error(), globals);
  globals.json ? PrintJson(*rollout) : static_cast<void>(std::fputs(WhyText(*rollout).c_str(), stdout));
  return kExitPass;
}

}  // namespace tuesday::cli
