// SPDX-License-Identifier: Apache-2.0
// Runs the analyses of attempts over their own view of the metrics. Loop thread only; queries run through the executor.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "control/analyses/asker.h"
#include "control/analyses/resolve.h"
#include "control/executor.h"
#include "control/judge.h"
#include "core/analysis/analysis.h"
#include "core/metrics/source.h"
#include "ports/clock.h"

namespace tuesday::control {

// What the runner needs around it.
struct AnalysisParts {
  const Clock& clock;
  Executor& executor;
  // The metrics of this moment as the rollout's attempt under way sees them; null when there is none.
  std::function<std::shared_ptr<const metrics::Source>(const RolloutName&)> view;
  // The wall time of an instant, for the query.
  std::function<WallTime(Instant)> wall;
  // A run changed: the rollout shall be looked at again, and these entries told.
  std::function<void(const RolloutName&, std::vector<audit::Entry>)> changed;
  // Whom metrics with an address ask.
  Asker& asker;
  // The digest of what an image is bound to.
  std::function<std::optional<std::string>(const std::string&)> digest_of;
};

// A run that was begun and not committed when the daemon was killed is begun again within moments of its start, and finds its
// job. Jobs that nobody has asked for by then are strays.
inline constexpr Duration kStrayJobsAfter = std::chrono::seconds(60);

class LiveAnalyses : public AnalysisRunner {
 public:
  explicit LiveAnalyses(AnalysisParts parts) : parts_(std::move(parts)), self_(std::make_shared<LiveAnalyses*>(this)) {}
  ~LiveAnalyses() override { *self_ = nullptr; }

  // Runs under way keep the spec that they began with.
  void SetObjects(const std::vector<manifest::Object>& objects) override;

  void Target(const JudgedRollout& rollout, const rollout::AnalysisTarget& target) override;
  std::vector<rollout::AnalysisSeen> Seen(const RolloutName& rollout) const override;

  // One signal for each run of the newest attempt: what the gate combines and people see.
  struct RunView {
    rollout::AnalysisRunKey key;
    std::string name;
    analysis::Spec spec;
    analysis::Status status;
  };
  std::vector<RunView> Runs(const RolloutName& rollout) const;

  // Digests of artifacts that jobs of runs under way are started from.
  std::set<std::string> ArtifactsUnderWay() const;

  void Forget(const RolloutName& rollout) override {
    runs_.erase(rollout);
    memories_.erase(rollout);
    KeepJobs();
  }

  // Runs that were under way are not seen until somebody targets them; then they go on, and what they had asked is asked
  // again under the same ordinal: a job that runs or has ended is not started a second time.
  const Memory* MemoryOf(const RolloutName& rollout) override;
  Result<void> Restore(const RolloutName& rollout, const std::vector<Row>& rows, const std::string& boot_id,
                       Instant now) override;

 private:
  struct Run {
    std::string name;
    analysis::Spec spec;
    analysis::Status status;
    bool ending = false;
    std::string broken;       // Why it could not be begun.
    bool is_resting = false;  // Restored, and not targeted since.
  };
  struct Kept {
    Memory memory;
    bool is_old = false;  // `memory` has to be written anew.
  };
  using Key = rollout::AnalysisRunKey;

  void Begin(const JudgedRollout& rollout, const Key& key);
  void Step(const RolloutName& name, const Key& key, const analysis::Event& event);
  void Resume(const RolloutName& name, const Key& key, Run& run);
  void Measure(const RolloutName& name, const Key& key, const analysis::Measure& command);
  void AskStore(const RolloutName& name, const Key& key, const analysis::Measure& command, const analysis::Metric& metric);
  void KeepJobs();
  Run* Find(const RolloutName& name, const Key& key);

  AnalysisParts parts_;
  std::vector<manifest::Object> objects_;
  std::map<RolloutName, std::map<Key, Run>> runs_;
  std::map<RolloutName, Kept> memories_;
  bool has_objects_ = false;
  bool knows_all_runs_ = false;          // Long enough after the start.
  std::shared_ptr<LiveAnalyses*> self_;  // Callbacks that come after our end find null.
};

}  // namespace tuesday::control
