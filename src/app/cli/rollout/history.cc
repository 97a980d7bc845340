// SPDX-License-Identifier: Apache-2.0
// Every attempt of a rollout and how it ended.
#include <cstdio>

#include "app/cli/commands.h"
#include "app/cli/render/rollout.h"
#include "app/cli/render/table.h"

namespace tuesday::cli {

int RunRolloutHistory(const Globals& globals, const std::string& name) {
  const Result<Json> rollout = Daemon(globals).Get(RolloutPath(globals, name));
  if (!rollout.has_value()) return ReportError(rollout.error(), globals);
  if (globals.json) {
    PrintJson(Json(Json::Object{{"attempts", rollout->At("attempts")}}));
    return kExitPass;
  }
  Table table({"ATTEMPT", "REV", "REVISION", "BEGAN", "ENDED", "WEIGHT", "ENDING", "REASON"});
  for (const Json& attempt : ArrayOf(rollout->At("attempts"))) {
    table.Add({std::to_string(attempt.At("ordinal").IntOr(0)), std::to_string(attempt.At("number").IntOr(0)),
               attempt.At("revision").StringOr(""), attempt.At("began").StringOr(""), attempt.At("ended").StringOr("-"),
               PermilleText(attempt.At("weight_permille_max").IntOr(0)),
               attempt.At("ending").StringOr("").empty() ? attempt.At("stage").StringOr("") : attempt.At("ending").StringOr(""),
               attempt.At("reason").StringOr("")});
  }
  std::fputs(table.Text().c_str(), stdout);
  return kExitPass;
}

}  // namespace tuesday::cli
