// SPDX-License-Identifier: Apache-2.0
// The folder of an instance and the record that its supervisor keeps in the file `state`, replaced at every change.
// Format: docs/formats/instances.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/process/instance/spec.h"
#include "adapters/supervise/process.h"
#include "ports/workloads.h"

namespace tuesday::process {

// Paths of instances/<id>/.
struct InstanceFolder {
  std::string path;

  std::string spec() const { return path + "/spec"; }
  std::string state() const { return path + "/state"; }
  std::string stop() const { return path + "/stop"; }  // Holds the generation up to which the instance shall stop.
  std::string lock() const { return path + "/lock"; }
  std::string socket() const { return path + "/sock"; }
  std::string log() const { return path + "/log"; }
  std::string older_log() const { return path + "/log.1"; }
  std::string supervisor_log() const { return path + "/supervisor.log"; }
};

struct InstanceRecord {
  InstanceState seen;               // Without cpu_seconds and memory_bytes, which readers take from /proc.
  Generation generation;            // Of the spec that is being run.
  std::string boot_id;              // Instants and processes of another boot mean nothing.
  supervise::Process process;       // The first of what runs; pid 0: nothing does.
  std::string container;            // The engine's id of what was begun last; empty: the process is the supervisor's child.
  double cpu_seconds_before = 0;    // Of earlier children.
  std::vector<std::string> groups;  // cgroup folders of the instance.
  std::string limits_message;       // Which limits are not enforced, and why.

  friend bool operator==(const InstanceRecord&, const InstanceRecord&) = default;
};

std::string_view PhaseName(InstancePhase phase);

Json RecordJson(const InstanceRecord& record);
Result<InstanceRecord> ParseRecord(std::string_view text);

// The generation in the file `stop`, if there is one.
std::optional<Generation> ReadStop(const InstanceFolder& folder);

// Whether the instance shall run: no stop, or one of a generation before this spec's.
bool IsWanted(const InstanceSpec& spec, std::optional<Generation> stop);

}  // namespace tuesday::process
