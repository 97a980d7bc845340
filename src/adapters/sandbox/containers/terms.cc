// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/containers/terms.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <tuple>

#include "adapters/files/files.h"
#include "adapters/sandbox/bubble/arguments.h"
#include "adapters/sandbox/containers/programs.h"
#include "base/digest.h"
#include "core/workflow/container/options.h"

namespace tuesday::sandbox {
namespace {

using EngineBind = containers::Bind;
using containers::ContainerSpec;
using workflow::ContainerOptions;
using workflow::ContainerPlan;

constexpr std::size_t kDigestShown = 12;
constexpr rlim_t kFilesMax = 8192;  // Open at a time, of one process.
constexpr const char* kDropped[] = {"NET_RAW", "NET_ADMIN", "MKNOD", "AUDIT_WRITE", "SYS_ADMIN", "SYS_PTRACE"};

std::string PlaceDigest(const PlaceFolder& folder) { return Sha256Hex(folder.path).substr(0, kDigestShown); }

std::string WorkspaceHost(const ContainerTerms& terms) {
  return terms.spec.workspace_host.empty() ? terms.folder.work() : terms.spec.workspace_host;
}

// Never more than we have ourselves: an engine that is as bound as we are could not give it.
std::vector<containers::UserLimit> OwnLimits(const PlaceLimits& place) {
  std::vector<containers::UserLimit> limits;
  for (const auto& [name, what, most] : {std::tuple("nofile", RLIMIT_NOFILE, kFilesMax),
                                         std::tuple("nproc", RLIMIT_NPROC, static_cast<rlim_t>(place.processes))}) {
    rlimit own{};
    ::getrlimit(what, &own);
    const auto limit = static_cast<std::int64_t>(std::min(own.rlim_max, most));
    limits.push_back({name, limit, limit});
  }
  return limits;
}

Result<void> AddVolume(const std::string& text, const PlaceFolder& folder, ContainerSpec& spec) {
  const auto volume = workflow::ParseContainerVolume(text);
  if (!volume) return Fail(ErrorCode::kInvalid, volume.error());
  if (volume->name.empty()) {
    spec.anonymous_volumes.push_back(volume->inside);
  } else {
    spec.binds.push_back({ContainerName(folder, "volume-" + volume->name), volume->inside, volume->read_only});
  }
  return {};
}

void TakeHealth(const ContainerOptions& options, ContainerSpec& spec) {
  const bool said = options.no_health_check || !options.health_command.empty() || options.health_retries != 0 ||
                    options.health_interval != Duration::zero() || options.health_timeout != Duration::zero() ||
                    options.health_start_period != Duration::zero();
  if (!said) return;
  spec.health = containers::HealthCheck{.none = options.no_health_check,
                                        .shell_command = options.health_command,
                                        .interval = options.health_interval,
                                        .timeout = options.health_timeout,
                                        .start_period = options.health_start_period,
                                        .retries = options.health_retries};
}

void TakeLimits(const PlaceLimits& limits, const ContainerOptions& options, ContainerSpec& spec) {
  const double cpus = options.cpus ? std::min(*options.cpus, limits.cpus) : limits.cpus;
  spec.cpu_nanos = static_cast<std::int64_t>(cpus * 1e9);
  spec.memory_bytes = options.memory_bytes == 0 ? limits.memory_bytes : std::min(options.memory_bytes, limits.memory_bytes);
  spec.processes_max = options.processes_max == 0 ? limits.processes : std::min(options.processes_max, limits.processes);
  spec.shared_memory_bytes = std::min(options.shared_memory_bytes, limits.memory_bytes);
}

}  // namespace

std::map<std::string, std::string> PlaceLabels(const PlaceFolder& folder) { return {{kPlaceLabel, folder.path}}; }

std::string ContainerName(const PlaceFolder& folder, const std::string& what) {
  return fmt::format("tuesday-{}-{}", PlaceDigest(folder), what);
}

Result<ContainerSpec> CommonSpec(const ContainerTerms& terms, const ContainerPlan& plan, const std::string& role,
                                 const std::string& what) {
  const auto options = workflow::ParseContainerOptions(plan.options);
  if (!options) return Fail(ErrorCode::kInvalid, "options: " + options.error());
  ContainerSpec spec;
  spec.name = ContainerName(terms.folder, what);
  spec.image = plan.image;
  spec.environment = plan.environment;
  for (const auto& [name, value] : options->environment) spec.environment[name] = value;
  spec.labels = options->labels;
  spec.labels.merge(PlaceLabels(terms.folder));
  spec.labels[kJobLabel] = terms.spec.id.str();
  spec.labels[kRoleLabel] = role;
  spec.user = options->user;
  spec.working_folder = options->working_folder;
  spec.host_name = options->host_name;
  spec.network_mode = fmt::format("ns:/proc/{}/ns/net", terms.network_owner);
  for (const char* name : {"hosts", "resolv.conf"})
    spec.binds.push_back({terms.folder.etc() + "/" + name, std::string("/etc/") + name, true});
  for (const std::string& volume : plan.volumes) TRY_OK(AddVolume(volume, terms.folder, spec));
  for (const std::string& volume : options->volumes) TRY_OK(AddVolume(volume, terms.folder, spec));
  spec.memory_folders = options->memory_folders;
  spec.capabilities_dropped = DroppedCapabilities();
  for (const std::string& dropped : options->capabilities_dropped) spec.capabilities_dropped.push_back(dropped);
  spec.limits = OwnLimits(terms.spec.limits);
  TakeHealth(*options, spec);
  TakeLimits(terms.spec.limits, *options, spec);
  spec.read_only_root = options->read_only;
  spec.new_privileges = false;
  const std::string& entrypoint = plan.entrypoint.empty() ? options->entrypoint : plan.entrypoint;
  if (!entrypoint.empty()) {
    const auto words = workflow::SplitCommand(entrypoint);
    if (!words) return Fail(ErrorCode::kInvalid, "entrypoint: " + words.error());
    spec.entrypoint = *words;
  }
  spec.command = plan.command;
  return spec;
}

Result<ContainerSpec> JobSpec(const ContainerTerms& terms, const ContainerPlan& plan) {
  TRY(ContainerSpec spec, CommonSpec(terms, plan, "job", "job"));
  const PlaceFolder& folder = terms.folder;
  TRY(CarriedProgram own, CarryProgram(terms.program, std::string(kCarriedFolder), "tuesday"));
  own.argv.insert(own.argv.end(), terms.runner_words.begin(), terms.runner_words.end());
  own.argv.push_back(std::string(kCarriedSocketFolder) + "/socket");
  spec.entrypoint = own.argv;
  spec.command = std::vector<std::string>();
  spec.binds.insert(spec.binds.end(), own.binds.begin(), own.binds.end());
  // Actions in JavaScript bring no interpreter along.
  if (const std::string node = FindInPath("node"); !node.empty()) {
    if (const auto carried = CarryProgram(node, std::string(kCarriedNodeFolder), "node"); carried.has_value())
      spec.binds.insert(spec.binds.end(), carried->binds.begin(), carried->binds.end());
  }
  const std::vector<EngineBind> own_binds = {{WorkspaceHost(terms), terms.spec.workspace},
                                             {folder.temp(), terms.spec.temp},
                                             {folder.home(), terms.spec.home},
                                             {folder.commands(), std::string(kInsideSteps)},
                                             {folder.runner(), std::string(kCarriedSocketFolder)}};
  spec.binds.insert(spec.binds.end(), own_binds.begin(), own_binds.end());
  for (const Mount& mount : terms.spec.mounts)
    spec.binds.push_back({mount.host, mount.inside, mount.access == Mount::Access::kRead});
  if (files::Exists(std::string(kHostToolCache)))
    spec.binds.push_back({std::string(kHostToolCache), std::string(kCarriedToolCache), true});
  if (spec.working_folder.empty()) spec.working_folder = terms.spec.workspace;
  // Health is asked of services only, and the image's own check would look for what is not started.
  spec.health = containers::HealthCheck{.none = true};
  spec.removed_at_end = true;
  return spec;
}

Result<ContainerSpec> ActionSpec(const ContainerTerms& terms, const ContainerPlan& plan, const StepOrder& order) {
  TRY(ContainerSpec spec, CommonSpec(terms, plan, "action", "step-" + std::to_string(order.ordinal)));
  for (const auto& [name, value] : order.environment) spec.environment[name] = value;
  const PlaceFolder& folder = terms.folder;
  const std::vector<EngineBind> binds = {{WorkspaceHost(terms), "/github/workspace"},
                                         {folder.temp(), "/github/runner_temp"},
                                         {folder.home(), "/github/home"},
                                         {folder.commands(), "/github/file_commands"}};
  spec.binds.insert(spec.binds.end(), binds.begin(), binds.end());
  for (const Mount& mount : terms.spec.mounts) {
    const bool is_event = mount.inside.ends_with("/event.json");
    spec.binds.push_back({mount.host, is_event ? "/github/workflow/event.json" : mount.inside, true});
  }
  spec.working_folder = "/github/workspace";
  return spec;
}

std::vector<std::string> DroppedCapabilities(const std::string& prefix) {
  std::vector<std::string> dropped;
  for (const char* name : kDropped) dropped.push_back(prefix + name);
  return dropped;
}

std::vector<std::string> NamedVolumes(const ContainerSpec& spec) {
  std::vector<std::string> names;
  for (const EngineBind& bind : spec.binds) {
    if (!bind.source.starts_with('/')) names.push_back(bind.source);
  }
  return names;
}

std::optional<std::string> HostPathOf(const ContainerTerms& terms, const std::string& inside, std::string& root) {
  std::vector<std::pair<std::string, std::string>> roots = {{terms.spec.workspace, WorkspaceHost(terms)},
                                                            {terms.spec.home, terms.folder.home()},
                                                            {terms.spec.temp, terms.folder.temp()}};
  for (const Mount& mount : terms.spec.mounts) roots.emplace_back(mount.inside, mount.host);
  std::optional<std::string> best;
  std::size_t best_size = 0;
  for (const auto& [from, to] : roots) {
    const bool below = inside.starts_with(from) && (inside.size() == from.size() || inside[from.size()] == '/');
    if (!below || from.size() < best_size) continue;
    best_size = from.size();
    root = to;
    best = inside.size() == from.size() ? "." : inside.substr(from.size() + 1);
  }
  return best;
}

}  // namespace tuesday::sandbox
