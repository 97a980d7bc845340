// SPDX-License-Identifier: Apache-2.0
#include "app/cli/runs/runs_line.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace tuesday::cli {
namespace {

CLI::App* Command(CLI::App& parent, const std::string& name, const std::string& description, const std::string& example) {
  CLI::App* command = parent.add_subcommand(name, description);
  command->footer("Example:\n  " + example);
  command->fallthrough();
  return command;
}

CLI::App* Group(CLI::App& app, const std::string& name, const std::string& description) {
  CLI::App* group = app.add_subcommand(name, description);
  group->require_subcommand(1);
  group->fallthrough();
  return group;
}

void AddRepo(CLI::App& app, const Globals& globals, RunsOptions& options, std::function<int()>& run) {
  CLI::App* group = Group(app, "repo", "Repositories that teams push to, whose workflows run here.");
  CLI::App* create = Command(*group, "create", "Makes a repository, or a mirror of one elsewhere.", "tuesday repo create shop");
  create->callback([&] { run = [&] { return RunRepoCreate(globals, options); }; });
  create->add_option("name", options.name, "Its name")->required();
  create->add_option("--branch", options.branch, "Its default branch")->capture_default_str();
  create->add_option("--secrets-for", options.secret_branches,
                     "Branches whose runs have the secrets too, as a pattern; may be repeated");
  create->add_option("--follow", options.follow, "The address of the repository that this one is to mirror");
  create->add_option("--every", options.every, "How often that one is asked for news")->capture_default_str();
  CLI::App* list = Command(*group, "list", "Shows the repositories of the namespace.", "tuesday repo list");
  list->callback([&] { run = [&] { return RunRepoList(globals); }; });
  CLI::App* set = Command(*group, "set", "Says which of its workflows may have tokens for clouds, and what stands in them.",
                          "tuesday repo set shop --grant id-token=deploy.yaml --reason 'deploys to AWS'");
  set->callback([&] { run = [&] { return RunRepoSet(globals, options); }; });
  set->add_option("name", options.name, "The repository")->required();
  set->add_option(
      "--grant", options.grants,
      "id-token=FILE: jobs of this workflow may ask for tokens though it says nothing of permissions; may be repeated");
  set->add_option("--revoke", options.revokes, "id-token=FILE: takes that back; may be repeated");
  CLI::Option* subject =
      set->add_option("--subject", options.subject, "The claims that sub is made of, with commas")->delimiter(',');
  set->add_flag("--default-subject", options.default_subject, "sub has GitHub's own form again")->excludes(subject);
  set->add_option("--reason", options.reason, "Why; it goes into the journal");
  CLI::App* remove = Command(*group, "rm", "Takes a repository away, with everything in it.", "tuesday repo rm shop --yes");
  remove->callback([&] { run = [&] { return RunRepoRemove(globals, options); }; });
  remove->add_option("name", options.name, "The repository")->required();
  remove->add_flag("--yes", options.yes, "You know that nothing of it is kept");
  CLI::App* hook =
      Command(*group, "hook", "What git asks while it takes a push. Not for people.", "tuesday repo hook pre-receive");
  hook->group("");
  hook->callback([&] { run = [&] { return RunRepoHook(globals, options); }; });
  hook->add_option("hook", options.name, "pre-receive, proc-receive or post-receive")->required();
}

void AddEnvironment(CLI::App& app, const Globals& globals, RunsOptions& options, std::function<int()>& run) {
  CLI::App* group = Group(app, "environment", "Who may release where, and when: environments of a repository's jobs.");
  CLI::App* list = Command(*group, "list", "Shows the environments that have rules.", "tuesday environment list shop");
  list->callback([&] { run = [&] { return RunEnvironmentList(globals, options); }; });
  CLI::App* show = Command(*group, "show", "Shows an environment: its rules, and what was released there.",
                           "tuesday environment show shop production");
  show->callback([&] { run = [&] { return RunEnvironmentShow(globals, options); }; });
  CLI::App* set = Command(*group, "set", "Gives an environment these rules and no other.",
                          "tuesday environment set shop production --reviewer ada --reviewer bob --branch main");
  set->callback([&] { run = [&] { return RunEnvironmentSet(globals, options); }; });
  set->add_option("--reviewer", options.reviewers, "Somebody who may review; may be repeated");
  set->add_option("--reviews", options.reviews_needed, "How many of them it takes; left out: one, when there are any");
  set->add_flag("--allow-self-review", options.allows_self_review, "Who began a run may review it too");
  set->add_option("--wait", options.wait, "How long a job waits from its turn on")->capture_default_str();
  set->add_option("--branch", options.branches, "Only runs of these branches, as a pattern; may be repeated");
  set->add_option("--tag", options.tags, "Only runs of these tags, as a pattern; may be repeated");
  set->add_option("--window", options.windows, "Releases begin only then: 'Mon-Fri 09:00-16:00'; may be repeated");
  set->add_option("--time-zone", options.time_zone, "Of the windows, as Europe/Vienna; left out: UTC");
  set->add_option("--deploys-to", options.deploys_to, "A namespace that its jobs may release to; may be repeated");
  CLI::App* remove = Command(*group, "rm", "Takes the rules of an environment away: everybody may release there.",
                             "tuesday environment rm shop preview");
  remove->callback([&] { run = [&] { return RunEnvironmentRemove(globals, options); }; });
  CLI::App* freeze = Command(*group, "freeze", "Lets no release begin; those that go on go on.",
                             "tuesday environment freeze shop production --reason 'the fair'");
  freeze->callback([&] { run = [&] { return RunEnvironmentFreeze(globals, options); }; });
  freeze->add_option("--reason", options.reason, "Why; those who wait read it")->required();
  freeze->add_option("--until", options.until, "When it ends by itself: 2026-12-27T06:00:00Z");
  CLI::App* thaw = Command(*group, "thaw", "Ends a freeze.", "tuesday environment thaw shop production");
  thaw->callback([&] { run = [&] { return RunEnvironmentThaw(globals, options); }; });
  for (CLI::App* command : {list, show, set, remove, freeze, thaw})
    command->add_option("repository", options.repository, "The repository")->required();
  for (CLI::App* command : {show, set, remove, freeze, thaw})
    command->add_option("environment", options.environment, "The environment")->required();
}

void AddRunReads(CLI::App& group, const Globals& globals, RunsOptions& options, std::function<int()>& run) {
  CLI::App* list =
      Command(group, "list", "Shows the runs of the namespace, newest first.", "tuesday run list --status failure");
  list->callback([&] { run = [&] { return RunRunList(globals, options); }; });
  list->add_option("--repo", options.repository, "Only of this repository");
  list->add_option("--status", options.status, "Only with this status or result")
      ->check(CLI::IsMember({"approval", "pending", "running", "done", "success", "failure", "cancelled"}));
  CLI::App* view = Command(group, "view", "Shows a run: its jobs, and the line that says what went wrong.",
                           "tuesday run view 12 --log-failed");
  view->callback([&] { run = [&] { return RunRunView(globals, options); }; });
  view->add_option("id", options.id, "The run; left out: the newest");
  view->add_flag("--log-failed", options.failed_log, "Prints the logs of the steps that failed");
  view->add_flag("--log", options.whole_log, "Prints the logs of all steps");
  view->add_option("-j,--job", options.job, "Only the logs of this job");
  CLI::App* watch =
      Command(group, "watch", "Follows a run to its end, with its logs as they are written (exit 0 passed, 1 not).",
              "tuesday run watch 12");
  watch->callback([&] { run = [&] { return RunRunWatch(globals, options); }; });
  watch->add_option("id", options.id, "The run; left out: the newest");
}

void AddRunActs(CLI::App& group, const Globals& globals, RunsOptions& options, std::function<int()>& run) {
  CLI::App* start = Command(group, "start", "Begins a workflow by hand (workflow_dispatch).",
                            "tuesday run start shop release.yaml --input level=high");
  start->callback([&] { run = [&] { return RunRunStart(globals, options); }; });
  start->add_option("repository", options.repository, "The repository")->required();
  start->add_option("workflow", options.workflow, "The workflow's file")->required();
  start->add_option("--ref", options.ref, "The branch or tag; left out: the default branch");
  start->add_option("--input", options.inputs, "name=value; may be repeated");
  CLI::App* rerun =
      Command(group, "rerun", "Begins a run again, whole or where it failed.", "tuesday run rerun 12 --from-step");
  rerun->callback([&] { run = [&] { return RunRunRerun(globals, options); }; });
  rerun->add_flag_callback(
      "--failed", [&options] { options.from = "failed-jobs"; }, "Only the jobs that failed, and what needs them");
  rerun->add_flag_callback(
      "--from-step", [&options] { options.from = "failed-step"; }, "At the step that failed, with the files that it left");
  CLI::App* cancel = Command(group, "cancel", "Ends a run.", "tuesday run cancel 12 --reason 'wrong branch'");
  cancel->callback([&] { run = [&] { return RunRunCancel(globals, options); }; });
  CLI::App* approve = Command(group, "approve", "Lets a release into its environment, or a change of a stranger run.",
                              "tuesday run approve 12 --reason 'looks good'");
  approve->callback([&] { run = [&] { return RunRunApprove(globals, options); }; });
  approve->add_flag("--bypass", options.bypass, "As an admin, in the place of all rules; takes a reason");
  CLI::App* reject = Command(group, "reject", "Ends the wait of a release for its environment: its job fails.",
                             "tuesday run reject 12 --reason 'not today'");
  reject->callback([&] { run = [&] { return RunRunReject(globals, options); }; });
  for (CLI::App* command : {approve, reject})
    command->add_option("--environment", options.environment, "The environment, when it waits for several");
  for (CLI::App* command : {rerun, cancel, approve, reject}) command->add_option("id", options.id, "The run")->required();
  for (CLI::App* command : {cancel, approve, reject})
    command->add_option("--reason", options.reason, "Why; it goes into the journal");
  for (CLI::App* command : {start, rerun, approve}) command->add_flag("-w,--watch", options.watch, "Follows it to its end");
}

}  // namespace

void AddRuns(CLI::App& app, const Globals& globals, RunsOptions& options, std::function<int()>& run) {
  AddRepo(app, globals, options, run);
  AddEnvironment(app, globals, options, run);
  CLI::App* group = Group(app, "run", "Runs of workflows on the daemon.");
  AddRunReads(*group, globals, options, run);
  AddRunActs(*group, globals, options, run);
}

}  // namespace tuesday::cli
