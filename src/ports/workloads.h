// SPDX-License-Identifier: Apache-2.0
// Runs the instances of revisions. Owns nothing that must survive the daemon: instances outlive it and are adopted.
// May block; called on the effect runner's pool, one call at a time for a rollout.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"
#include "core/manifest/pod.h"

namespace tuesday {

// Shall be true: instances 0 .. count-1 of one revision run, but for those from out_begin to before out_end. Ids are derived:
// InstanceIdOf(rollout uid, revision, n). `generation` grows with every new target of the same (rollout, revision); the
// receiver refuses older ones with kStale.
struct InstancesTarget {
  RolloutName rollout;
  Uid uid;
  RevisionId revision;
  Generation generation;
  int count = 0;
  int out_begin = 0;
  int out_end = 0;
  manifest::PodSpec pod;                           // Resolved: `artifact` digests instead of image references.
  std::map<std::string, std::string> artifacts;    // Container name -> artifact digest in the blob store, or image by digest.
  std::map<std::string, std::string> environment;  // Of ConfigMaps and Secrets, resolved. Never logged.
  std::vector<std::string> registry_logins;        // Contents of the Secrets that imagePullSecrets name. Never logged.
};

enum class InstancePhase { kStarting, kRunning, kBackOff, kStopping, kStopped };

// What has been seen of one instance.
struct InstanceState {
  InstanceId id;
  RolloutName rollout;
  RevisionId revision;
  int ordinal = 0;
  InstancePhase phase = InstancePhase::kStarting;
  std::string host;        // Where it listens: "127.0.0.1".
  std::uint16_t port = 0;  // Of the first containerPort.
  bool ready = false;
  std::optional<Instant> ready_since;
  Instant started_at;  // Of the instance, not of the process in it.
  int restarts = 0;
  std::string last_exit;   // "exit 1", "signal 9 (OOM)", "" while the first process runs.
  std::string message;     // Why it is not ready, in one sentence.
  double cpu_seconds = 0;  // Used so far; counters start again with each process and are summed here.
  std::int64_t memory_bytes = 0;

  friend bool operator==(const InstanceState&, const InstanceState&) = default;
};

InstanceId InstanceIdOf(const RolloutName& rollout, const Uid& uid, const RevisionId& revision, int ordinal);

class Workloads {
 public:
  virtual ~Workloads() = default;

  // Makes the target known durably and starts to make it true; returns before it is. Asking twice is harmless.
  // Instances above `count` are told to stop: SIGTERM, then SIGKILL after terminationGracePeriod.
  virtual Result<void> SetInstances(const InstancesTarget& target) = 0;

  // All instances of all rollouts that exist, stopped ones until they are gone. Also after a restart of the daemon.
  virtual Result<std::vector<InstanceState>> Observe() = 0;

  // The last `lines_max` lines of an instance's output, oldest first.
  virtual Result<std::vector<std::string>> Logs(const InstanceId& instance, int lines_max) = 0;
};

}  // namespace tuesday
