// SPDX-License-Identifier: Apache-2.0
// Taking objects away again, by name or by the files that gave them.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdio>

#include "app/cli/client/watch.h"
#include "app/cli/commands.h"
#include "app/cli/manifests/manifest_files.h"
#include "app/cli/render/plan.h"
#include "app/cli/render/rollout.h"

namespace tuesday::cli {
namespace {

// As people write kinds: "rollout", "Rollouts", "configmap".
std::string KindOf(const std::string& word) {
  const auto lower = [](std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
  };
  const std::string asked = lower(word);
  for (const char* kind : {"Rollout", "Service", "Ingress", "ConfigMap", "Secret", "AnalysisTemplate",
                           "ClusterAnalysisTemplate", "PrometheusRule"}) {
    const std::string known = lower(kind);
    if (asked == known || asked == known + "s" || asked == known + "es") return kind;
  }
  return word;
}

Result<Json> BodyOf(const Globals& globals, const DeleteOptions& options) {
  Json::Object body{{"namespace", globals.ns}, {"reason", options.reason}};
  if (!options.paths.empty()) {
    if (!options.words.empty()) return Fail(ErrorCode::kInvalid, "Give files or KIND NAME, not both.");
    TRY(const std::vector<ManifestFile> files, ReadManifestFiles(options.paths));
    Json::Array list;
    for (const ManifestFile& file : files) list.emplace_back(Json::Object{{"file", file.path}, {"text", file.text}});
    body["files"] = std::move(list);
    return Json(std::move(body));
  }
  if (options.words.size() < 2) {
    return Fail(ErrorCode::kInvalid, "It is not said what to delete.", "For example: tuesday delete rollout api.");
  }
  Json::Array objects;
  for (std::size_t i = 1; i < options.words.size(); ++i) {
    objects.emplace_back(Json::Object{{"kind", KindOf(options.words[0])}, {"name", options.words[i]}});
  }
  body["objects"] = std::move(objects);
  return Json(std::move(body));
}

// Until the daemon does not know the rollout any more.
int WaitUntilGone(const Globals& globals, const std::string& ns, const std::string& name, const std::string& timeout) {
  Globals scoped = globals;
  scoped.ns = ns;
  std::string last;
  const Result<void> watched = WatchRollout(scoped, name, timeout, [&](const Json& rollout) {
    const std::string line = fmt::format("{}: {}", name, rollout.At("message").StringOr(""));
    if (line != last && !globals.json) std::printf("%s\n", line.c_str());
    std::fflush(stdout);
    last = line;
    return true;
  });
  if (watched.has_value() || watched.error().code != ErrorCode::kNotFound) {
    return watched.has_value() ? kExitPass : ReportError(watched.error(), globals);
  }
  if (!globals.json) std::printf("%s is gone.\n", name.c_str());
  return kExitPass;
}

}  // namespace

int RunDelete(const Globals& globals, const DeleteOptions& options) {
  const Result<Json> body = BodyOf(globals, options);
  if (!body.has_value()) return ReportError(body.error(), globals);
  const Result<Json> deleted = Daemon(globals).Post("/v1/delete", *body);
  if (!deleted.has_value()) return ReportError(deleted.error(), globals);
  globals.json ? PrintJson(*deleted) : static_cast<void>(std::fputs(PlanText(*deleted, PlanMood::kDid).c_str(), stdout));
  std::fflush(stdout);
  if (!options.wait) return kExitPass;
  int exit_code = kExitPass;
  for (const Json& object : ArrayOf(deleted->At("objects"))) {
    if (object.At("kind").StringOr("") != "Rollout" || object.At("change").StringOr("") != "deleted") continue;
    exit_code = std::max(exit_code, WaitUntilGone(globals, object.At("namespace").StringOr(globals.ns),
                                                  object.At("name").StringOr(""), options.timeout));
  }
  return exit_code;
}

}  // namespace tuesday::cli
