// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <iostream>

#include "app/cli/render/table.h"
#include "app/cli/runs/runs_line.h"
#include "app/cli/workflow/context.h"
#include "app/cli/workflow/show/printer.h"
#include "core/workflow/event/facts.h"
#include "core/workflow/progress/first_error.h"
#include "core/workflow/progress/view.h"

namespace tuesday::cli {
namespace {

constexpr std::size_t kLogBytesMax = 64 << 20;
constexpr std::size_t kSubjectColumns = 40;

Result<std::string> IdOf(const Globals& globals, const std::string& given) {
  if (!given.empty()) return given;
  TRY(const Json answer, Daemon(globals).Get("/v1/runs?namespace=" + UrlEscape(globals.ns)));
  const Json::Array& list = *answer.At("runs").as_array();
  if (list.empty()) return Fail(ErrorCode::kNotFound, fmt::format("There is no run in the namespace {} yet.", globals.ns));
  return list.front().At("id").StringOr("");
}

std::string StateText(const Json& run) {
  const std::string status = run.At("status").StringOr("");
  return status == "done" ? run.At("result").StringOr("") : status == "approval" ? "waits for approval" : status;
}

std::string SignOfRun(const Json& run) {
  if (run.At("status").StringOr("") != "done") return "·";
  return std::string(SignOf(workflow::ResultOf(run.At("result").StringOr(""))).first);
}

std::string AgeOf(const Json& run) {
  const auto at = ParseWall(run.At("created_at").StringOr(""));
  if (!at.has_value()) return "";
  return AgeText(std::chrono::duration<double>(std::chrono::system_clock::now() - *at).count());
}

Result<int> List(const Globals& globals, const RunsOptions& options) {
  std::string path = "/v1/runs?namespace=" + UrlEscape(globals.ns);
  if (!options.repository.empty()) path += "&repository=" + UrlEscape(options.repository);
  if (!options.status.empty()) path += "&status=" + UrlEscape(options.status);
  TRY(const Json answer, Daemon(globals).Get(path));
  if (globals.json) {
    PrintJson(answer);
    return kExitPass;
  }
  Table table({"", "RUN", "REPOSITORY", "WORKFLOW", "EVENT", "REF", "STATE", "AGE", "SUBJECT"});
  for (const Json& run : *answer.At("runs").as_array()) {
    table.Add({SignOfRun(run), run.At("id").StringOr(""), run.At("repository").StringOr(""), run.At("workflow").StringOr(""),
               run.At("event").StringOr(""), workflow::ShortRef(run.At("ref").StringOr("")), StateText(run), AgeOf(run),
               run.At("subject").StringOr("").substr(0, kSubjectColumns)});
  }
  std::cout << (table.empty() ? "There is no run yet: push something.\n" : table.Text());
  return kExitPass;
}

// Calls `use` with the job and each of its steps, those of called workflows too.
template <typename Use>
void ForEachLeg(const Json& jobs, const Use& use) {
  if (jobs.as_array() == nullptr) return;
  for (const Json& job : *jobs.as_array()) {
    for (const Json& leg : *job.At("legs").as_array()) use(job, leg);
    ForEachLeg(job.At("jobs"), use);
  }
}

// What a leg waits for, in one line.
std::string WaitsText(const Json& waits, const std::string& leg) {
  const Json::Array* reasons = waits.At(leg).as_array();
  std::string text;
  for (const Json& reason : reasons == nullptr ? Json::Array() : *reasons)
    text += (text.empty() ? "" : "; ") + reason.StringOr("");
  return text;
}

void AddJobRows(const Json& jobs, const Json& waits, Table& table) {
  if (jobs.as_array() == nullptr) return;
  for (const Json& job : *jobs.as_array()) {
    const auto sign = [](const Json& of) {
      return std::string(SignOf(workflow::ResultOf(of.At("result").StringOr(""))).first);
    };
    if (job.At("legs").as_array()->empty())
      table.Add({sign(job), job.At("id").StringOr(""), "", job.At("result").StringOr(""), job.At("reason").StringOr("")});
    for (const Json& leg : *job.At("legs").as_array()) {
      const std::int64_t took = leg.At("took_ms").IntOr(0);
      const std::string result = leg.At("result").StringOr("");
      table.Add({sign(leg), leg.At("key").StringOr(""), took == 0 ? "" : Printer::TookText(std::chrono::milliseconds(took)),
                 result.empty() ? leg.At("phase").StringOr("") : result,
                 result.empty() ? WaitsText(waits, leg.At("key").StringOr("")) : leg.At("reason").StringOr("")});
    }
    AddJobRows(job.At("jobs"), waits, table);
  }
}

// The first annotation of the failed job that is an error and not the exit code alone, or what its log says.
Result<std::string> FirstError(const Globals& globals, const Json& run) {
  const Json::Array* failed = run.At("failed").as_array();
  if (failed == nullptr || failed->empty()) return std::string();
  const std::string leg = failed->front().At("leg").StringOr("");
  TRY(const std::string log, ReadRunLog(globals, run.At("id").StringOr(""), leg, failed->front().At("number").IntOr(0)));
  const std::string line = workflow::FirstErrorLine(log);
  return line.empty() ? std::string() : leg + ": " + line;
}

Result<void> PrintLogs(const Globals& globals, const RunsOptions& options, const Json& run) {
  std::vector<std::pair<std::string, const Json*>> steps;
  ForEachLeg(run.At("jobs"), [&](const Json& job, const Json& leg) {
    if (!options.job.empty() && options.job != job.At("id").StringOr("") && options.job != leg.At("key").StringOr("")) return;
    for (const Json& step : *leg.At("steps").as_array()) {
      const bool failed = step.At("result").StringOr("") == "failure";
      if (step.At("number").IntOr(0) > 0 && (options.whole_log || failed))
        steps.emplace_back(leg.At("key").StringOr(""), &step);
    }
  });
  for (const auto& [leg, step] : steps) {
    TRY(std::string log, ReadRunLog(globals, run.At("id").StringOr(""), leg, step->At("number").IntOr(0)));
    std::cout << fmt::format("\n{} ▸ {} ({})\n", leg, step->At("name").StringOr(""), step->At("result").StringOr(""));
    std::string_view rest = log;
    while (!rest.empty()) {
      const std::size_t end = rest.find('\n');
      std::cout << workflow::WithoutTime(rest.substr(0, end)) << "\n";
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
  }
  return {};
}

Result<int> View(const Globals& globals, const RunsOptions& options) {
  TRY(const std::string id, IdOf(globals, options.id));
  TRY(Json run, Daemon(globals).Get(RunPath(globals, id)));
  TRY(const std::string error, FirstError(globals, run));
  if (globals.json) {
    run.as_object()->emplace("first_error", error);
    PrintJson(run);
    return kExitPass;
  }
  std::cout << fmt::format("{} run {} ({} #{}, {}) {}\n", SignOfRun(run), id, run.At("workflow").StringOr(""),
                           run.At("number").IntOr(0), run.At("file").StringOr(""), StateText(run));
  std::cout << fmt::format("{} on {} at {} by {}: {}\n", run.At("event").StringOr(""), run.At("ref").StringOr(""),
                           run.At("sha").StringOr("").substr(0, 10), run.At("actor").StringOr(""),
                           run.At("subject").StringOr(""));
  if (const std::int64_t attempt = run.At("attempt").IntOr(1); attempt > 1) std::cout << fmt::format("attempt {}\n", attempt);
  if (const std::string reason = run.At("reason").StringOr(""); !reason.empty()) std::cout << reason << "\n";
  Table table({"", "JOB", "TOOK", "RESULT", "WHY"});
  AddJobRows(run.At("jobs"), run.At("waits"), table);
  if (!table.empty()) std::cout << "\n" << table.Text();
  Table artifacts({"ARTIFACT", "BYTES", "PATH"});
  for (const Json& one : *run.At("artifacts").as_array())
    artifacts.Add({one.At("name").StringOr(""), std::to_string(one.At("bytes").IntOr(0)), one.At("path").StringOr("")});
  if (!artifacts.empty()) std::cout << "\n" << artifacts.Text();
  if (!error.empty()) std::cout << "\nfirst error  " << error << "\n";
  if (options.failed_log || options.whole_log) TRY_OK(PrintLogs(globals, options, run));
  if (!error.empty() && !options.failed_log && !options.whole_log)
    std::cout << fmt::format(
        "logs: tuesday run view {} --log-failed\ngo on at the failed step: tuesday run rerun {} --from-step\n", id, id);
  return kExitPass;
}

Result<int> Watch(const Globals& globals, const RunsOptions& options) {
  TRY(const std::string id, IdOf(globals, options.id));
  return FollowRun(globals, id);
}

Result<int> Began(const Globals& globals, const RunsOptions& options, const Json& answer, const std::string& id) {
  if (options.watch) return FollowRun(globals, id);
  if (globals.json) {
    PrintJson(answer);
  } else {
    std::cout << fmt::format("run {}: tuesday run watch {}\n", id, id);
  }
  return kExitPass;
}

Result<int> Start(const Globals& globals, const RunsOptions& options) {
  TRY(const auto inputs, ReadAssignments(options.inputs, ""));
  Json::Object given;
  for (const auto& [name, value] : inputs) given[name] = Json(value);
  const Json body(Json::Object{{"workflow", options.workflow}, {"ref", options.ref}, {"inputs", Json(std::move(given))}});
  const std::string path =
      fmt::format("/v1/namespaces/{}/repositories/{}/dispatch", UrlEscape(globals.ns), UrlEscape(options.repository));
  TRY(const Json answer, Daemon(globals).Post(path, body));
  return Began(globals, options, answer, answer.At("id").StringOr(""));
}

Result<int> Act(const Globals& globals, const RunsOptions& options, const std::string& verb, const Json& body) {
  TRY(const Json answer, Daemon(globals).Post(RunPath(globals, options.id, "/" + verb), body));
  if (verb != "cancel") return Began(globals, options, answer, options.id);
  if (globals.json) {
    PrintJson(answer);
  } else {
    std::cout << fmt::format("run {} is being cancelled\n", options.id);
  }
  return kExitPass;
}

int CodeOf(const Result<int>& code, const Globals& globals) {
  return code.has_value() ? *code : ReportError(code.error(), globals);
}

Json ReasonJson(const RunsOptions& options) { return Json(Json::Object{{"reason", options.reason}}); }

Result<int> Review(const Globals& globals, const RunsOptions& options, const std::string& state) {
  const Json body(Json::Object{
      {"state", state}, {"environment", options.environment}, {"reason", options.reason}, {"bypass", options.bypass}});
  TRY(const Json answer, Daemon(globals).Post(RunPath(globals, options.id, "/review"), body));
  if (options.watch || globals.json) return Began(globals, options, answer, options.id);
  std::cout << fmt::format("run {} is {}\n", options.id, state);
  return kExitPass;
}

// What it waits for says which approval is meant.
Result<int> Approve(const Globals& globals, const RunsOptions& options) {
  TRY(const Json run, Daemon(globals).Get(RunPath(globals, options.id)));
  if (run.At("status").StringOr("") == "approval") return Act(globals, options, "approve", ReasonJson(options));
  return Review(globals, options, "approved");
}

}  // namespace

std::string RunPath(const Globals& globals, const std::string& id, const std::string& tail) {
  return fmt::format("/v1/namespaces/{}/runs/{}{}", UrlEscape(globals.ns), UrlEscape(id), tail);
}

int ExitCodeOfRun(const Json& run) {
  if (run.At("status").StringOr("") != "done") return kExitNoEvidence;
  const std::string result = run.At("result").StringOr("");
  return result == "success" || result == "skipped" ? kExitPass : kExitFail;
}

Result<std::string> ReadRunLog(const Globals& globals, const std::string& id, const std::string& leg, std::int64_t number) {
  const Daemon daemon(globals);
  std::string log;
  while (log.size() < kLogBytesMax) {
    TRY(const std::string piece,
        daemon.GetText(
            RunPath(globals, id, fmt::format("/log?leg={}&number={}&offset={}", UrlEscape(leg), number, log.size()))));
    if (piece.empty()) break;
    log += piece;
  }
  return log;
}

int RunRunList(const Globals& globals, const RunsOptions& options) { return CodeOf(List(globals, options), globals); }
int RunRunView(const Globals& globals, const RunsOptions& options) { return CodeOf(View(globals, options), globals); }
int RunRunWatch(const Globals& globals, const RunsOptions& options) { return CodeOf(Watch(globals, options), globals); }
int RunRunStart(const Globals& globals, const RunsOptions& options) { return CodeOf(Start(globals, options), globals); }
int RunRunRerun(const Globals& globals, const RunsOptions& options) {
  return CodeOf(Act(globals, options, "rerun", Json(Json::Object{{"from", options.from}})), globals);
}
int RunRunCancel(const Globals& globals, const RunsOptions& options) {
  return CodeOf(Act(globals, options, "cancel", ReasonJson(options)), globals);
}
int RunRunApprove(const Globals& globals, const RunsOptions& options) { return CodeOf(Approve(globals, options), globals); }
int RunRunReject(const Globals& globals, const RunsOptions& options) {
  return CodeOf(Review(globals, options, "rejected"), globals);
}

}  // namespace tuesday::cli
