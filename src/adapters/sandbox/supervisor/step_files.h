// SPDX-License-Identifier: Apache-2.0
// The files of one step that its commands write into: made fresh, read when it has ended, removed. The place can write beside
// and over all of them, so nothing is opened by a path that it could have turned elsewhere.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "adapters/files/fd.h"
#include "adapters/supervise/spawn.h"
#include "ports/job_places.h"

namespace tuesday::sandbox {

constexpr std::size_t kStepFileBytesMax = 4 << 20;  // Of each of the five; what reads them may take less.

class StepFiles {
 public:
  // Makes a folder with a name that nobody can guess below `run_folder` (`run_inside` within the sandbox), for whichever step
  // comes next. The files belong to `user`.
  static Result<StepFiles> Make(const std::string& run_folder, const std::string& run_inside,
                                const std::optional<supervise::UserIds>& user);

  // Writes the script.
  Result<void> Take(const StepOrder& order, const std::optional<supervise::UserIds>& user);

  // The folder within the sandbox: also how the step's processes are told from others'.
  const std::string& inside() const { return inside_; }
  const std::string& script() const { return script_; }
  // GITHUB_OUTPUT and the others.
  std::map<std::string, std::string> Variables() const;

  // What the step wrote into the file of one of the variables; empty when it removed the file. kInvalid when it is too large
  // or no plain file any more.
  Result<std::string> Read(const std::string& variable) const;

  void Remove();

 private:
  StepFiles() = default;

  files::Fd run_;
  files::Fd folder_;
  std::string name_;
  std::string inside_;
  std::string script_;
  std::string script_name_;
};

}  // namespace tuesday::sandbox
