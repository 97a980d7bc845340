// SPDX-License-Identifier: Apache-2.0
// `tuesday workflow run`: the workflow here, from the working tree, in sandboxes of this machine.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <iostream>

#include "adapters/files/files.h"
#include "adapters/git/git.h"
#include "app/cli/render/table.h"
#include "app/cli/workflow/context.h"
#include "app/cli/workflow/known.h"
#include "app/cli/workflow/local/dry_run.h"
#include "app/cli/workflow/local/local_run.h"
#include "app/cli/workflow/local/run_numbers.h"
#include "app/cli/workflow/options.h"
#include "app/cli/workflow/shell/terminal.h"
#include "app/cli/workflow/show/printer.h"
#include "app/cli/workflow/workflows.h"
#include "control/runs/run_spec.h"

namespace tuesday::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSourceInside = "/opt/tuesday/source.git";
constexpr std::string_view kObjectsInside = "/opt/tuesday/objects";

// What runs here say they are. Every image label of GitHub's own Linux runners is taken for this machine.
const std::vector<std::string> kLabels = {"ubuntu-latest", "ubuntu-22.04", "ubuntu-24.04", "ubuntu-slim",
                                          "self-hosted",   "linux",        "x64",          "tuesday"};

Json JobsJson(const workflow::GraphState& graph) {
  Json::Array jobs;
  for (const workflow::JobState& job : graph.jobs) {
    Json::Array legs;
    for (const workflow::LegState& leg : job.legs) {
      Json::Object outputs;
      for (const auto& [key, value] : leg.outputs) outputs[key] = Json(value);
      legs.emplace_back(Json::Object{{"key", Json(leg.key)},
                                     {"name", Json(leg.name)},
                                     {"result", Json(ResultText(leg.result))},
                                     {"reason", Json(leg.reason)},
                                     {"outputs", Json(std::move(outputs))}});
    }
    jobs.emplace_back(Json::Object{{"id", Json(job.id)},
                                   {"result", Json(ResultText(job.result))},
                                   {"reason", Json(job.reason)},
                                   {"legs", Json(std::move(legs))}});
  }
  return Json(std::move(jobs));
}

Json ArtifactsJson(const LocalRun& run, const runs::RunRecord& record) {
  Json::Array list;
  for (const services::Artifact& artifact : run.ArtifactsOf(record)) {
    list.emplace_back(Json::Object{{"id", Json(artifact.id)},
                                   {"name", Json(artifact.name)},
                                   {"bytes", Json(artifact.bytes)},
                                   {"digest", Json(artifact.digest)},
                                   {"path", Json(run.ContentPath(artifact))}});
  }
  return Json(std::move(list));
}

std::string ArtifactsText(const LocalRun& run, const runs::RunRecord& record) {
  Table table({"ARTIFACT", "BYTES", "PATH"});
  const std::vector<services::Artifact> artifacts = run.ArtifactsOf(record);
  for (const services::Artifact& artifact : artifacts)
    table.Add({artifact.name, std::to_string(artifact.bytes), run.ContentPath(artifact)});
  return artifacts.empty() ? "" : "\n" + table.Text();
}

// Says nothing while the run goes on: the answer is one object.
class Silent : public RunWatcher {
 public:
  void Told(const Change&) override {}
  void Logged(const std::string&, int, std::string_view) override {}
};

std::string MatrixJson(const std::vector<std::string>& words) {
  if (words.empty()) return "";
  Json::Object object;
  for (const std::string& word : words) {
    const std::size_t colon = word.find(':');
    if (colon != std::string::npos) object[word.substr(0, colon)] = Json(word.substr(colon + 1));
  }
  return CanonicalJson(Json(std::move(object)));
}

// The run's own repository as files, where a workflow names actions of it.
std::string OwnFolder(const RunNumber& number) { return number.folder + "/own"; }

