// SPDX-License-Identifier: Apache-2.0
// One look at a repository: what has happened since the last, and which runs that begins. Everything here blocks on git.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "control/hosting/new_run.h"
#include "core/workflow/repository/refs.h"
#include "core/workflow/trigger/trigger.h"
#include "ports/repositories.h"

namespace tuesday::control {

// `notices` are sentences for who pushed: why something that they may expect does not run.
struct Sight {
  workflow::Refs refs;
  std::vector<NewRun> runs;
  std::vector<std::string> notices;
};

// A file of another repository, by "owner/repo/path@ref", for a workflow at this commit.
using ReadElsewhere =
    std::function<Result<std::string>(const runs::RepositoryRecord& record, const std::string& sha, const std::string& name)>;

// Where workflows and what they call come from. A workflow "NAMESPACE/NAME/path@ref" of a neighbour is read from its
// repository.
struct Sources {
  Repositories& repositories;
  std::set<std::string> neighbours;  // The repositories of the same namespace.
  ReadElsewhere elsewhere;           // Null: there is nothing else.
};

// `by` is who pushed; empty: the commits' authors are told.
Result<Sight> LookAt(const Sources& sources, const runs::RepositoryRecord& record, const std::string& by);

// A workflow as it is at a commit.
struct HostedWorkflow {
  std::string file;
  std::string title;
  std::vector<runs::SourceFile> files;  // It and what it calls.
  std::vector<workflow::Trigger> triggers;
  std::vector<std::string> problems;  // "FILE:LINE:COLUMN: error: …"
};
Result<std::vector<HostedWorkflow>> WorkflowsAt(const Sources& sources, const runs::RepositoryRecord& record,
                                                const std::string& sha);

// The run of one workflow that somebody asked for. `file` may be its name alone; `ref` a branch, a tag, or complete. kNotFound
// and kInvalid say what is not as the workflow wants it.
struct DispatchRequest {
  std::string file;
  std::string ref;
  std::map<std::string, std::string> inputs;
  std::string by;
};
Result<NewRun> LookForDispatch(const Sources& sources, const runs::RepositoryRecord& record, const DispatchRequest& request);

// The schedules of the default branch, with what a run of each is.
struct ScheduledRun {
  std::string cron;
  std::string timezone;
  NewRun run;
};
Result<std::vector<ScheduledRun>> LookForSchedules(const Sources& sources, const runs::RepositoryRecord& record);

}  // namespace tuesday::control
