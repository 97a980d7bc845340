// SPDX-License-Identifier: Apache-2.0
#include "app/cli/command_line.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <functional>
#include <iostream>

#include "app/actions/native.h"
#include "app/cli/access/access_line.h"
#include "app/cli/commands.h"
#include "app/cli/completion.h"
#include "app/cli/lint/lint_line.h"
#include "app/cli/operate/operate_line.h"
#include "app/cli/runs/runs_line.h"
#include "app/cli/verb_line.h"
#include "app/cli/workflow/actions/actions_line.h"
#include "app/cli/workflow/workflow_line.h"

namespace tuesday::cli {
namespace {

// Collects the command that was chosen; it runs after parsing is done.
struct CommandLine {
  CLI::App app{"Takes a change to production through binary gates, and takes it back by itself.", "tuesday"};
  Globals globals;
  ServeOptions serve;
  LintOptions lint;
  ApplyOptions apply;
  DeleteOptions remove;
  GetOptions get;
  ActOptions act;
  AuditOptions audit;
  QueryOptions query;
  SimulateOptions simulate;
  VerbOptions verbs;
  AccessOptions access;
  OperateOptions operate;
  WorkflowOptions workflow;
  RunsOptions runs;
  ActionsOptions actions;
  bool all_namespaces = false;
  StatusOptions status;
  std::vector<std::string> words;
  std::vector<std::string> run_patterns;
  std::string name;
  std::string image;
  int to_revision = 0;
  std::function<int()> run;
};

CLI::App* Command(CommandLine& line, CLI::App& parent, const std::string& name, const std::string& description,
                  const std::string& example, std::function<int()> run) {
  CLI::App* command = parent.add_subcommand(name, description);
  command->footer("Example:\n  " + example);
  command->fallthrough();
  if (run) command->callback([&line, run = std::move(run)] { line.run = run; });
  return command;
}

CLI::App* Group(CLI::App& parent, const std::string& name, const std::string& description) {
  CLI::App* group = parent.add_subcommand(name, description);
  group->require_subcommand(1);
  group->fallthrough();
  return group;
}

void AddDaemon(CommandLine& line) {
  CLI::App* serve = Command(line, line.app, "serve", "Runs the daemon.", "tuesday serve --state ./state",
                            [&line] { return RunServe(line.globals, line.serve); });
  serve->add_option("--config", line.serve.config_file, "The file of settings; /etc/tuesday/tuesday.yaml when it is there");
  serve->add_option("--edge-listen", line.serve.edge_listen, "Where the edge takes HTTP");
  serve->add_option("--edge-tls-listen", line.serve.edge_tls_listen, "Where the edge takes TLS; empty: nowhere");
  serve->add_option("--listen", line.serve.metrics_listen, "Where /metrics is served to everybody (127.0.0.1:PORT)");
  serve->add_option("--log-format", line.serve.log_format, "text or json")->check(CLI::IsMember({"text", "json"}));
  CLI::App* supervise = Command(line, line.app, "supervise",
                                "Looks after one instance, one job, one place or the edge; started by tuesday itself.",
                                "tuesday supervise instance FOLDER", [&line] {
                                  return RunSupervise(line.words.at(0), line.words.at(1),
                                                      std::vector<std::string>(line.words.begin() + 2, line.words.end()));
                                });
  supervise->add_option("words", line.words, "instance|job|place|edge FOLDER")->required()->expected(2, 16);
  supervise->group("");
  CLI::App* action =
      Command(line, line.app, "action", "Runs one stage of an action that tuesday implements; started by runs.",
              "tuesday action checkout main", [&line] { return actions::RunNativeAction(line.words.at(0), line.words.at(1)); });
  action->add_option("words", line.words, "NAME STAGE")->required()->expected(2);
  action->group("");
  Command(line, line.app, "doctor", "Checks the machine: programs, permissions, ports, and says how to mend each.",
          "tuesday doctor", [&line] { return RunDoctor(line.globals); });
}

void AddFiles(CommandLine& line) {
  AddCheck(line.app, line.globals, line.lint, line.run);
  for (const bool plan : {true, false}) {
    CLI::App* command =
        plan ? Command(line, line.app, "plan", "Prints what apply would do, step by step; changes nothing.",
                       "tuesday plan -f rollout.yaml", [&line] { return RunPlan(line.globals, line.apply); })
             : Command(line, line.app, "apply", "Gives manifests to the daemon: all of them or none.",
                       "tuesday apply -f rollout.yaml --wait", [&line] { return RunApply(line.globals, line.apply); });
    command->add_option("-f,--filename", line.apply.paths, "Files or folders; - is standard input")->required();
    if (plan) continue;
    command->add_option("--reason", line.apply.reason, "Why, for the journal");
    command->add_flag("--wait", line.apply.wait, "Shows the rollout's way and ends with its verdict");
    command->add_option("--timeout", line.apply.timeout, "Stops waiting after this long (exit 4); the rollout goes on");
  }
  CLI::App* remove = Command(line, line.app, "delete", "Takes objects away; a rollout with its route, instances and state.",
                             "tuesday delete rollout api --wait", [&line] { return RunDelete(line.globals, line.remove); });
  remove->add_option("words", line.remove.words, "KIND NAME...: rollout, service, configmap, prometheusrule, ...");
  remove->add_option("-f,--filename", line.remove.paths, "All objects of these files or folders; - is standard input");
  remove->add_option("--reason", line.remove.reason, "Why, for the journal");
  remove->add_flag("--wait", line.remove.wait, "Waits until deleted rollouts are gone");
  remove->add_option("--timeout", line.remove.timeout, "Stops waiting after this long (exit 4); the removal goes on");
  CLI::App* simulate = Command(line, line.app, "simulate", "Plays a rollout in virtual time: weights, gates and the end.",
                               "tuesday simulate -f examples/playbook --canary-errors 2",
                               [&line] { return RunSimulate(line.globals, line.simulate); });
  simulate->add_option("-f,--filename", line.simulate.paths, "Files or folders")->required();
  simulate->add_option("--scenario", line.simulate.scenario, "A scenario file (docs/guide/simulate.md)");
  simulate->add_option("--seed", line.simulate.seed, "Of the simulated chance")->capture_default_str();
  simulate->add_option("--runs", line.simulate.runs, "Seeds to play")->capture_default_str()->check(CLI::Range(1, 1'000'000));
  simulate->add_option("--rps", line.simulate.rps, "Requests a second")->capture_default_str()->check(CLI::Range(0.0, 1e6));
  simulate->add_option("--canary-errors", line.simulate.canary_errors_percent, "Percent of the canary's requests that fail")
      ->check(CLI::Range(0.0, 100.0));
  simulate->add_option("--stable-errors", line.simulate.stable_errors_percent, "Percent of the stable's requests that fail")
      ->check(CLI::Range(0.0, 100.0));
  simulate->add_option("--canary-latency", line.simulate.canary_latency_factor, "The canary's latency, as a multiple")
      ->check(CLI::Range(0.01, 1000.0));
}

void AddImages(CommandLine& line) {
  CLI::App* image = Group(line.app, "image", "What image names stand for on this machine.");
  CLI::App* bind = Command(line, *image, "bind", "Binds an image name to an artifact.",
                           "tuesday image bind registry.example.com/api:latest dir:./build/api",
                           [&line] { return RunImageBind(line.globals, line.name, line.image, line.act.reason); });
  bind->add_option("reference", line.name, "The image as manifests name it")->required();
  bind->add_option("source", line.image, "dir:PATH, file:PATH.tar.gz or oci:PATH")->required();
  bind->add_option("--reason", line.act.reason, "Why, for the journal");
  Command(line, *image, "list", "Shows the bindings.", "tuesday image list", [&line] { return RunImageList(line.globals); });
}

void AddRolloutReads(CommandLine& line, CLI::App& rollout) {
  CLI::App* get = Command(line, rollout, "get", "Shows a rollout as a tree.", "tuesday rollout get api --watch",
                          [&line] { return RunRolloutGet(line.globals, line.get); });
  get->add_flag("-w,--watch", line.get.watch, "Draws it again at every change");
  CLI::App* watch = Command(line, rollout, "watch", "As get --watch.", "tuesday rollout watch api", [&line] {
    line.get.watch = true;
    return RunRolloutGet(line.globals, line.get);
  });
  CLI::App* status = Command(line, rollout, "status", "Waits for the end: exit 0 when healthy, 1 when degraded or out of time.",
                             "tuesday rollout status api --timeout 10m", [&line] {
                               line.get.watch = true;
                               return RunRolloutStatus(line.globals, line.get);
                             });
  status->add_option("--timeout", line.get.timeout, "Stops waiting after this long");
  for (CLI::App* command : {get, watch, status}) command->add_option("name", line.get.name, "The rollout")->required();
  CLI::App* list = Command(line, rollout, "list", "Shows all rollouts of a namespace.", "tuesday rollout list -A",
                           [&line] { return RunRolloutList(line.globals, line.all_namespaces); });
  list->add_flag("-A,--all-namespaces", line.all_namespaces, "Of all namespaces");
  CLI::App* history = Command(line, rollout, "history", "Shows every attempt and how it ended.", "tuesday rollout history api",
                              [&line] { return RunRolloutHistory(line.globals, line.name); });
  history->add_option("name", line.name, "The rollout")->required();
}

void AddRolloutActs(CommandLine& line, CLI::App& rollout) {
  struct Act {
    const char* name;
    const char* description;
  };
  for (const Act& act : {Act{"promote", "Ends the step under way; the next step begins."},
                         Act{"abort", "Gives the new revision up: stable serves everything."},
                         Act{"retry", "Tries an aborted revision again, as a new attempt."},
                         Act{"pause", "Halts steps and scaling."}, Act{"resume", "Ends a pause that somebody said."},
                         Act{"restart", "Starts all instances anew, a batch at a time; no new revision."}}) {
    CLI::App* command = Command(line, rollout, act.name, act.description,
                                std::string("tuesday rollout ") + act.name + " api --reason \"ticket 42\"",
                                [&line, name = std::string(act.name)] {
                                  if (line.act.verb.empty()) line.act.verb = name;
                                  return RunRolloutAct(line.globals, line.act);
                                });
    command->add_option("name", line.act.name, "The rollout")->required();
    command->add_option("--reason", line.act.reason, "Why, for the journal");
    if (std::string_view(act.name) == "promote") {
      command->add_flag_callback(
          "--full", [&line] { line.act.verb = "promote-full"; }, "Skips all steps, pauses and analyses that are left");
    }
  }
  CLI::App* undo = Command(line, rollout, "undo", "Goes back to an earlier revision, by the strategy; the next apply ends it.",
                           "tuesday rollout undo api --to-revision 3",
                           [&line] { return RunUndo(line.globals, line.name, line.to_revision, line.act.reason); });
  undo->add_option("name", line.name, "The rollout")->required();
  undo->add_option("--to-revision", line.to_revision, "Its number; without it the one before the present")
      ->check(CLI::Range(1, 1'000'000'000));
  CLI::App* set_image = Command(line, rollout, "set-image", "Starts a new version with another image.",
                                "tuesday rollout set-image api api=registry.example.com/api:v2",
                                [&line] { return RunSetImage(line.globals, line.name, line.image, line.act.reason); });
  for (CLI::App* command : {undo, set_image}) command->add_option("--reason", line.act.reason, "Why, for the journal");
  set_image->add_option("name", line.name, "The rollout")->required();
  set_image->add_option("image", line.image, "CONTAINER=IMAGE, or *=IMAGE for all")->required();
}

void AddViews(CommandLine& line) {
  CLI::App* status =
      Command(line, line.app, "status", "Services, weights, gates, the disk, the edge, the last rollback.",
              "tuesday status -A --phase degraded,paused", [&line] { return RunStatus(line.globals, line.status); });
  status->add_flag("-A,--all-namespaces", line.status.all_namespaces, "Of all namespaces");
  status->add_option("--phase", line.status.phases, "Only rollouts that are healthy, progressing, paused or degraded")
      ->delimiter(',');
  status->add_option("--limit", line.status.limit, "At most this many rows, those that need a person first")
      ->check(CLI::Range(1, 5'000));
  CLI::App* why = Command(line, line.app, "why", "What decided about a rollout, and where to look.", "tuesday why api",
                          [&line] { return RunWhy(line.globals, line.name); });
  why->add_option("name", line.name, "The rollout")->required();
  CLI::App* query = Command(line, line.app, "query", "Evaluates PromQL over the daemon's metrics.",
                            "tuesday query 'sum(rate(http_requests_total[1m])) by (status)'",
                            [&line] { return RunQuery(line.globals, line.query); });
  query->add_option("expression", line.query.expression, "The expression")->required();
  query->add_option("--time", line.query.time, "RFC 3339, or seconds since 1970");
}

void AddRules(CommandLine& line) {
  CLI::App* rules = Group(line.app, "rules", "Rule files, with promtool's formats and exit codes.");
  CLI::App* check = Command(line, *rules, "check", "Checks rule files (exit 0 valid, 1 not).",
                            "tuesday rules check examples/playbook/prometheus-rule.yaml",
                            [&line] { return RunRulesCheck(line.globals, line.words); });
  CLI::App* test =
      Command(line, *rules, "test", "Runs promtool's unit-test files (exit 0 passed, 1 failed).",
              "tuesday rules test tests.yaml", [&line] { return RunRulesTest(line.globals, line.words, line.run_patterns); });
  test->add_option("--run", line.run_patterns, "Only the tests whose name matches");
  for (CLI::App* command : {check, test}) command->add_option("files", line.words, "Files")->required();
}

void AddAudit(CommandLine& line) {
  CLI::App* audit = Group(line.app, "audit", "The journal.");
  CLI::App* log = Command(line, *audit, "log", "Prints the journal, oldest entry first.",
                          "tuesday audit log --rollout api --json", [&line] { return RunAuditLog(line.globals, line.audit); });
  log->add_option("--rollout", line.audit.rollout, "Only what is about this rollout");
  log->add_option("--after", line.audit.after, "Only entries with a greater number");
  log->add_option("--limit", line.audit.limit, "At most this many")->capture_default_str()->check(CLI::Range(1, 100'000));
  log->add_flag("--verify", line.audit.verify, "Also walks the whole chain: numbers without gaps, every hash right");
}

void AddAll(CommandLine& line) {
  line.app.require_subcommand(1);
  line.app.fallthrough();
  line.app.set_version_flag("--version", kProgramText);
  line.app.add_option("-n,--namespace", line.globals.ns, "The namespace")->capture_default_str();
  line.app.add_flag("--json", line.globals.json, "Prints one JSON object");
  line.app.add_option("--state", line.globals.state_dir, "The daemon's state folder")->envname("TUESDAY_STATE");
  line.app.add_option("--server", line.globals.server, "A daemon elsewhere: https://HOST:PORT")->envname("TUESDAY_SERVER");
  line.app.add_option("--ca", line.globals.ca_file, "The certificate that vouches for it")->envname("TUESDAY_CA");
  AddFiles(line);
  AddImages(line);
  CLI::App* rollout = Group(line.app, "rollout", "Looks at rollouts and acts on them.");
  AddRolloutReads(line, *rollout);
  AddRolloutLint(*rollout, line.globals, line.lint, line.run);
  AddRolloutActs(line, *rollout);
  AddVerbs(line.app, line.globals, line.verbs, line.run);
  AddViews(line);
  AddRules(line);
  AddAudit(line);
  AddAccess(line.app, line.globals, line.access, line.run);
  AddDaemon(line);
  AddOperate(line.app, line.globals, line.operate, line.run);
  AddWorkflow(line.app, line.globals, line.workflow, line.run);
  AddRuns(line.app, line.globals, line.runs, line.run);
  AddActions(line.app, line.globals, line.actions, line.run);
  CLI::App* completion =
      Command(line, line.app, "completion", "Prints the completion for a shell.", "source <(tuesday completion bash)", [&line] {
        std::cout << CompletionScript(line.name, CommandTree(line.app));
        return kExitPass;
      });
  completion->add_option("shell", line.name, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
}

}  // namespace

int RunCommandLine(int argc, char** argv) {
  CommandLine line;
  AddAll(line);
  try {
    line.app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // The library exits 0 for --help and --version; all else is wrong usage.
    return line.app.exit(error) == 0 ? kExitPass : kExitInvalid;
  }
  return line.run ? line.run() : kExitInvalid;
}

}  // namespace tuesday::cli
