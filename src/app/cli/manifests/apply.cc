// SPDX-License-Identifier: Apache-2.0
// Giving manifests to the daemon, and asking what it would do with them.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "app/cli/client/follow.h"
#include "app/cli/commands.h"
#include "app/cli/manifests/manifest_files.h"
#include "app/cli/render/plan.h"
#include "app/cli/render/table.h"

namespace tuesday::cli {
namespace {

Result<Json> Send(const Globals& globals, const ApplyOptions& options, const std::string& path) {
  TRY(const std::vector<ManifestFile> files, ReadManifestFiles(options.paths));
  Json::Array list;
  for (const ManifestFile& file : files) list.emplace_back(Json::Object{{"file", file.path}, {"text", file.text}});
  return Daemon(globals).Post(
      path, Json(Json::Object{{"namespace", globals.ns}, {"files", std::move(list)}, {"reason", options.reason}}));
}

}  // namespace

int RunPlan(const Globals& globals, const ApplyOptions& options) {
  const Result<Json> plan = Send(globals, options, "/v1/plan");
  if (!plan.has_value()) return ReportError(plan.error(), globals);
  globals.json ? PrintJson(*plan) : static_cast<void>(std::fputs(PlanText(*plan, PlanMood::kWould).c_str(), stdout));
  return kExitPass;
}

int RunApply(const Globals& globals, const ApplyOptions& options) {
  const Result<Json> applied = Send(globals, options, "/v1/apply");
  if (!applied.has_value()) return ReportError(applied.error(), globals);
  if (globals.json && !options.wait) PrintJson(*applied);
  if (!globals.json) std::fputs(PlanText(*applied, PlanMood::kDid).c_str(), stdout);
  std::fflush(stdout);
  if (!options.wait) return kExitPass;
  int exit_code = kExitPass;
  const Json::Array* rollouts = applied->At("rollouts").as_array();
  if (rollouts == nullptr) return exit_code;
  for (const Json& plan : *rollouts) {
    if (plan.At("move").StringOr("") == "settings") continue;
    exit_code = std::max(exit_code, FollowToVerdict(globals, plan, options.timeout));
  }
  return exit_code;
}

}  // namespace tuesday::cli
