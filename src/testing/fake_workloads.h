// SPDX-License-Identifier: Apache-2.0
// Instances as a model on the test's clock: they start, become ready after a while, and do as their artifact says.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ports/clock.h"
#include "ports/workloads.h"

namespace tuesday::testing {

// How the instances of one artifact behave.
struct Behaviour {
  std::optional<Duration> ready_after = std::chrono::milliseconds(500);  // None: never.
  std::optional<Duration> crash_after;                                   // After the start; then down for good.
};

class FakeWorkloads : public Workloads {
 public:
  explicit FakeWorkloads(const Clock& clock) : clock_(clock) {}

  Result<void> SetInstances(const InstancesTarget& target) override;
  Result<std::vector<InstanceState>> Observe() override;
  Result<std::vector<std::string>> Logs(const InstanceId& instance, int lines_max) override;

  // By the artifact digest of the first container.
  void Behave(const std::string& artifact, Behaviour behaviour) { behaviours_[artifact] = behaviour; }
  void FailCalls(std::optional<Error> error) { error_ = std::move(error); }

  // The supervisors are found dead and their instances gone, as after a reboot.
  void LoseInstances() { instances_.clear(); }

  // Targets of nothing that runs: a real receiver forgets them after a while too.
  void ForgetStopped() {
    std::erase_if(targets_, [](const auto& item) { return item.second.count == 0; });
  }

  bool IsReady(const InstanceId& instance) const;
  int set_calls() const { return set_calls_; }
  const std::map<std::pair<RolloutName, RevisionId>, InstancesTarget>& targets() const { return targets_; }

 private:
  struct Instance {
    RolloutName rollout;
    RevisionId revision;
    int ordinal = 0;
    std::uint16_t port = 0;
    Instant started_at;
    Behaviour behaviour;
  };
  // Never 0, which means that there is none yet.
  std::uint16_t NextPort() {
    return next_port_ = next_port_ == UINT16_MAX ? kFirstPort : static_cast<std::uint16_t>(next_port_ + 1);
  }
  InstanceState StateOf(const InstanceId& id, const Instance& instance) const;

  const Clock& clock_;
  std::map<std::pair<RolloutName, RevisionId>, InstancesTarget> targets_;
  std::map<InstanceId, Instance> instances_;
  std::map<std::string, Behaviour> behaviours_;
  std::optional<Error> error_;
  static constexpr std::uint16_t kFirstPort = 20'000;
  std::uint16_t next_port_ = kFirstPort;
  int set_calls_ = 0;
};

}  // namespace tuesday::testing
