// SPDX-License-Identifier: Apache-2.0
// Instances as a model on virtual time that do what their pod's manifest would make them do: start slowly, wait for a
// readiness gate, or never come up because the program or the image does not exist.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ports/clock.h"
#include "ports/workloads.h"

namespace tuesday::scenarios {

class SimulatedInstances : public Workloads {
 public:
  explicit SimulatedInstances(const Clock& clock) : clock_(clock) {}

  Result<void> SetInstances(const InstancesTarget& target) override;
  Result<std::vector<InstanceState>> Observe() override;
  Result<std::vector<std::string>> Logs(const InstanceId& instance, int lines_max) override;

  bool IsReady(const InstanceId& instance) const;

  // Passes the readiness gate of `count` instances of the revision that wait for it.
  void MarkReady(const RevisionId& revision, int count);

 private:
  struct Instance {
    RolloutName rollout;
    RevisionId revision;
    int ordinal = 0;
    std::uint16_t port = 0;
    Instant started_at;
    bool broken = false;
    bool gated = false;
    Duration start_time{};
    std::optional<Instant> marked_at;
  };
  InstanceState StateOf(const InstanceId& id, const Instance& instance) const;

  const Clock& clock_;
  std::map<std::pair<RolloutName, RevisionId>, Generation> generations_;
  std::map<InstanceId, Instance> instances_;
  std::uint16_t next_port_ = 20'000;
};

}  // namespace tuesday::scenarios
