// SPDX-License-Identifier: Apache-2.0
// One step that runs in a place: its files, its pipe, its log, and in the end its report.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "adapters/files/fd.h"
#include "adapters/sandbox/record/place_folder.h"
#include "adapters/sandbox/record/report_file.h"
#include "adapters/sandbox/supervisor/step_files.h"
#include "adapters/sandbox/supervisor/step_log.h"
#include "core/workflow/output/step_output.h"
#include "ports/job_places.h"

namespace tuesday::sandbox {

// What all steps of a place share. Outlives them.
struct StepTerms {
  PlaceFolder folder;
  std::string workspace;
  std::string home;
  std::optional<supervise::UserIds> user;
  PlaceLimits limits;
  const workflow::MatcherFiles* matcher_files = nullptr;
  workflow::Masks masks;
  workflow::Matchers matchers;
  StepsFile steps;
  std::optional<StepFiles> spare;  // Made while another step runs: the next one need not wait for it.

  void MakeSpare();
};

class Step {
 public:
  // `container_user`: it runs in a container, as this user of the machine.
  static Result<std::unique_ptr<Step>> Make(StepTerms& terms, const StepOrder& order,
                                            const std::optional<supervise::UserIds>& container_user = {});

  const std::string& id() const { return id_; }
  int ordinal() const { return ordinal_; }
  const std::string& command() const { return command_; }
  int pipe() const { return pipe_.get(); }

  // For the runner: what to start, and where it writes. Once.
  std::vector<std::string> TakePayload() { return std::move(payload_); }
  // The variables alone, and one of the step's files as a path of the machine: for containers of actions.
  std::map<std::string, std::string> TakeEnvironment() { return std::move(environment_); }
  std::string HostFile(const std::string& variable) const;
  files::Fd TakeChildEnd() { return std::move(child_end_); }

  enum class Stream { kOpen, kEnded };
  // Reads what there is, at most so much that others get their turn; into the log, but for what comes after the end.
  Stream Read();

  // Why it fails whatever its command says. The first one counts.
  void SetProblem(std::string problem);
  void SetTimedOut() { timed_out_ = true; }
  bool timed_out() const { return timed_out_; }

  // Reads the rest and the files. Once; the pipe stays open for who stayed behind.
  StepReport Finish(StepEnd end, int exit_code);
  // Only where they are in memory; on a disk they stay until the place is closed.
  void RemoveFiles() {
    if (terms_.user) files_.Remove();
  }
  bool finished() const { return finished_; }

 private:
  Step(StepTerms& terms, StepFiles step_files, StepLog log, workflow::StepOutputOptions options)
      : terms_(terms), files_(std::move(step_files)), log_(std::move(log)), output_(terms.masks, terms.matchers, options) {}
  void Order(const StepOrder& order);
  void TakeFindings();

  StepTerms& terms_;
  std::string id_;
  int ordinal_ = 0;
  std::string command_;
  StepFiles files_;
  StepLog log_;
  workflow::StepOutput output_;
  files::Fd pipe_;
  files::Fd child_end_;
  std::map<std::string, std::string> environment_;
  std::vector<std::string> payload_;
  WallTime began_;
  StepReport report_;
  bool timed_out_ = false;
  bool finished_ = false;
};

WallTime WallNow();

}  // namespace tuesday::sandbox
