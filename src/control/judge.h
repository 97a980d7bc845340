// SPDX-License-Identifier: Apache-2.0
// Who says whether an attempt is well. The fleet asks, stores what changed, and hands the answer to the machine; it knows
// neither rules nor samples. Loop thread only; nothing here blocks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/view.h"
#include "core/audit/entry.h"
#include "core/rollout/reconcile.h"
#include "core/rollout/world.h"
#include "ports/edge_feed.h"
#include "ports/store.h"
#include "ports/traffic_router.h"

namespace tuesday::control {

// One rollout as the judge needs it. The pointers are good during the call only.
struct JudgedRollout {
  const RolloutName& name;
  const rollout::Spec& spec;
  const rollout::Status& status;
  const state::Exposure& exposure;
  const std::vector<InstanceState>& instances;
};

// A verdict that differs from the last one: what to tell, and the samples to seal.
struct Judged {
  audit::Entry entry;
  std::string samples;  // Bytes for the blob store; the entry's data gets their digest as "samples".
};

// What a restart must not lose. It goes into the transaction of the decision that it led to.
struct Memory {
  std::uint64_t version = 0;  // Grows with every change.
  bool is_due = false;        // Worth a commit of its own; otherwise it waits for the next.
  std::vector<Row> rows;      // An empty value: the row goes.
};

class Remembering {
 public:
  virtual ~Remembering() = default;

  // Null when there is nothing. Good until the next call of anything.
  virtual const Memory* MemoryOf(const RolloutName& rollout) = 0;

  // At the start, before anything else is asked. `rows` are those of this rollout, of any of these tables; `boot_id` is
  // this boot's: instants of another one mean nothing.
  virtual Result<void> Restore(const RolloutName& rollout, const std::vector<Row>& rows, const std::string& boot_id,
                               Instant now) = 0;
};

class Judge : public Remembering {
 public:
  // The objects changed: rules are read again. Foreign findings go to the log of the caller.
  virtual void SetRules(const std::vector<manifest::Object>& rules) = 0;

  // Looks at one rollout at `now` and returns what is new. Called at least whenever WakeAt said so.
  virtual std::vector<Judged> Look(const JudgedRollout& rollout, Instant now) = 0;

  // The gate of the attempt under way, once there is anything to say.
  virtual std::optional<rollout::GateSeen> Gate(const RolloutName& rollout) const = 0;
  virtual std::vector<SignalView> Signals(const RolloutName& rollout) const = 0;
  virtual std::optional<Instant> WakeAt(const RolloutName& rollout) const = 0;

  // The rollout is gone.
  virtual void Forget(const RolloutName& rollout) = 0;
};

// Runs the analyses of attempts. `Target` repeats what shall be true; `Seen` is all that is known of one rollout's runs.
class AnalysisRunner : public Remembering {
 public:
  // All objects of the fleet changed: templates and rollouts are looked up among them.
  virtual void SetObjects(const std::vector<manifest::Object>& objects) = 0;

  virtual void Target(const JudgedRollout& rollout, const rollout::AnalysisTarget& target) = 0;
  virtual std::vector<rollout::AnalysisSeen> Seen(const RolloutName& rollout) const = 0;

  // The rollout is gone.
  virtual void Forget(const RolloutName& rollout) = 0;
};

// Takes what the edge and the workloads were seen to do. The recorder behind it makes samples of it.
class Observer {
 public:
  virtual ~Observer() = default;

  virtual void OnRollout(const JudgedRollout& rollout) = 0;
  virtual void OnInstances(const std::vector<InstanceState>& instances, Instant now) = 0;
  virtual void OnEdge(const EdgeSeen& seen, Instant now) = 0;
  virtual void OnBatch(const EdgeBatch& batch, Instant now) = 0;

  // The rollout is gone.
  virtual void Forget(const RolloutName& rollout) = 0;
};

}  // namespace tuesday::control
