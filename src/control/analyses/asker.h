// SPDX-License-Identifier: Apache-2.0
// The seam to everybody that a metric asks beside the embedded store: addresses and jobs in production, a script in a
// simulation. Loop thread only.
#pragma once

#include <functional>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "core/analysis/analysis.h"
#include "core/manifest/object.h"
#include "core/rollout/world.h"
#include "ports/jobs.h"

namespace tuesday::control {

// One measurement that is asked for. `metric.address` is not empty.
struct Asked {
  RolloutName rollout;
  JobId id;
  analysis::Metric metric;
};

class Asker {
 public:
  using Answer = std::function<void(Result<Json>)>;

  virtual ~Asker() = default;

  // Asking twice under one id gives one answer to each and does a job once. Never calls `answer` before it returns; may never
  // call it.
  virtual void Ask(const Asked& asked, Answer answer) = 0;

  // Where Secrets and ConfigMaps are looked up when something is asked.
  virtual void SetObjects(const std::vector<manifest::Object>& objects) = 0;

  // Jobs that nobody waits for any more are ended.
  virtual void Keep(const JobsTarget& target) = 0;
};

// Derived from the measurement's place and ordinal, so that a daemon that starts again asks for the same job.
JobId JobIdOf(const rollout::AnalysisRunKey& run, int metric, std::uint64_t ordinal);

}  // namespace tuesday::control
