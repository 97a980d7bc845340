// SPDX-License-Identifier: Apache-2.0
// What the daemon knows: status, images, the journal, metrics.
#include <fmt/format.h>

#include <cstdio>

#include "app/cli/commands.h"
#include "app/cli/render_rollout.h"
#include "app/cli/table.h"
#include "base/time.h"

namespace tuesday::cli {
namespace {

std::string StepText(const Json& rollout) {
  const Json& step = rollout.At("step");
  const std::string text = step.At("text").StringOr("");
  return text.empty() ? rollout.At("phase").StringOr("")
                      : fmt::format("{}/{} {}", step.At("index").IntOr(0), step.At("count").IntOr(0), text);
}

std::string MegabytesText(std::int64_t bytes) { return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20)); }

std::string StatusText(const Json& status, bool all_namespaces) {
  std::vector<std::string> head = {"NAME", "REV", "WEIGHT", "STEP", "INSTANCES", "GATE", "SINCE"};
  if (all_namespaces) head.insert(head.begin(), "NAMESPACE");
  Table table(head);
  std::string trouble;
  for (const Json& rollout : ArrayOf(status.At("rollouts"))) {
    std::vector<std::string> row = {
        rollout.At("name").StringOr(""),
        std::to_string(rollout.At("number").IntOr(0)),
        PermilleText(rollout.At("weight_permille").IntOr(0)),
        StepText(rollout),
        fmt::format("{}/{}", rollout.At("replicas").At("ready").IntOr(0), rollout.At("replicas").At("current").IntOr(0)),
        rollout.At("gate").StringOr("").empty() ? "-" : rollout.At("gate").StringOr(""),
        AgeText(rollout.At("since_seconds").NumberOr(0))};
    if (all_namespaces) row.insert(row.begin(), rollout.At("namespace").StringOr(""));
    table.Add(std::move(row));
    const std::string held = rollout.At("trouble").StringOr("");
    if (!held.empty()) trouble += fmt::format("held: {}: {}\n", rollout.At("name").StringOr(""), held);
  }
  std::string text = table.empty() ? "No rollouts. Begin with: tuesday apply -f FILE\n" : table.Text();
  text += trouble;
  const Json& disk = status.At("disk");
  text += fmt::format("disk: state {}, metrics {}, free {}\n", MegabytesText(disk.At("state_bytes").IntOr(0)),
                      MegabytesText(disk.At("metrics_bytes").IntOr(0)), MegabytesText(disk.At("free_bytes").IntOr(0)));
  for (const char* part : {"store", "edge", "workloads"}) {
    const std::string said = status.At(part).StringOr("");
    text += fmt::format("{}: {}\n", part, said.empty() ? "well" : said);
  }
  const Json& rollback = status.At("last_rollback");
  if (!rollback.is_null())
    text += fmt::format("last rollback: {} {}\n", rollback.At("at").StringOr(""), rollback.At("message").StringOr(""));
  return text;
}

}  // namespace

int RunStatus(const Globals& globals, bool all_namespaces) {
  const Result<Json> status =
      Daemon(globals).Get("/v1/status" + (all_namespaces ? std::string() : "?namespace=" + UrlEscape(globals.ns)));
  if (!status.has_value()) return ReportError(status.error(), globals);
  globals.json ? PrintJson(*status) : static_cast<void>(std::fputs(StatusText(*status, all_namespaces).c_str(), stdout));
  return kExitPass;
}

int RunImageBind(const Globals& globals, const std::string& reference, const std::string& source) {
  const Result<Json> bound =
      Daemon(globals).Post("/v1/images", Json(Json::Object{{"reference", reference}, {"source", source}}));
  if (!bound.has_value()) return ReportError(bound.error(), globals);
  if (globals.json) {
    PrintJson(*bound);
  } else {
    std::printf("%s is artifact %s from now on\n", reference.c_str(), bound->At("digest").StringOr("").c_str());
  }
  return kExitPass;
}

int RunImageList(const Globals& globals) {
  const Result<Json> images = Daemon(globals).Get("/v1/images");
  if (!images.has_value()) return ReportError(images.error(), globals);
  if (globals.json) {
    PrintJson(*images);
    return kExitPass;
  }
  Table table({"IMAGE", "ARTIFACT", "SOURCE", "BOUND", "BY"});
  for (const Json& image : ArrayOf(images->At("images"))) {
    table.Add({image.At("reference").StringOr(""), image.At("digest").StringOr("").substr(0, 12),
               image.At("source").StringOr(""), image.At("bound_at").StringOr(""), image.At("by").StringOr("")});
  }
  std::fputs(table.Text().c_str(), stdout);
  return kExitPass;
}

int RunAuditLog(const Globals& globals, const AuditOptions& options) {
  std::string path = fmt::format("/v1/audit?after={}&limit={}", options.after, options.limit);
  if (!options.rollout.empty())
    path += fmt::format("&namespace={}&rollout={}", UrlEscape(globals.ns), UrlEscape(options.rollout));
  if (options.verify) path += "&verify=1";
  const Result<Json> log = Daemon(globals).Get(path);
  if (!log.has_value()) return ReportError(log.error(), globals);
  if (globals.json) {
    PrintJson(*log);
    return kExitPass;
  }
  for (const Json& entry : ArrayOf(log->At("entries"))) {
    const Json& object = entry.At("object");
    std::printf("%6lld %s %s/%s %s: %s\n", static_cast<long long>(entry.At("number").IntOr(0)),
                entry.At("time").StringOr("").c_str(), object.At("namespace").StringOr("").c_str(),
                object.At("name").StringOr("").c_str(), entry.At("kind").StringOr("").c_str(),
                entry.At("message").StringOr("").c_str());
  }
  if (options.verify) std::puts("The journal is whole: numbers without gaps, every hash right.");
  return kExitPass;
}

int RunQuery(const Globals& globals, const QueryOptions& options) {
  std::string path = "/prometheus/api/v1/query?query=" + UrlEscape(options.expression);
  if (!options.time.empty()) path += "&time=" + UrlEscape(options.time);
  const Result<Json> answer = Daemon(globals).Get(path);
  if (!answer.has_value()) return ReportError(answer.error(), globals);
  if (globals.json) {
    PrintJson(*answer);
    return kExitPass;
  }
  const Json& data = answer->At("data");
  const Json& result = data.At("result");
  const std::string type = data.At("resultType").StringOr("");
  if (type == "scalar" || type == "string") {
    const Json::Array& pair = ArrayOf(result);
    std::printf("%s: %s\n", type.c_str(), pair.size() == 2 ? pair[1].StringOr("").c_str() : "");
    return kExitPass;
  }
  for (const Json& series : ArrayOf(result)) {
    std::printf("%s", series.At("text").StringOr("").c_str());
    if (type == "vector") {
      const Json::Array& pair = ArrayOf(series.At("value"));
      std::printf(" => %s", pair.size() == 2 ? pair[1].StringOr("").c_str() : "");
    }
    for (const Json& point : ArrayOf(series.At("values"))) {
      const Json::Array& pair = ArrayOf(point);
      if (pair.size() == 2) std::printf("\n  %s @[%.3f]", pair[1].StringOr("").c_str(), pair[0].NumberOr(0));
    }
    std::printf("\n");
  }
  return ArrayOf(result).empty() ? kExitNoEvidence : kExitPass;
}

}  // namespace tuesday::cli
