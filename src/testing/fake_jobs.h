// SPDX-License-Identifier: Apache-2.0
// Jobs as a model on the test's clock: the words of their command say what they do. It survives the daemon, as jobs do.
#pragma once

#include <map>
#include <string>

#include "ports/clock.h"
#include "ports/jobs.h"

namespace tuesday::testing {

// Takes commands {"sh", "-c", "exit N"} and {"sh", "-c", "sleep SECONDS; exit N"}; `echo WORDS; ` before is its output.
class FakeJobs : public Jobs {
 public:
  explicit FakeJobs(const Clock& clock) : clock_(clock) {}

  Result<void> Start(const JobSpec& spec) override;
  Result<void> Keep(const JobsTarget& target) override;
  Result<std::vector<JobState>> Observe() override;

  int started() const { return started_; }
  const JobSpec* Find(const JobId& id) const;

 private:
  struct Job {
    JobSpec spec;
    Instant begun;
  };

  JobState StateOf(const Job& job) const;

  const Clock& clock_;
  std::map<JobId, Job> jobs_;
  std::map<JobId, JobState> ended_;  // By Keep.
  int started_ = 0;
};

}  // namespace tuesday::testing
