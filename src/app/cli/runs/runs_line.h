// SPDX-License-Identifier: Apache-2.0
// The commands on repositories and on runs of workflows, and their flags.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/cli/client/session.h"

namespace CLI {
class App;
}

namespace tuesday::cli {

struct RunsOptions {
  std::string name;
  std::string id;
  std::string repository;
  std::string status;
  std::string branch = "main";
  std::string follow;
  std::string every = "1m";
  std::vector<std::string> secret_branches;
  std::vector<std::string> grants;  // "id-token=FILE"
  std::vector<std::string> revokes;
  std::vector<std::string> subject;
  bool default_subject = false;
  std::string reason;
  std::string workflow;
  std::string ref;
  std::vector<std::string> inputs;
  std::string job;
  std::string from = "begin";
  std::string environment;
  std::vector<std::string> reviewers;
  int reviews_needed = -1;  // Said nothing: one, when there are reviewers.
  std::string wait = "0s";
  std::vector<std::string> branches;
  std::vector<std::string> tags;
  std::vector<std::string> windows;
  std::string time_zone;
  std::vector<std::string> deploys_to;
  std::string until;
  bool allows_self_review = false;
  bool bypass = false;
  bool failed_log = false;
  bool whole_log = false;
  bool watch = false;
  bool yes = false;
};

int RunRepoCreate(const Globals& globals, const RunsOptions& options);
int RunRepoList(const Globals& globals);
int RunRepoSet(const Globals& globals, const RunsOptions& options);
int RunRepoRemove(const Globals& globals, const RunsOptions& options);
int RunRepoHook(const Globals& globals, const RunsOptions& options);

int RunEnvironmentList(const Globals& globals, const RunsOptions& options);
int RunEnvironmentShow(const Globals& globals, const RunsOptions& options);
int RunEnvironmentSet(const Globals& globals, const RunsOptions& options);
int RunEnvironmentRemove(const Globals& globals, const RunsOptions& options);
int RunEnvironmentFreeze(const Globals& globals, const RunsOptions& options);
int RunEnvironmentThaw(const Globals& globals, const RunsOptions& options);

int RunRunList(const Globals& globals, const RunsOptions& options);
int RunRunView(const Globals& globals, const RunsOptions& options);
int RunRunWatch(const Globals& globals, const RunsOptions& options);
int RunRunStart(const Globals& globals, const RunsOptions& options);
int RunRunRerun(const Globals& globals, const RunsOptions& options);
int RunRunCancel(const Globals& globals, const RunsOptions& options);
int RunRunApprove(const Globals& globals, const RunsOptions& options);
int RunRunReject(const Globals& globals, const RunsOptions& options);

// Adds them to `app`; the one that is chosen becomes `run`.
void AddRuns(CLI::App& app, const Globals& globals, RunsOptions& options, std::function<int()>& run);

// "/v1/namespaces/NS/runs/ID", with the parts escaped.
std::string RunPath(const Globals& globals, const std::string& id, const std::string& tail = "");

// Follows the run to its end before the eyes of people. The exit code is the run's.
Result<int> FollowRun(const Globals& globals, const std::string& id);

// The whole log of a step, at most 64 MiB of it.
Result<std::string> ReadRunLog(const Globals& globals, const std::string& id, const std::string& leg, std::int64_t number);

// 0 of a run that passed, 1 of any other end, 3 of one that has none yet.
int ExitCodeOfRun(const Json& run);

}  // namespace tuesday::cli
