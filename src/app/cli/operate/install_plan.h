// SPDX-License-Identifier: Apache-2.0
// What `install` and `uninstall` do, as a list of steps that can be printed, compared and done. Making the list touches
// nothing.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"

namespace tuesday::cli {

inline constexpr const char* kServiceUser = "tuesday";
inline constexpr const char* kUnitName = "tuesday.service";
inline constexpr const char* kUnitPath = "/etc/systemd/system/tuesday.service";

struct InstallStep {
  enum class Kind {
    kUser,     // A system user and its group `path`.
    kFolder,   // Is there, with `mode`.
    kProgram,  // A copy of `text` (a path) at `path`.
    kFile,     // `text` at `path`.
    kDefault,  // The same, unless something is there.
    kRemove,   // Nothing at `path`.
    kRun,      // `argv`, on a machine whose systemd runs.
    kRestart,  // The same, and only if a step before has changed something.
  };
  Kind kind = Kind::kFile;
  std::string path;
  std::string text;
  mode_t mode = 0644;
  std::vector<std::string> argv;
};

struct InstallPlaces {
  std::string prefix;
  std::string state;
  std::string program;  // The one that is running.
  std::string config;
  std::string bash_completion;
  std::string zsh_completion;
  std::string fish_completion;
};

std::vector<InstallStep> InstallSteps(const InstallPlaces& places);
std::vector<InstallStep> UninstallSteps(const InstallPlaces& places);

// The unit: instances and edge outlive the daemon (KillMode=process), and no setting gives a new start another view of the
// files than the supervisors of the last one have.
std::string UnitText(const std::string& program, const std::string& config, const std::string& state);

// One line for people, what would be done: "file /etc/tuesday/tuesday.yaml (0644), unless it is there".
std::string StepText(const InstallStep& step);

enum class DryRun { kNo, kYes };

// Does one step below `root` ("" is the machine itself). Says what it did: "made", "changed", "there", "skipped: why".
Result<std::string> DoStep(const InstallStep& step, const std::string& root, bool changed_before);

}  // namespace tuesday::cli
