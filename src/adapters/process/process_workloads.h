// SPDX-License-Identifier: Apache-2.0
// Instances as processes of this machine, each with a supervisor of its own that outlives the daemon. What shall be is on
// disk (instances/<id>/spec, targets/) before anything changes; what is, is read from the supervisors' records and locks.
// Thread-safe; calls block for milliseconds.
#pragma once

#include <sys/types.h>

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "adapters/process/instance/record.h"
#include "ports/artifact_store.h"
#include "ports/instance_output.h"
#include "ports/workloads.h"

namespace tuesday::process {

class ProcessWorkloads : public Workloads, public InstanceOutput {
 public:
  struct Settings {
    std::string state_folder;
    std::vector<std::string> supervise_argv;  // Started with the instance's folder as last argument.
    std::string user = "tuesday";             // Whom instances run as, when we are root and it exists.
    Policy policy;
    std::string engine_socket;  // Of the container engine; empty: images are not run as containers.
    std::string logins_file;    // For its registries, after those that come with a target; read each time.
  };

  ProcessWorkloads(Settings settings, ArtifactStore& artifacts);

  Result<void> SetInstances(const InstancesTarget& target) override;
  Result<std::vector<InstanceState>> Observe() override;
  Result<std::vector<std::string>> Logs(const InstanceId& instance, int lines_max) override;
  Result<OutputChunk> ReadOutput(const InstanceId& instance, const OutputAsk& ask) override;
  Result<InstanceRoom> RoomOf(const InstanceId& instance) override;

 private:
  // A record as it was read, so that one that did not change is not read again.
  struct Cached {
    ino_t inode = 0;
    timespec written{};
    InstanceRecord record;
  };

  InstanceFolder FolderOf(const std::string& instance) const;
  Result<void> TakeGeneration(const InstancesTarget& target);
  Result<ContainerImage> ImageOf(const InstancesTarget& target, const std::string& image) const;
  Result<void> EnsureInstance(const InstanceSpec& spec);
  Result<void> StopInstance(const std::string& instance, Generation generation);
  Result<void> StartSupervisor(const std::string& instance);
  // Nothing: the instance is gone.
  std::optional<InstanceState> ObserveOne(const std::string& instance);
  std::optional<InstanceState> ObserveLost(const std::string& instance);
  const InstanceRecord* ReadRecord(const std::string& instance);
  bool HasContainer(const std::string& instance, const InstanceSpec& spec);
  void Remove(const std::string& instance);

  const Settings settings_;
  const std::string instances_folder_;
  const std::string boot_id_;
  ArtifactStore& artifacts_;
  std::mutex mutex_;
  std::map<std::string, Cached> cache_;
  std::map<std::string, Instant> started_;  // When we last started a supervisor for it.
};

// The spec of one instance of a target: environment resolved, probes' ports too. Fails by name for what one machine cannot do.
Result<InstanceSpec> MakeSpec(const InstancesTarget& target, int ordinal);

}  // namespace tuesday::process
