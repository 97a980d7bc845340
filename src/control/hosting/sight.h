// SPDX-License-Identifier: Apache-2.0
// One look at a repository: what has happened since the last, and which runs that begins. Everything here blocks on git.
#pragma once

#include <map>
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

// `by` is who pushed; empty: the commits' authors are told.
Result<Sight> LookAt(Repositories& repositories, const runs::RepositoryRecord& record, const std::string& by);

// A workflow as it is at a commit.
struct HostedWorkflow {
  std::string file;
  std::string title;
  std::vector<runs::SourceFile> files;  // It and what it calls.
  std::vector<workflow::Trigger> triggers;
  std::vector<std::string> problems;  // "FILE:LINE:COLUMN: error: …"
};
Result<std::vector<HostedWorkflow>> WorkflowsAt(Repositories& repositories, const std::string& name, const std::string& sha);

// The run of one workflow that somebody asked for. `file` may be its name alone; `ref` a branch, a tag, or complete. kNotFound
// and kInvalid say what is not as the workflow wants it.
struct DispatchRequest {
  std::string file;
  std::string ref;
  std::map<std::string, std::string> inputs;
  std::string by;
};
Result<NewRun> LookForDispatch(Repositories& repositories, const runs::RepositoryRecord& record,
                               const DispatchRequest& request);

// The schedules of the default branch, with what a run of each is.
struct ScheduledRun {
  std::string cron;
  std::string timezone;
  NewRun run;
};
Result<std::vector<ScheduledRun>> LookForSchedules(Repositories& repositories, const runs::RepositoryRecord& record);

}  // namespace tuesday::control