Result<void> UnpackOwn(const git::Snapshot& snapshot, const std::string& folder) {
  TRY_OK(files::MakeFolders(folder));
  const git::GitOptions at{.folder = folder, .environment = {{"GIT_INDEX_FILE", folder + ".index"}}};
  TRY_OK(git::RunGit({"--git-dir=" + snapshot.folder, "--work-tree=" + folder, "checkout", "--force", snapshot.sha, "--", "."},
                     at));
  return {};
}

Result<runs::RunRecord> MakeRecord(const WorkflowOptions& options, const LocalWorkflow& local, const RunNumber& number,
                                   const std::string& root, ActionNeeds needs) {
  TRY(const git::Snapshot snapshot, git::TakeSnapshot(root, number.folder + "/source.git"));
  runs::RunRecord record;
  record.id = number.id;
  TRY(const RunContext context, ContextOf(options, local, snapshot, number.id, number.number));
  record.files = local.files;
  record.github = context.github;
  record.inputs = context.inputs;
  record.vars = context.vars;
  record.labels = kLabels;
  record.jobs = options.jobs;
  record.matrix_only = MatrixJson(options.matrix);
  record.debug = options.debug;
  record.offline = options.offline;
  const std::string name = snapshot.repository.substr(snapshot.repository.find('/') + 1);
  record.paths.workspace = fmt::format("/home/runner/work/{}/{}", name, name);
  record.paths.source = kSourceInside;
  record.mounts = std::move(needs.mounts);
  if (needs.own) {
    TRY_OK(UnpackOwn(snapshot, OwnFolder(number)));
    record.mounts.push_back({OwnFolder(number), std::string(actions::kOwnInside)});
  }
  record.mounts.push_back({snapshot.folder, std::string(kSourceInside)});
  if (!snapshot.objects.empty()) {
    record.mounts.push_back({snapshot.objects, std::string(kObjectsInside)});
    TRY_OK(git::BorrowFrom(snapshot, std::string(kObjectsInside)));
  }
  const std::string event = number.folder + "/event.json";
  TRY_OK(files::WriteFileDurably(event, context.event, 0644));
  record.mounts.push_back({event, record.paths.event_file});
  if (options.bind) record.workspace_host = fs::absolute(root).string();
  return record;
}

bool FiresOn(const LocalWorkflow& local, const std::string& event) {
  return std::any_of(local.triggers.begin(), local.triggers.end(), [&](const auto& trigger) { return trigger.event == event; });
}

Result<LocalWorkflow> ChooseWorkflow(const std::string& root, const WorkflowOptions& options,
                                     const actions::KnownActions& known) {
  WorkflowErrors errors;
  auto workflows = ReadWorkflows(root, options.file, errors, &known);
  for (const std::string& line : errors.lines) std::cerr << line << "\n";
  if (!workflows) return std::unexpected(workflows.error());
  const std::string event = options.event.empty() ? "push" : options.event;
  if (options.file.empty()) std::erase_if(*workflows, [&](const LocalWorkflow& local) { return !FiresOn(local, event); });
  if (workflows->empty()) return Fail(ErrorCode::kNotFound, fmt::format("No workflow here runs on {}.", event));
  if (workflows->size() > 1) {
    std::string names;
    for (const LocalWorkflow& local : *workflows) names += "\n  " + local.name;
    return Fail(ErrorCode::kInvalid, fmt::format("{} workflows run on {}:{}", workflows->size(), event, names),
                "Name one of them.");
  }
  LocalWorkflow chosen = std::move(workflows->front());
  for (const std::string& job : options.jobs) {
    const bool is_known = std::any_of(chosen.workflow.jobs.begin(), chosen.workflow.jobs.end(),
                                      [&](const auto& one) { return one.id.text == job; });
    if (!is_known) return Fail(ErrorCode::kNotFound, fmt::format("{} has no job '{}'.", chosen.name, job));
  }
  return chosen;
}

std::size_t WidthOf(const workflow::Workflow& workflow) {
  std::size_t width = 0;
  for (const workflow::Job& job : workflow.jobs)
    width = std::max(width, job.id.text.size() + (job.strategy.has_value() ? 2 : 0));
  return width;
}

