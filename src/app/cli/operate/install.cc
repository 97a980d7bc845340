// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "adapters/supervise/spawn.h"
#include "app/cli/commands.h"
#include "app/cli/operate/install_plan.h"
#include "app/cli/operate/operate_line.h"
#include "app/cli/operate/run_steps.h"

namespace tuesday::cli {

Result<void> MayChangeMachine(const OperateOptions& options) {
  if (!options.root.empty() || options.dry_run || ::geteuid() == 0) return {};
  return Fail(ErrorCode::kDenied, "Only root may install a service.", "Run it with sudo, or look first: --dry-run.");
}

InstallPlaces PlacesOf(const Globals& globals, const OperateOptions& options) {
  InstallPlaces places;
  places.prefix = options.prefix;
  places.state = globals.state_dir.empty() ? "/var/lib/tuesday" : std::filesystem::absolute(globals.state_dir).string();
  places.program = supervise::OwnProgram();
  places.config = kConfigFile;
  return places;
}

int RunSteps(const Globals& globals, const OperateOptions& options, const std::vector<InstallStep>& steps) {
  Json::Array list;
  bool changed = false;
  for (const InstallStep& step : steps) {
    std::string did;
    if (!options.dry_run) {
      const Result<std::string> done = DoStep(step, options.root, changed);
      if (!done) return ReportError(done.error(), globals);
      did = *done;
      changed = changed || did == "made" || did == "changed";
    }
    if (globals.json) {
      list.emplace_back(Json::Object{{"step", StepText(step)}, {"did", did}, {"text", options.dry_run ? step.text : ""}});
      continue;
    }
    std::printf("%s%s%s\n", StepText(step).c_str(), did.empty() ? "" : ": ", did.c_str());
    const bool is_text = step.kind == InstallStep::Kind::kFile || step.kind == InstallStep::Kind::kDefault;
    if (options.dry_run && is_text) std::printf("%s\n", step.text.c_str());
  }
  if (globals.json) PrintJson(Json(Json::Object{{"steps", std::move(list)}, {"dry_run", options.dry_run}}));
  return kExitPass;
}

int RunInstall(const Globals& globals, const OperateOptions& options,
               const std::function<std::string(const char*)>& completion) {
  if (const Result<void> may = MayChangeMachine(options); !may) return ReportError(may.error(), globals);
  InstallPlaces places = PlacesOf(globals, options);
  places.bash_completion = completion("bash");
  places.zsh_completion = completion("zsh");
  places.fish_completion = completion("fish");
  return RunSteps(globals, options, InstallSteps(places));
}

}  // namespace tuesday::cli
