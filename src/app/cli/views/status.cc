// SPDX-License-Identifier: Apache-2.0
// All rollouts, the disk, the edge, the last rollback.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>

#include "app/cli/commands.h"
#include "app/cli/render/rollout.h"
#include "app/cli/render/table.h"

namespace tuesday::cli {
namespace {

std::string StepText(const Json& rollout) {
  if (rollout.At("deleting").BoolOr(false)) return rollout.At("message").StringOr("");
  const Json& step = rollout.At("step");
  const std::string text = step.At("text").StringOr("");
  return text.empty() ? rollout.At("phase").StringOr("")
                      : fmt::format("{}/{} {}", step.At("index").IntOr(0), step.At("count").IntOr(0), text);
}

std::string MegabytesText(std::int64_t bytes) { return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20)); }

std::string NameText(const Json& rollout, bool all_namespaces) {
  const std::string name = rollout.At("name").StringOr("");
  return all_namespaces ? rollout.At("namespace").StringOr("") + "/" + name : name;
}

std::string EmptyText(const Json& counts) {
  return counts.At("total").IntOr(0) == 0 ? "No rollouts. Begin with: tuesday apply -f FILE\n"
                                          : "No rollouts in these phases.\n";
}

// "300 rollouts: 1 degraded, 2 paused, 5 progressing, 292 healthy; 2 need a person"
std::string CountsText(const Json& status) {
  const Json& counts = status.At("counts");
  const std::int64_t total = counts.At("total").IntOr(0);
  if (total == 0) return {};
  std::string text = fmt::format("{} {}: ", total, total == 1 ? "rollout" : "rollouts");
  std::string_view before;
  for (const char* phase : {"degraded", "paused", "progressing", "healthy"}) {
    if (counts.At(phase).IntOr(0) == 0) continue;
    text += fmt::format("{}{} {}", before, counts.At(phase).IntOr(0), phase);
    before = ", ";
  }
  const std::int64_t waiting = counts.At("needs_person").IntOr(0);
  if (waiting > 0) text += fmt::format("; {} {} a person", waiting, waiting == 1 ? "needs" : "need");
  const std::int64_t left_out = status.At("left_out").IntOr(0);
  if (left_out > 0) text += fmt::format("; {} more rows with --limit, fewer with --phase or -n", left_out);
  return text + "\n";
}

std::string StatusText(const Json& status, bool all_namespaces) {
  std::vector<std::string> head = {"NAME", "REV", "WEIGHT", "STEP", "INSTANCES", "GATE", "SINCE"};
  if (all_namespaces) head.insert(head.begin(), "NAMESPACE");
  Table table(head);
  std::string trouble;
  for (const Json& rollout : ArrayOf(status.At("rollouts"))) {
    std::vector<std::string> row = {
        rollout.At("name").StringOr(""),
        std::to_string(rollout.At("number").IntOr(0)),
        PermilleText(rollout.At("share_permille").IntOr(0)),
        StepText(rollout),
        fmt::format("{}/{}", rollout.At("replicas").At("ready").IntOr(0), rollout.At("replicas").At("current").IntOr(0)),
        rollout.At("gate").StringOr("").empty() ? "-" : rollout.At("gate").StringOr(""),
        AgeText(rollout.At("since_seconds").NumberOr(0))};
    if (all_namespaces) row.insert(row.begin(), rollout.At("namespace").StringOr(""));
    table.Add(std::move(row));
    const std::string held = rollout.At("trouble").StringOr("");
    trouble += NotReadyText(rollout);
    if (!held.empty()) trouble += fmt::format("held: {}: {}\n", NameText(rollout, all_namespaces), held);
  }
  std::string text = table.empty() ? EmptyText(status.At("counts")) : table.Text();
  text += trouble + CountsText(status);
  const Json& disk = status.At("disk");
  const Json& growth = disk.At("growth_bytes_per_day");
  text += fmt::format(
      "disk: state {}, metrics {}, blobs {}, logs {}, free {}; {}\n", MegabytesText(disk.At("state_bytes").IntOr(0)),
      MegabytesText(disk.At("metrics_bytes").IntOr(0)), MegabytesText(disk.At("blobs_bytes").IntOr(0)),
      MegabytesText(disk.At("logs_bytes").IntOr(0)), MegabytesText(disk.At("free_bytes").IntOr(0)),
      growth.is_null() ? "what a day adds is not known yet" : fmt::format("a day adds {}", MegabytesText(growth.IntOr(0))));
  for (const char* part : {"store", "edge", "workloads"}) {
    const std::string said = status.At(part).StringOr("");
    text += fmt::format("{}: {}\n", part, said.empty() ? "well" : said);
  }
  const Json& configuration = status.At("configuration");
  const std::string untaken = configuration.At("trouble").StringOr("");
  if (!untaken.empty()) {
    text += fmt::format("settings: {} was read again and not taken, those from {} hold:\n{}\n",
                        configuration.At("file").StringOr(""), configuration.At("taken_at").StringOr(""), untaken);
  }
  for (const Json& key : ArrayOf(configuration.At("waits_for_start")))
    text += fmt::format("settings: {} waits for a start of the daemon\n", key.StringOr(""));
  for (const Json& orphan : ArrayOf(status.At("orphans"))) {
    const std::string instance = orphan.At("instance").StringOr("");
    text += fmt::format("orphan: {} of {}/{}: {}\n", instance.empty() ? "the route" : instance,
                        orphan.At("namespace").StringOr(""), orphan.At("rollout").StringOr(""),
                        orphan.At("origin").StringOr("") == "deleted" ? "its rollout was deleted, it is being stopped"
                                                                      : "this state knows no such rollout, it is left alone");
  }
  const Json& rollback = status.At("last_rollback");
  if (!rollback.is_null())
    text += fmt::format("last rollback: {} {}\n", rollback.At("at").StringOr(""), rollback.At("message").StringOr(""));
  return text;
}

}  // namespace

int RunStatus(const Globals& globals, const StatusOptions& options) {
  std::string query = options.all_namespaces ? "" : "&namespace=" + UrlEscape(globals.ns);
  if (!options.phases.empty()) query += "&phase=" + UrlEscape(fmt::format("{}", fmt::join(options.phases, ",")));
  if (options.limit > 0) query += fmt::format("&limit={}", options.limit);
  if (!query.empty()) query.front() = '?';
  const Result<Json> status = Daemon(globals).Get("/v1/status" + query);
  if (!status.has_value()) return ReportError(status.error(), globals);
  globals.json ? PrintJson(*status)
               : static_cast<void>(std::fputs(StatusText(*status, options.all_namespaces).c_str(), stdout));
  return kExitPass;
}

}  // namespace tuesday::cli
