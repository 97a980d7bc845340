// SPDX-License-Identifier: Apache-2.0
// What one instance shall be, as the file `spec` of its folder: written by the daemon, read by the instance's supervisor,
// which may be older or newer than the daemon. Format: docs/formats/instances.md.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "core/manifest/pod.h"

namespace tuesday::process {

constexpr int kSpecFormat = 3;
constexpr int kSpecReadableBy = 1;
constexpr int kSealedReadableBy = 2;     // Of a spec whose environment is sealed.
constexpr int kContainerReadableBy = 3;  // Of a spec that is run as a container.
constexpr std::size_t kSpecBytesMax = 4 << 20;

constexpr Duration kBackOffFirst = std::chrono::seconds(1);
constexpr Duration kBackOffMax = std::chrono::seconds(60);
constexpr Duration kBackOffResetAfter = std::chrono::minutes(10);
constexpr std::int64_t kLogBytesMax = 10 << 20;  // Of each of the two files.

// How a supervisor restarts and logs. Settings of the daemon, copied into each spec.
struct Policy {
  Duration back_off_first = kBackOffFirst;
  Duration back_off_max = kBackOffMax;
  Duration back_off_reset_after = kBackOffResetAfter;
  std::int64_t log_bytes_max = kLogBytesMax;
  friend bool operator==(const Policy&, const Policy&) = default;
};

// What an instance is that runs as a container of the machine's engine.
struct ContainerImage {
  std::string image;   // With its digest: "registry.example.com/api@sha256:...".
  std::string socket;  // Of the engine.
  std::vector<std::uint16_t> ports;
  std::vector<std::string> logins;  // Files of logins (the bytes of a config.json), the first that fits counts. Secret.
  friend bool operator==(const ContainerImage&, const ContainerImage&) = default;
};

struct InstanceSpec {
  InstanceId instance;
  RolloutName rollout;
  Uid uid;
  RevisionId revision;
  int ordinal = 0;
  Generation generation;        // Of the target that made the instance. A stop of an older generation is not for it.
  std::string artifact_folder;  // Empty: the container has no artifact.
  std::optional<ContainerImage> container;  // Else it is a process.
  std::vector<std::string> command;
  std::vector<std::string> args;
  std::string working_dir;
  std::map<std::string, std::string> environment;  // Resolved but for PORT. Secret: the file has mode 0600.
  bool has_port = false;                           // The container names a port: ready needs a listener.
  // In a probe an empty port means PORT.
  std::optional<manifest::Probe> readiness;
  std::optional<manifest::Probe> liveness;
  std::optional<manifest::Probe> startup;
  manifest::Resources resources;
  Duration grace = std::chrono::seconds(30);
  std::string user;  // Used when the supervisor runs as root and the machine has this user.
  Policy policy;

  friend bool operator==(const InstanceSpec&, const InstanceSpec&) = default;
};

Json SpecJson(const InstanceSpec& spec);
// kCorrupt when it is none, kUnsupported when a newer tuesday wrote it in a form that we cannot read.
Result<InstanceSpec> ParseSpec(std::string_view text);

}  // namespace tuesday::process