int ExitCodeOfRun(const workflow::RunState& state) {
  return state.result == workflow::RunResult::kSuccess || state.result == workflow::RunResult::kSkipped ? kExitPass : kExitFail;
}

std::string RunsFolder(const Globals& globals) { return fs::absolute(LocalRunsFolder(globals)).string(); }

void AddFailedLegs(const workflow::GraphState& graph, std::vector<std::string>& legs) {
  for (const workflow::JobState& job : graph.jobs) {
    for (const workflow::LegState& leg : job.legs) {
      if (leg.result != workflow::RunResult::kSuccess && !leg.frames.empty()) legs.push_back(leg.key);
      for (const workflow::GraphState& called : leg.called) AddFailedLegs(called, legs);
    }
  }
}

// Where the files of failed jobs are: what is mended there is what the step finds when it is tried again.
void TellHowToGoOn(const LocalRun& run) {
  const auto last = run.LastAttempt();
  if (!last.has_value() || !last->has_value()) return;
  std::vector<std::string> legs;
  AddFailedLegs((*last)->state.graph, legs);
  for (const std::string& leg : legs) std::cout << fmt::format("files of {}: {}\n", leg, run.WorkspaceOf((*last)->record, leg));
  if (!legs.empty()) std::cout << "go on at the failed step: tuesday workflow run --from-step\n";
}

// Plays the run before the eyes of people, or silently for programs.
Result<int> Watch(const Globals& globals, const std::string& title, std::size_t width, const runs::RunRecord& record,
                  const LocalRun& run, const std::function<Result<workflow::RunState>(RunWatcher&)>& play) {
  if (globals.json) {
    Silent silent;
    TRY(const workflow::RunState end, play(silent));
    PrintJson(Json(Json::Object{{"run", Json(record.id)},
                                {"workflow", Json(record.files.front().name)},
                                {"result", Json(ResultText(end.result))},
                                {"reason", Json(end.reason)},
                                {"jobs", JobsJson(end.graph)},
                                {"artifacts", ArtifactsJson(run, record)}}));
    return ExitCodeOfRun(end);
  }
  Printer printer(::isatty(STDOUT_FILENO) == 1 ? Colour::kTerminal : Colour::kNever, width);
  std::cout << fmt::format("{} ({}), run {}\n", title, record.files.front().name, record.id);
  TRY(const workflow::RunState end, play(printer));
  std::cout << printer.Summary(end) << ArtifactsText(run, record);
  if (ExitCodeOfRun(end) != kExitPass) TellHowToGoOn(run);
  return ExitCodeOfRun(end);
}

// One that still runs in another process holds its folder, and is passed over.
Result<int> GoOn(const Globals& globals, const WorkflowOptions& options) {
  TRY(const auto secrets, ReadSecrets(options));
  TRY(auto known, KnownFor(globals, RepositoryRoot().value_or(".")));
  for (const RunNumber& number : KnownRuns(RunsFolder(globals))) {
    known.SetOwn(OwnFolder(number));
    const auto run = LocalRun::Open(number.folder, secrets, known);
    if (!run.has_value()) continue;
    TRY(const std::optional<runs::RunRecord> record, (*run)->Unfinished());
    if (!record.has_value()) continue;
    if (options.shell_on_failure) (*run)->OfferShell();
    TRY(const workflow::RunSpec spec, control::SpecOf(*record, expression::Value()));
    const std::string title = spec.workflow.name.has_value() ? spec.workflow.name->ScalarText() : record->files.front().name;
    return Watch(globals, title, WidthOf(spec.workflow), *record, **run,
                 [&](RunWatcher& watcher) { return (*run)->Continue(*record, watcher); });
  }
  return Fail(ErrorCode::kNotFound, "No run on this machine was left before its end.");
}

