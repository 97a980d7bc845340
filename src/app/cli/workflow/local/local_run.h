// SPDX-License-Identifier: Apache-2.0
// One run of a workflow on this machine without a daemon: the same loop, with a store and places of its own.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/actions/known_actions.h"
#include "app/cli/client/session.h"
#include "app/cli/workflow/show/changes.h"
#include "app/services/store/artifacts.h"
#include "base/result.h"
#include "core/workflow/run/resume.h"
#include "wire/runs/runs.h"

namespace tuesday::cli {

// What a watcher of the run is told, on the thread of Run.
class RunWatcher {
 public:
  virtual ~RunWatcher() = default;
  virtual void Told(const Change& change) = 0;
  virtual void Logged(const std::string& leg, int ordinal, std::string_view line) = 0;
};

// The folder of a run: its store, its places, its source.
class LocalRun {
 public:
  // `folder` is made when it is not there. Holds its lock as long as it lives.
  static Result<std::unique_ptr<LocalRun>> Open(const std::string& folder, std::map<std::string, std::string> secrets,
                                                actions::KnownActions known);
  ~LocalRun();

  // From now on a step that fails gets a shell on this terminal before the run is told.
  void OfferShell();

  // Begins the run and returns when it has ended. SIGINT and SIGTERM cancel it, a second one leaves it. kInterrupted is told as
  // kUnavailable.
  Result<workflow::RunState> Run(const runs::RunRecord& record, RunWatcher& watcher);

  // What the run has stored, and where the content of one is.
  std::vector<services::Artifact> ArtifactsOf(const runs::RunRecord& record) const;
  std::string ContentPath(const services::Artifact& artifact) const;

  // The last attempt of this folder, with its state. Nothing when none was begun.
  struct Attempt {
    runs::RunRecord record;
    workflow::RunState state;
  };
  Result<std::optional<Attempt>> LastAttempt() const;

  // Begins the next attempt of one that has ended, from where that one failed.
  Result<workflow::RunState> Resume(const Attempt& ended, workflow::ResumeFrom from, RunWatcher& watcher);

  // The run of this folder if it was begun and has not ended: its process was killed, and its jobs may still run.
  Result<std::optional<runs::RunRecord>> Unfinished() const;

  // Goes on with it; everything is told from its begin.
  Result<workflow::RunState> Continue(const runs::RunRecord& record, RunWatcher& watcher);

  // Where the workspace of a leg is on this machine.
  std::string WorkspaceOf(const runs::RunRecord& record, const std::string& leg) const;

 private:
  struct Impl;
  enum class From { kBegin, kStored };
  Result<workflow::RunState> Play(const runs::RunRecord& given, RunWatcher& given_watcher, From from,
                                  workflow::RunState state = {});

  explicit LocalRun(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

// "local" in the state folder.
std::string LocalRunsFolder(const Globals& globals);

}  // namespace tuesday::cli
