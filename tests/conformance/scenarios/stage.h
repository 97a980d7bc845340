// SPDX-License-Identifier: Apache-2.0
// Where a scenario is played: tuesday's own fleet (control, core) on virtual time over fakes of everything outside it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "analyses.h"
#include "control/fleet.h"
#include "instances.h"
#include "objects.h"
#include "testing/fake_blobs.h"
#include "testing/fake_clock.h"
#include "testing/fake_judge.h"
#include "testing/fake_router.h"
#include "testing/fake_store.h"
#include "testing/virtual_executor.h"

namespace tuesday::scenarios {

class Stage {
 public:
  Stage();

  Objects& objects() { return objects_; }
  // Binds the images that are new, and applies everything.
  Result<void> Apply();
  Result<void> Act(rollout::Verb verb);
  Result<void> Undo(std::optional<int> number);
  void MarkReady(int number, int count);

  void Sleep(Duration duration) { executor_.RunFor(duration); }
  // Until it holds at some event, or the time is over.
  bool WaitFor(const std::function<bool()>& holds, Duration limit) { return executor_.RunUntilHolds(holds, limit); }

  // The rollout as tuesday shows it; empty before it was applied.
  control::RolloutView View() const;
  const ScriptedAnalyses& analyses() const { return analyses_; }
  const std::vector<NewEntry>& entries() const { return store_.entries(); }
  Instant Now() const { return clock_.Now(); }

 private:
  RolloutName Name() const { return {Namespace("default"), objects_.rollout_name()}; }
  Result<void> Bind(const std::string& image);

  Objects objects_;
  std::set<std::string> bound_;
  testing::FakeClock clock_;
  testing::VirtualExecutor executor_{clock_};
  testing::FakeStore store_;
  testing::FakeBlobs blobs_;
  testing::FakeArtifacts artifacts_;
  SimulatedInstances instances_{clock_};
  testing::FakeRouter router_{[this](const InstanceId& id) { return instances_.IsReady(id); }};
  testing::FakeJudge judge_;  // Finds every attempt well: Argo has no gate, and its conditions are the analyses.
  ScriptedAnalyses analyses_{clock_, executor_, [this](const RolloutName& name, std::vector<audit::Entry> entries) {
                               if (fleet_ != nullptr) fleet_->Tell(name, std::move(entries));
                             }};
  std::unique_ptr<control::Fleet> fleet_;
};

}  // namespace tuesday::scenarios