// The files of the working tree are those of the attempt before: what failed is tried again as it was.
Result<int> ResumeLast(const Globals& globals, const WorkflowOptions& options) {
  TRY(const auto secrets, ReadSecrets(options));
  const std::string root = RepositoryRoot().value_or(".");
  TRY(auto known, KnownFor(globals, root));
  for (const RunNumber& number : KnownRuns(RunsFolder(globals))) {
    known.SetOwn(OwnFolder(number));
    const auto run = LocalRun::Open(number.folder, secrets, known);
    if (!run.has_value()) continue;
    TRY(std::optional<LocalRun::Attempt> last, (*run)->LastAttempt());
    if (!last.has_value()) continue;
    if (last->state.phase != workflow::RunPhase::kDone)
      return Fail(ErrorCode::kConflict, fmt::format("The run {} has not ended.", last->record.id), "Go on with it: --continue");
    if (last->state.result == workflow::RunResult::kSuccess)
      return Fail(ErrorCode::kConflict, fmt::format("The last run, {}, has passed.", last->record.id));
    if (options.shell_on_failure) (*run)->OfferShell();
    TRY(const workflow::RunSpec spec, control::SpecOf(last->record, expression::Value()));
    TRY(const ActionNeeds needs, NeedsOf(known, root, spec.workflow.jobs, last->record.jobs));
    for (const runs::ReadMount& mount : needs.mounts) {
      if (std::ranges::find(last->record.mounts, mount) == last->record.mounts.end()) last->record.mounts.push_back(mount);
    }
    const auto from = options.resume == "failed-step" ? workflow::ResumeFrom::kFailedStep : workflow::ResumeFrom::kFailedJobs;
    return Watch(globals, spec.workflow.name.has_value() ? spec.workflow.name->ScalarText() : last->record.files.front().name,
                 WidthOf(spec.workflow), last->record, **run,
                 [&](RunWatcher& watcher) { return (*run)->Resume(*last, from, watcher); });
  }
  return Fail(ErrorCode::kNotFound, "There is no run on this machine yet.");
}

Result<void> CheckTerminal(const Globals& globals, const WorkflowOptions& options) {
  if (!options.shell_on_failure) return {};
  if (globals.json)
    return Fail(ErrorCode::kInvalid, "--shell-on-failure and --json do not go together.", "Leave one of them out.");
  if (HasTerminal()) return {};
  return Fail(ErrorCode::kInvalid, "--shell-on-failure needs a terminal at standard input and output.",
              "Without one: go on at the failed step with --from-step, after mending the files that the summary names.");
}

Result<int> RunHere(const Globals& globals, const WorkflowOptions& options) {
  TRY_OK(CheckTerminal(globals, options));
  if (!options.resume.empty()) return ResumeLast(globals, options);
  if (options.go_on) return GoOn(globals, options);
  const Result<std::string> found = RepositoryRoot();
  if (!found.has_value() && options.file.empty()) return std::unexpected(found.error());
  const std::string root = found.value_or(".");
  TRY(actions::KnownActions known, KnownFor(globals, root));
  TRY(const LocalWorkflow local, ChooseWorkflow(root, options, known));
  TRY(auto secrets, ReadSecrets(options));
  ActionNeeds needs;
  if (!options.dry_run) {
    TRY(needs, NeedsOf(known, root, local.workflow.jobs, options.jobs));
  }
  TRY(const RunNumber number, TakeRunNumber(RunsFolder(globals)));
  TRY(const runs::RunRecord record, MakeRecord(options, local, number, root, std::move(needs)));
  known.SetOwn(options.dry_run ? root : OwnFolder(number));
  if (options.dry_run) {
    TRY(const std::string text, DryRun(record, secrets, root, known));
    std::cout << text;
    return kExitPass;
  }
  TRY(auto run, LocalRun::Open(number.folder, std::move(secrets), known));
  if (options.shell_on_failure) run->OfferShell();
  return Watch(globals, local.Title(), WidthOf(local.workflow), record, *run,
               [&](RunWatcher& watcher) { return run->Run(record, watcher); });
}

}  // namespace

int RunWorkflowRun(const Globals& globals, const WorkflowOptions& options) {
  const Result<int> code = RunHere(globals, options);
  return code.has_value() ? *code : ReportError(code.error(), globals);
}

}  // namespace tuesday::cli
