// SPDX-License-Identifier: Apache-2.0
// Waiting for the end of a rollout, with the Argo plugin's exit codes.
#include <cstdio>

#include "app/cli/client/watch.h"
#include "app/cli/commands.h"

namespace tuesday::cli {

// The exit codes are the Argo plugin's: 0 healthy, 1 degraded or out of time.
int RunRolloutStatus(const Globals& globals, const GetOptions& options) {
  std::string phase;
  std::string message;
  const Result<void> watched = WatchRollout(globals, options.name, options.timeout, [&](const Json& rollout) {
    const std::string now = rollout.At("phase").StringOr("");
    const std::string text = rollout.At("message").StringOr("");
    if (now != phase || text != message) {
      globals.json ? PrintJson(rollout)
                   : static_cast<void>(std::printf("%s%s%s\n", now.c_str(), text.empty() ? "" : " - ", text.c_str()));
      std::fflush(stdout);
    }
    phase = now;
    message = text;
    return phase != "Healthy" && phase != "Degraded";
  });
  if (!watched.has_value()) {
    ReportError(watched.error(), globals);
    return kExitFail;
  }
  return phase == "Healthy" ? kExitPass : kExitFail;
}

}  // namespace tuesday::cli
