// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdio>
#include <cstring>
#include <filesystem>

#include "adapters/files/file_lock.h"
#include "app/cli/operate/run_steps.h"

namespace tuesday::cli {
namespace {

// Whether something runs from the state: it must not lose the ground under its feet.
bool IsInUse(const std::string& state) {
  if (files::FileLock::IsHeld(state + "/edge/lock")) return true;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(state + "/instances", failed)) {
    if (files::FileLock::IsHeld(entry.path().string() + "/lock")) return true;
  }
  return false;
}

bool IsConfirmed(const std::string& state) {
  std::fprintf(stderr, "Remove %s with its journal, metrics and secrets? Type yes: ", state.c_str());
  char answer[16] = {};
  return std::fgets(answer, sizeof answer, stdin) != nullptr && std::strcmp(answer, "yes\n") == 0;
}

}  // namespace

int RunUninstall(const Globals& globals, const OperateOptions& options) {
  if (const Result<void> may = MayChangeMachine(options); !may) return ReportError(may.error(), globals);
  const InstallPlaces places = PlacesOf(globals, options);
  std::vector<InstallStep> steps = UninstallSteps(places);
  if (options.purge) {
    const std::string state = options.root + places.state;
    if (IsInUse(state)) {
      return ReportError(
          {ErrorCode::kConflict, fmt::format("Services or the edge still run from {}; nothing was changed.", state),
           "Without --purge they go on. To end them: tuesday delete rollout NAME --wait, for each."},
          globals);
    }
    if (!options.dry_run && !options.yes && !IsConfirmed(state)) {
      return ReportError({ErrorCode::kConflict, "Nothing was changed.", "Answer yes, or give --yes."}, globals);
    }
    for (const std::string& path : {places.config.substr(0, places.config.rfind('/')), places.state}) {
      steps.push_back({.kind = InstallStep::Kind::kRemove, .path = path, .text = {}, .mode = 0, .argv = {}});
    }
  }
  return RunSteps(globals, options, steps);
}

}  // namespace tuesday::cli
