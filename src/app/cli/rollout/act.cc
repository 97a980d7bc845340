// SPDX-License-Identifier: Apache-2.0
// What an operator says to a rollout.
#include <fmt/format.h>

#include <cstdio>

#include "app/cli/commands.h"

namespace tuesday::cli {

int RunRolloutAct(const Globals& globals, const ActOptions& options) {
  const Json body(Json::Object{{"reason", options.reason}});
  const Result<Json> answer = Daemon(globals).Post(RolloutPath(globals, options.name, "/" + options.verb), body);
  if (!answer.has_value()) return ReportError(answer.error(), globals);
  if (globals.json) {
    PrintJson(*answer);
  } else {
    std::printf("rollout '%s': %s\n", options.name.c_str(), options.verb.c_str());
  }
  return kExitPass;
}

int RunUndo(const Globals& globals, const std::string& name, int to_revision, const std::string& reason) {
  Json body(Json::Object{{"reason", reason}});
  if (to_revision > 0) body.as_object()->emplace("to_revision", static_cast<std::int64_t>(to_revision));
  const Result<Json> answer = Daemon(globals).Post(RolloutPath(globals, name, "/undo"), body);
  if (!answer.has_value()) return ReportError(answer.error(), globals);
  if (globals.json) {
    PrintJson(*answer);
  } else {
    std::printf("rollout '%s': undo\n", name.c_str());
  }
  return kExitPass;
}

int RunSetImage(const Globals& globals, const std::string& name, const std::string& image, const std::string& reason) {
  const std::size_t equals = image.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == image.size()) {
    return ReportError({ErrorCode::kInvalid, fmt::format("\"{}\" is not CONTAINER=IMAGE.", image),
                        "For example: api=registry.example.com/api:v2."},
                       globals);
  }
  const Json body(
      Json::Object{{"container", image.substr(0, equals)}, {"image", image.substr(equals + 1)}, {"reason", reason}});
  const Result<Json> answer = Daemon(globals).Post(RolloutPath(globals, name, "/set-image"), body);
  if (!answer.has_value()) return ReportError(answer.error(), globals);
  if (globals.json) {
    PrintJson(*answer);
  } else {
    std::printf("rollout '%s': image updated\n", name.c_str());
  }
  return kExitPass;
}

}  // namespace tuesday::cli
