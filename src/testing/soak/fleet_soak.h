// SPDX-License-Identifier: Apache-2.0
// A fleet that releases one new version after the other for as long as one likes, on virtual time: the daemon's control loops,
// recorder, judge and sample store are real, the outside is fake and forgets what is over. What still grows is the daemon's.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "control/fleet.h"
#include "control/gate/rule_judge.h"
#include "control/metrics/recorder.h"
#include "testing/fake_blobs.h"
#include "testing/fake_clock.h"
#include "testing/fake_router.h"
#include "testing/fake_store.h"
#include "testing/fake_workloads.h"
#include "testing/virtual_executor.h"

namespace tuesday::testing {

// Any source is an artifact; nothing is remembered.
class EveryArtifact : public ArtifactStore {
 public:
  Result<std::string> TakeIn(const std::string& source) override { return Sha256Hex(source); }
  Result<std::string> PathOf(const std::string& digest) override { return "/artifacts/" + digest; }
  Result<std::vector<KeptArtifact>> List() override { return std::vector<KeptArtifact>(); }
  Result<std::uint64_t> Remove(const std::string&) override { return std::uint64_t{0}; }
};

struct SoakSettings {
  int services = 4;
  int replicas = 1;
  int fails_every = 4;     // Every so-manieth version answers with errors and is given up.
  int deleted_after = 12;  // So many versions of a service, then it is deleted and another one comes; 0: never.
  Duration pause = std::chrono::seconds(10);
  Duration pulse = std::chrono::seconds(10);  // Polls, samples, ticks of rules, requests.
  std::int64_t samples_bytes_max = 16LL << 20;
  Duration samples_retention = std::chrono::minutes(1);
};

class FleetSoak {
 public:
  explicit FleetSoak(SoakSettings settings = {});

  // Goes on until so many rollouts have ended since the beginning, or until nothing ended for an hour: that is a CHECK.
  void RunUntilEnded(std::uint64_t rollouts);

  // Releases nothing until every rollout has ended and only the samples of what runs are left: what is held then can be
  // compared with another rest.
  void Rest();

  std::uint64_t ended() const { return ended_; }
  std::uint64_t aborted() const { return aborted_; }
  std::uint64_t deleted() const { return deleted_; }

  // How many attempts are under way.
  int InFlight() const;

  control::Fleet& fleet() { return *fleet_; }
  VirtualExecutor& executor() { return executor_; }
  metrics::Stats samples() const { return series_.stats(); }

 private:
  struct Service {
    std::string name;
    int version = 0;      // The last one that was applied.
    bool is_due = false;  // For its next version.
    bool is_going = false;
    bool is_dirty = false;
    std::map<RevisionId, int> versions;
  };

  void Start();
  void Pulse();
  std::vector<Service*> TakeDue();
  void Serve();
  void Look(Service& service);
  void Release(const std::vector<Service*>& services);
  void Replace(Service& service);
  void Due(Service& service);
  void ForgetWhatIsOver();
  std::string Manifest(const Service& service) const;
  bool IsFaulty(int version) const { return settings_.fails_every > 0 && version % settings_.fails_every == 0; }
  static RolloutName NameOf(const Service& service) { return {Namespace("default"), service.name}; }

  SoakSettings settings_;
  FakeClock clock_;
  VirtualExecutor executor_{clock_};
  FakeStore store_;
  FakeBlobs blobs_;
  EveryArtifact artifacts_;
  FakeWorkloads workloads_{clock_};
  FakeRouter router_{[this](const InstanceId& id) { return workloads_.IsReady(id); }};
  ClockJoin join_;
  metrics::SeriesStore series_;
  std::unique_ptr<control::Recorder> recorder_;
  std::unique_ptr<control::RuleJudge> judge_;
  std::unique_ptr<control::Fleet> fleet_;
  std::vector<Service> services_;
  std::map<std::string, std::size_t> by_name_;
  std::vector<Service*> due_;  // For their next version.
  bool is_resting_ = false;
  int names_given_ = 0;
  std::uint64_t ended_ = 0;
  std::uint64_t aborted_ = 0;
  std::uint64_t deleted_ = 0;
};

}  // namespace tuesday::testing
