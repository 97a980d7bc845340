// SPDX-License-Identifier: Apache-2.0
// One rollout as a tree, and all of them as a list.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "app/cli/client/watch.h"
#include "app/cli/commands.h"
#include "app/cli/render/rollout.h"
#include "app/cli/render/table.h"

namespace tuesday::cli {
namespace {

// Clears the screen and draws, on a terminal; appends elsewhere.
void Draw(const std::string& text) {
  if (isatty(STDOUT_FILENO) != 0) std::fputs("\033[H\033[2J", stdout);
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace

int RunRolloutGet(const Globals& globals, const GetOptions& options) {
  const Daemon daemon(globals);
  if (!options.watch) {
    const Result<Json> rollout = daemon.Get(RolloutPath(globals, options.name));
    if (!rollout.has_value()) return ReportError(rollout.error(), globals);
    if (globals.json) {
      PrintJson(*rollout);
    } else {
      std::fputs(RolloutTree(*rollout).c_str(), stdout);
    }
    return kExitPass;
  }
  const Result<void> watched = WatchRollout(globals, options.name, "", [&](const Json& rollout) {
    globals.json ? PrintJson(rollout) : Draw(RolloutTree(rollout));
    return true;
  });
  return watched.has_value() ? kExitPass : ReportError(watched.error(), globals);
}

int RunRolloutList(const Globals& globals, bool all_namespaces) {
  const Result<Json> list =
      Daemon(globals).Get(all_namespaces ? "/v1/rollouts" : "/v1/namespaces/" + UrlEscape(globals.ns) + "/rollouts");
  if (!list.has_value()) return ReportError(list.error(), globals);
  if (globals.json) {
    PrintJson(*list);
    return kExitPass;
  }
  std::vector<std::string> head = {"NAME",  "STRATEGY", "STATUS",     "STEP",     "SET-WEIGHT",
                                   "READY", "DESIRED",  "UP-TO-DATE", "AVAILABLE"};
  if (all_namespaces) head.insert(head.begin(), "NAMESPACE");
  Table table(head);
  for (const Json& rollout : ArrayOf(list->At("rollouts"))) {
    const Json& replicas = rollout.At("replicas");
    const auto count = [&](const char* key) { return std::to_string(replicas.At(key).IntOr(0)); };
    std::vector<std::string> row = {
        rollout.At("name").StringOr(""),
        rollout.At("strategy").StringOr(""),
        rollout.At("phase").StringOr(""),
        fmt::format("{}/{}", rollout.At("step").At("index").IntOr(0), rollout.At("step").At("count").IntOr(0)),
        PermilleText(rollout.At("set_weight_permille").IntOr(0)),
        fmt::format("{}/{}", count("ready"), count("desired")),
        count("desired"),
        count("updated"),
        count("available")};
    if (all_namespaces) row.insert(row.begin(), rollout.At("namespace").StringOr(""));
    table.Add(std::move(row));
  }
  std::fputs(table.Text().c_str(), stdout);
  return kExitPass;
}

}  // namespace tuesday::cli
