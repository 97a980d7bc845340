// SPDX-License-Identifier: Apache-2.0
// The files of a job beside its spec. Format: docs/formats/jobs.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/process/instance/record.h"
#include "adapters/supervise/process.h"
#include "ports/jobs.h"

namespace tuesday::process {

// Between tries, as Kubernetes waits: doubled each time.
constexpr Duration kJobBackOffFirst = std::chrono::seconds(10);
constexpr Duration kJobBackOffMax = std::chrono::minutes(6);

// Paths of jobs/<id>/.
struct JobFolder : InstanceFolder {
  std::string job() const { return path + "/job"; }
  std::string forget() const { return path + "/forget"; }  // Nobody wants its outcome.
};

// The file `job`: written before `spec`, which makes the job exist, and never changed.
struct JobPlan {
  int backoff_limit = 0;
  std::optional<Duration> deadline;
  Duration back_off_first = kJobBackOffFirst;
  friend bool operator==(const JobPlan&, const JobPlan&) = default;
};

// The file `state`. A try is counted before its process is started.
struct JobRecord {
  JobPhase phase = JobPhase::kRunning;
  int exit_code = 0;
  int tries = 0;
  std::string message;
  std::string boot_id;
  Instant begun;                    // Of the first try, or of the first after a reboot.
  supervise::Process process;       // pid 0: none runs.
  std::vector<std::string> groups;  // cgroup folders.
  friend bool operator==(const JobRecord&, const JobRecord&) = default;
};

Result<void> WritePlan(const JobFolder& folder, const JobPlan& plan);
Result<JobPlan> ReadPlan(const JobFolder& folder);

// Durably: an outcome is never told twice in different ways.
Result<void> WriteJobRecord(const JobFolder& folder, const JobRecord& record);
// Nothing when there is none yet. kCorrupt when it does not read back.
Result<std::optional<JobRecord>> ReadJobRecord(const JobFolder& folder);

}  // namespace tuesday::process
