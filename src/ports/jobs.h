// SPDX-License-Identifier: Apache-2.0
// Runs commands that end, for analyses. A job outlives the daemon, and is done once under its id, which is derived from what
// asked for it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"
#include "core/manifest/pod.h"

namespace tuesday {

using JobId = StrongId<struct JobTag>;  // Letters, digits, `.`, `-`: also the name of its folder.

struct JobSpec {
  JobId id;
  RolloutName rollout;
  std::string artifact;  // Digest in the blob store; empty: commands of this machine.
  std::vector<std::string> command;
  std::vector<std::string> args;
  std::string working_dir;
  std::map<std::string, std::string> environment;  // Complete. Never logged.
  manifest::Resources resources;
  Duration grace = std::chrono::seconds(30);
  int backoff_limit = 0;             // Further tries after the first; a try ends with the command's process.
  std::optional<Duration> deadline;  // Of all tries together.
};

enum class JobPhase { kRunning, kSucceeded, kFailed };

struct JobState {
  JobId id;
  JobPhase phase = JobPhase::kRunning;
  int exit_code = 0;      // Of the last try that ended; 128 + n for a signal n.
  int tries = 0;          // That were begun.
  std::string last_line;  // Of its output.
  std::string message;    // Why it failed, or why it does not run yet, in one sentence.
  friend bool operator==(const JobState&, const JobState&) = default;
};

// What shall be there: `running` may go on; of `kept` only the outcome stays; everything else is ended and forgotten, or left
// as it is when `spares_others`.
struct JobsTarget {
  std::set<JobId> running;
  std::set<JobId> kept;
  bool spares_others = false;
  friend bool operator==(const JobsTarget&, const JobsTarget&) = default;
};

// May block; thread-safe.
class Jobs {
 public:
  virtual ~Jobs() = default;

  // Makes the job known durably and starts it; returns before it ends. An id that is known, ended or not, changes nothing.
  virtual Result<void> Start(const JobSpec& spec) = 0;

  // Ends (SIGTERM, then SIGKILL after its grace) and forgets what the target does not name.
  virtual Result<void> Keep(const JobsTarget& target) = 0;

  // All jobs that are known, sorted by id.
  virtual Result<std::vector<JobState>> Observe() = 0;
};

}  // namespace tuesday
