// SPDX-License-Identifier: Apache-2.0
// A whole fleet over fakes on virtual time, with three words for a test: apply a version, run until something holds, crash.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/fleet.h"
#include "testing/fake_blobs.h"
#include "testing/fake_clock.h"
#include "testing/fake_images.h"
#include "testing/fake_judge.h"
#include "testing/fake_router.h"
#include "testing/fake_store.h"
#include "testing/fake_workloads.h"
#include "testing/virtual_executor.h"

namespace tuesday::testing {

class FleetBench {
 public:
  FleetBench();

  // A Rollout with four replicas, steps 10 % and 50 % of one minute each, and a bake of two minutes. Images are
  // "<name>:<version>", bound to artifacts whose digest depends on both.
  static std::string Manifest(const std::string& version, const std::string& name = "api");
  // The same with the strategy blueGreen, which promotes by itself.
  static std::string BlueGreenManifest(const std::string& version, const std::string& name = "api");

  // Builds the fleet (again) and loads it.
  void Start();
  // Drops the fleet and everything that was queued; what the store, the edge and the workloads have stays.
  void Crash();

  Result<control::ApplyReport> Apply(const std::string& manifests);
  Result<control::ApplyReport> Undo(std::optional<int> number = std::nullopt, const std::string& name = "api");
  Result<void> Act(rollout::Verb verb, const std::string& name = "api");

  // True when the version is stable, judged to the end, and serves everything.
  bool RunUntilStable(const std::string& version, Duration limit, const std::string& name = "api");
  bool RunUntilAborted(Duration limit, const std::string& name = "api");
  // `holds` is asked only after something that can be seen has changed.
  bool RunUntil(const std::function<bool()>& holds, Duration limit);

  // Attempts of this version fail from the first request that they are given on, also after a restart.
  void FailVersion(const std::string& version) { faulty_.push_back(version); }

  control::RolloutView View(const std::string& name = "api") const;
  std::string VersionOf(const RevisionId& revision, const std::string& name = "api") const;
  bool IsStable(const std::string& version, const std::string& name = "api") const;
  bool IsAborted(const std::string& name = "api") const;
  // Of the route that the edge has: "stable v1 canary v2 10 %".
  std::string RouteText(const std::string& name = "api") const;
  int CanaryPermille(const std::string& name = "api") const;
  // Kinds of all journal entries of a rollout, in order.
  std::vector<std::string> EntryKinds(const std::string& name = "api") const;

  bool has_fleet() const { return fleet_ != nullptr; }
  control::Fleet& fleet() { return *fleet_; }
  FakeClock& clock() { return clock_; }
  VirtualExecutor& executor() { return executor_; }
  FakeStore& store() { return store_; }
  FakeBlobs& blobs() { return blobs_; }
  FakeArtifacts& artifacts() { return artifacts_; }
  FakeWorkloads& workloads() { return workloads_; }
  // Images that nobody bound are run as they are from the next Start on.
  FakeImages& HaveImages() {
    has_images_ = true;
    return fake_images_;
  }
  FakeRouter& router() { return router_; }

  static RolloutName NameOf(const std::string& name) { return {Namespace("default"), name}; }

 private:
  bool HadTraffic(const RolloutName& rollout, const RevisionId& revision) const;
  gate::Finding Opinion(const RolloutName& rollout, const rollout::Attempt& attempt) const;

  FakeClock clock_;
  VirtualExecutor executor_{clock_};
  FakeStore store_;
  FakeBlobs blobs_;
  FakeArtifacts artifacts_;
  FakeWorkloads workloads_{clock_};
  FakeImages fake_images_;
  bool has_images_ = false;
  FakeRouter router_{[this](const InstanceId& id) { return workloads_.IsReady(id); }};
  std::unique_ptr<FakeJudge> judge_;
  std::unique_ptr<control::Fleet> fleet_;
  std::uint64_t changes_ = 0;  // That could be seen.
  std::vector<std::string> faulty_;
  mutable std::map<RevisionId, std::string> versions_;  // Seen so far; revisions never change.
};

}  // namespace tuesday::testing
