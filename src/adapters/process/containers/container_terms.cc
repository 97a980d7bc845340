// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/containers/container_terms.h"

#include <algorithm>

#include "adapters/process/instance/instance_process.h"
#include "adapters/supervise/process.h"
#include "base/digest.h"

namespace tuesday::process {
namespace {

constexpr int kProcessesMax = 4096;
constexpr std::int64_t kOpenFilesMax = 1024;
constexpr std::int64_t kCpuShares = 1024;  // Of one cpu.
constexpr std::int64_t kCpuSharesMin = 2;
constexpr std::int64_t kNanosOfMilli = 1'000'000;
constexpr std::uint64_t kEngineLogBytesMax = 1 << 20;  // What is kept is the instance's own log.
constexpr int kSignalBase = 128;
constexpr int kSignalMax = 64;
// Of the engine's own set: what reaches the network's frames, devices or the machine's log.
constexpr const char* kDropped[] = {"NET_RAW", "MKNOD", "AUDIT_WRITE"};

// What is not asked for by a request or a limit runs on what the others leave.
std::int64_t SharesOf(const manifest::Resources& resources) {
  const std::int64_t milli = resources.cpu_request_milli != 0 ? resources.cpu_request_milli : resources.cpu_limit_milli;
  return std::max(kCpuSharesMin, milli * kCpuShares / 1000);
}

std::map<std::string, std::string> EnvironmentOf(const InstanceSpec& spec) {
  std::map<std::string, std::string> environment = spec.environment;
  // PORT is ours: the edge sends requests there, whatever the manifest says.
  if (!spec.container->ports.empty()) environment["PORT"] = std::to_string(spec.container->ports.front());
  std::map<std::string, std::string> expanded = environment;
  for (auto& [name, value] : expanded) value = ExpandVariables(value, environment);
  return expanded;
}

std::vector<std::string> Expanded(std::vector<std::string> words, const std::map<std::string, std::string>& variables) {
  for (std::string& word : words) word = ExpandVariables(word, variables);
  return words;
}

}  // namespace

std::map<std::string, std::string> InstanceLabels(const InstanceSpec& spec, const std::string& folder) {
  return {{std::string(kInstanceLabel), spec.instance.str()}, {"tuesday.folder", folder}};
}

containers::ContainerSpec ContainerOf(const InstanceSpec& spec, const std::string& folder, std::uint16_t port) {
  containers::ContainerSpec out;
  // A name is the engine's, and other daemons may use the same engine.
  out.name = "tuesday-" + spec.instance.str() + "-" + Sha256Hex(folder).substr(0, 8);
  out.image = spec.container->image;
  out.environment = EnvironmentOf(spec);
  if (!spec.command.empty()) out.entrypoint = Expanded(spec.command, out.environment);
  // With a command of its own, the image's words are not its arguments.
  if (!spec.args.empty() || !spec.command.empty()) out.command = Expanded(spec.args, out.environment);
  out.labels = InstanceLabels(spec, folder);
  out.labels["tuesday.namespace"] = spec.rollout.ns.str();
  out.labels["tuesday.rollout"] = spec.rollout.name;
  out.labels["tuesday.uid"] = spec.uid.str();
  out.labels["tuesday.revision"] = spec.revision.str();
  out.labels[std::string(kGenerationLabel)] = std::to_string(spec.generation.value);
  out.working_folder = spec.working_dir;
  out.host_name = spec.instance.str().substr(0, 63);
  out.network_mode = "bridge";
  for (const std::uint16_t inside : spec.container->ports) {
    out.ports.push_back({inside, inside == spec.container->ports.front() ? port : std::uint16_t{0}});
  }
  out.capabilities_dropped.assign(std::begin(kDropped), std::end(kDropped));
  out.limits = {{"nofile", kOpenFilesMax, kOpenFilesMax * 4}, {"nproc", kProcessesMax, kProcessesMax}};
  out.health = containers::HealthCheck{.none = true};
  out.memory_bytes = static_cast<std::uint64_t>(spec.resources.memory_limit_bytes);
  out.cpu_nanos = spec.resources.cpu_limit_milli * kNanosOfMilli;
  out.cpu_shares = SharesOf(spec.resources);
  out.processes_max = kProcessesMax;
  out.log_driver = "json-file";
  out.log_bytes_max = kEngineLogBytesMax;
  out.new_privileges = false;
  return out;
}

std::string ExitCodeText(int exit_code) {
  const bool is_signal = exit_code > kSignalBase && exit_code <= kSignalBase + kSignalMax;
  // As wait(2) writes them.
  return supervise::ExitText(is_signal ? exit_code - kSignalBase : exit_code << 8);
}

}  // namespace tuesday::process
