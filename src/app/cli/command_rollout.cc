// SPDX-License-Identifier: Apache-2.0
// Looking at rollouts and acting on them.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "app/cli/commands.h"
#include "app/cli/render_rollout.h"
#include "app/cli/table.h"
#include "app/cli/watch.h"

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

int RunSetImage(const Globals& globals, const std::string& name, const std::string& image) {
  const std::size_t equals = image.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == image.size()) {
    return ReportError({ErrorCode::kInvalid, fmt::format("\"{}\" is not CONTAINER=IMAGE.", image),
                        "For example: api=registry.example.com/api:v2."},
                       globals);
  }
  const Json body(Json::Object{{"container", image.substr(0, equals)}, {"image", image.substr(equals + 1)}});
  const Result<Json> answer = Daemon(globals).Post(RolloutPath(globals, name, "/set-image"), body);
  if (!answer.has_value()) return ReportError(answer.error(), globals);
  if (globals.json) {
    PrintJson(*answer);
  } else {
    std::printf("rollout '%s': image updated\n", name.c_str());
  }
  return kExitPass;
}

int RunWhy(const Globals& globals, const std::string& name) {
  const Result<Json> rollout = Daemon(globals).Get(RolloutPath(globals, name));
  if (!rollout.has_value()) return ReportError(rollout.error(), globals);
  globals.json ? PrintJson(*rollout) : static_cast<void>(std::fputs(WhyText(*rollout).c_str(), stdout));
  return kExitPass;
}

}  // namespace tuesday::cli
