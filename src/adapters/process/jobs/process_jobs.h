// SPDX-License-Identifier: Apache-2.0
// Jobs as processes of this machine, each with a supervisor of its own that outlives the daemon. What shall be is on disk
// before anything is started. Thread-safe; calls block for milliseconds.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "adapters/process/jobs/job_record.h"
#include "ports/artifact_store.h"
#include "ports/jobs.h"

namespace tuesday::process {

constexpr std::size_t kJobsMax = 1000;
constexpr std::int64_t kJobLogBytesMax = 1 << 20;  // Of each of the two files.

class ProcessJobs : public Jobs {
 public:
  struct Settings {
    std::string state_folder;
    std::vector<std::string> supervise_argv;  // Started with the job's folder as last argument.
    std::string user = "tuesday";             // Whom jobs run as, when we are root and it exists.
    Duration back_off_first = kJobBackOffFirst;
  };

  ProcessJobs(Settings settings, ArtifactStore& artifacts);

  Result<void> Start(const JobSpec& spec) override;
  Result<void> Keep(const JobsTarget& target) override;
  Result<std::vector<JobState>> Observe() override;

 private:
  JobFolder FolderOf(const std::string& id) const { return {{jobs_folder_ + "/" + id}}; }
  Result<JobState> ObserveOne(const std::string& id);
  Result<void> StartSupervisor(const std::string& id);
  Result<void> Stop(const std::string& id);
  void Forget(const std::string& id);

  const Settings settings_;
  const std::string jobs_folder_;
  ArtifactStore& artifacts_;
  std::mutex mutex_;
  std::map<std::string, Instant> started_;  // When we last started a supervisor for it.
};

}  // namespace tuesday::process
