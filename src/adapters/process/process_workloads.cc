// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/process_workloads.h"

#include <sys/stat.h>

#include <algorithm>

#include "adapters/files/file_lock.h"
#include "adapters/files/files.h"
#include "adapters/process/instance/instance_log.h"
#include "adapters/process/instance/spec_file.h"
#include "adapters/supervise/cgroup.h"
#include "adapters/supervise/json_server.h"
#include "base/digest.h"

namespace tuesday::process {
namespace {

using files::NamesIn;
using supervise::BootNow;

constexpr Duration kStopCallTimeout = std::chrono::milliseconds(500);
// A supervisor that was started has this long to take its lock before another one is started.
constexpr Duration kSupervisorStartTime = std::chrono::seconds(2);
constexpr std::size_t kSupervisorLogBytesMax = 256 << 10;
constexpr int kInstancesMax = 1000;  // Of one target.
constexpr int kKeptLogLines = 2000;  // Of an instance that is gone.
constexpr std::size_t kKeptLogsMax = 100;

void DropOldLogs(const std::string& folder) {
  std::vector<std::pair<timespec, std::string>> files;
  for (const auto& name : NamesIn(folder)) {
    struct stat facts{};
    if (::stat((folder + "/" + name).c_str(), &facts) == 0) files.emplace_back(facts.st_mtim, name);
  }
  if (files.size() <= kKeptLogsMax) return;
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) {
    return std::tuple(a.first.tv_sec, a.first.tv_nsec, a.second) < std::tuple(b.first.tv_sec, b.first.tv_nsec, b.second);
  });
  for (std::size_t i = 0; i + kKeptLogsMax < files.size(); ++i) ::unlink((folder + "/" + files[i].second).c_str());
}

// Not the digest of an artifact, but an image by its digest.
bool IsImage(const std::string& artifact) { return artifact.find('@') != std::string::npos; }

bool SameTime(const timespec& a, const timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; }

}  // namespace

ProcessWorkloads::ProcessWorkloads(Settings settings, ArtifactStore& artifacts)
    : settings_(std::move(settings)),
      instances_folder_(settings_.state_folder + "/instances"),
      boot_id_(supervise::BootId()),
      artifacts_(artifacts) {}

InstanceFolder ProcessWorkloads::FolderOf(const std::string& instance) const { return {instances_folder_ + "/" + instance}; }

// Compares and stores the target's generation: an older one must change nothing, also after a restart of the daemon.
Result<void> ProcessWorkloads::TakeGeneration(const InstancesTarget& target) {
  const std::string folder = settings_.state_folder + "/targets";
  const std::string path =
      folder + "/" + Sha256Hex(target.rollout.Text() + "\n" + target.uid.str() + "\n" + target.revision.str()).substr(0, 32);
  if (const auto text = files::ReadFile(path, 4096); text.has_value()) {
    const auto known = ParseJson(*text);
    const auto generation = static_cast<std::uint64_t>(known.has_value() ? known->At("generation").IntOr(0) : 0);
    if (target.generation.value < generation) {
      return Fail(ErrorCode::kStale, "Generation " + std::to_string(generation) + " of the instances of " +
                                         target.rollout.Text() + " revision " + target.revision.str() + " is in force.");
    }
    if (target.generation.value == generation && known->At("count").IntOr(-1) == target.count) return {};
  } else if (text.error().code != ErrorCode::kNotFound) {
    return std::unexpected(text.error());
  }
  TRY_OK(files::MakeFolders(folder, 0700));
  return files::WriteFileDurably(path,
                                 CanonicalJson(Json::Object{{"format", 1},
                                                            {"generation", target.generation.value},
                                                            {"count", target.count},
                                                            {"rollout", target.rollout.Text()},
                                                            {"revision", target.revision.str()}}),
                                 0600);
}

Result<void> ProcessWorkloads::SetInstances(const InstancesTarget& target) {
  if (target.count < 0 || target.count > kInstancesMax) {
    return Fail(ErrorCode::kLimit, "One revision can have 0 to " + std::to_string(kInstancesMax) + " instances, not " +
                                       std::to_string(target.count) + ".");
  }
  const std::lock_guard lock(mutex_);
  std::vector<InstanceSpec> specs;
  for (int ordinal = 0; ordinal < target.count; ++ordinal) {
    if (ordinal >= target.out_begin && ordinal < target.out_end) continue;
    TRY(specs.emplace_back(), MakeSpec(target, ordinal));
    InstanceSpec& spec = specs.back();
    spec.user = settings_.user;
    spec.policy = settings_.policy;
    if (const auto artifact = target.artifacts.find(target.pod.containers.front().name); artifact != target.artifacts.end()) {
      if (IsImage(artifact->second)) {
        TRY(spec.container, ImageOf(target, artifact->second));
        continue;
      }
      // A missing artifact is the instance's trouble and shown as such: it may be taken in a moment later.
      spec.artifact_folder =
          artifacts_.PathOf(artifact->second).value_or(settings_.state_folder + "/blobs/artifacts/" + artifact->second);
    }
  }
  TRY_OK(files::MakeFolders(instances_folder_, 0711));
  TRY_OK(TakeGeneration(target));
  for (const auto& spec : specs) TRY_OK(EnsureInstance(spec));
  const std::string first = InstanceIdOf(target.rollout, target.uid, target.revision, 0).str();
  const std::string prefix = first.substr(0, first.size() - 1);
  for (const auto& name : NamesIn(instances_folder_)) {
    if (!name.starts_with(prefix)) continue;
    const bool kept = std::any_of(specs.begin(), specs.end(), [&](const auto& spec) { return spec.instance.str() == name; });
    if (!kept) TRY_OK(StopInstance(name, target.generation));
  }
  return {};
}

Result<ContainerImage> ProcessWorkloads::ImageOf(const InstancesTarget& target, const std::string& image) const {
  if (settings_.engine_socket.empty()) {
    return Fail(ErrorCode::kUnsupported,
                "The image " + image + " of " + target.rollout.Text() + " runs as a container, and none can.",
                "Set containers.socket again.");
  }
  ContainerImage container;
  container.image = image;
  container.socket = settings_.engine_socket;
  for (const auto& port : target.pod.containers.front().ports) container.ports.push_back(port.port);
  container.logins = target.registry_logins;
  if (!settings_.logins_file.empty()) {
    TRY(container.logins.emplace_back(), files::ReadFile(settings_.logins_file));
  }
  return container;
}

Result<void> ProcessWorkloads::EnsureInstance(const InstanceSpec& spec) {
  const InstanceFolder folder = FolderOf(spec.instance.str());
  const auto known = ReadSpecFile(folder);
  if (!known.has_value() || !IsWanted(*known, ReadStop(folder))) {
    TRY_OK(files::MakeFolders(folder.path, 0700));
    TRY_OK(WriteSpecFile(folder, spec));
    TRY_OK(files::SyncFolder(instances_folder_));
  }
  // One that still stops is started when it is seen to have stopped.
  if (files::FileLock::IsHeld(folder.lock())) return {};
  return StartSupervisor(spec.instance.str());
}

Result<void> ProcessWorkloads::StopInstance(const std::string& instance, Generation generation) {
  const InstanceFolder folder = FolderOf(instance);
  if (const auto known = ReadStop(folder); !known.has_value() || *known < generation) {
    TRY_OK(files::WriteFileDurably(folder.stop(), std::to_string(generation.value), 0600));
  }
  // Nobody there is no error: whoever comes next reads the file.
  (void)supervise::Call(folder.socket(), {{"do", "stop"}, {"generation", generation.value}}, kStopCallTimeout);
  return {};
}

Result<void> ProcessWorkloads::StartSupervisor(const std::string& instance) {
  const auto before = started_.find(instance);
  if (before != started_.end() && BootNow() - before->second < kSupervisorStartTime) return {};
  started_[instance] = BootNow();
  const InstanceFolder folder = FolderOf(instance);
  struct stat facts{};
  if (::stat(folder.supervisor_log().c_str(), &facts) == 0 &&
      static_cast<std::size_t>(facts.st_size) > kSupervisorLogBytesMax) {
    ::unlink(folder.supervisor_log().c_str());
  }
  supervise::SpawnPlan plan;
  plan.argv = settings_.supervise_argv;
  plan.argv.push_back(folder.path);
  plan.environment = supervise::OwnEnvironment();
  plan.working_folder = "/";
  TRY_OK(supervise::SpawnDetached(plan, folder.supervisor_log()));
  return {};
}

const InstanceRecord* ProcessWorkloads::ReadRecord(const std::string& instance) {
  const InstanceFolder folder = FolderOf(instance);
  struct stat facts{};
  if (::stat(folder.state().c_str(), &facts) != 0) return nullptr;
  Cached& cached = cache_[instance];
  if (cached.inode != facts.st_ino || !SameTime(cached.written, facts.st_mtim)) {
    const auto text = files::ReadFile(folder.state(), kSpecBytesMax);
    auto record = text.has_value() ? ParseRecord(*text) : Result<InstanceRecord>(std::unexpected(text.error()));
    if (!record.has_value()) return nullptr;
    cached = Cached{facts.st_ino, facts.st_mtim, std::move(record).value()};
  }
  return cached.record.boot_id == boot_id_ ? &cached.record : nullptr;
}

void ProcessWorkloads::Remove(const std::string& instance) {
  const InstanceFolder folder = FolderOf(instance);
  const std::string logs = settings_.state_folder + "/logs";
  std::string kept;
  for (const auto& line : LastLines(folder, kKeptLogLines)) kept += line + "\n";
  if (files::MakeFolders(logs, 0700).has_value()) (void)files::ReplaceFile(logs + "/" + instance, kept, 0600);
  DropOldLogs(logs);
  if (const auto* record = ReadRecord(instance)) {
    if (record->process.pid != 0 && record->container.empty()) supervise::KillGroupOf(record->process);
    supervise::KillGroups(record->groups);
    supervise::RemoveGroups(record->groups);
    // While the kernel still ends somebody the folder stays, because it says where the groups are.
    for (const auto& group : record->groups) {
      if (files::Exists(group)) return;
    }
  }
  // What could not be removed is tried again by the next look.
  (void)files::RemoveTree(folder.path);
  cache_.erase(instance);
  started_.erase(instance);
}

// Whether its supervisor may have left a container. Before its first record it has asked for none.
bool ProcessWorkloads::HasContainer(const std::string& instance, const InstanceSpec& spec) {
  if (!spec.container.has_value()) return false;
  const auto text = files::ReadFile(FolderOf(instance).state(), kSpecBytesMax);
  const auto record = text.has_value() ? ParseRecord(*text) : Result<InstanceRecord>(std::unexpected(text.error()));
  return !record.has_value() || record->seen.phase != InstancePhase::kStopped;
}

// An instance whose supervisor is gone: it ends, or gets a new one.
std::optional<InstanceState> ProcessWorkloads::ObserveLost(const std::string& instance) {
  const InstanceFolder folder = FolderOf(instance);
  const auto spec = ReadSpecFile(folder);
  if (!spec.has_value() && spec.error().code == ErrorCode::kNotFound) return std::nullopt;
  // What is left of a container is its supervisor's to remove.
  if (spec.has_value() && !IsWanted(*spec, ReadStop(folder)) && !HasContainer(instance, *spec)) {
    Remove(instance);
    return std::nullopt;
  }
  InstanceState state;
  if (const auto* record = ReadRecord(instance)) {
    state = record->seen;
    // At once, not when the new supervisor has come up: nobody watches this process. A container runs on without.
    if (record->process.pid != 0 && record->container.empty()) supervise::KillGroupOf(record->process);
    supervise::KillGroups(record->groups);
  }
  state.id = InstanceId(instance);
  state.phase = InstancePhase::kStarting;
  state.ready = false;
  state.ready_since.reset();
  if (!spec.has_value()) {
    state.message = ErrorText(spec.error());
    return state;
  }
  state.rollout = spec->rollout;
  state.revision = spec->revision;
  state.ordinal = spec->ordinal;
  state.message = "Its supervisor is being started.";
  if (const auto started = StartSupervisor(instance); !started.has_value()) state.message = ErrorText(started.error());
  return state;
}

std::optional<InstanceState> ProcessWorkloads::ObserveOne(const std::string& instance) {
  const InstanceFolder folder = FolderOf(instance);
  if (!files::FileLock::IsHeld(folder.lock())) return ObserveLost(instance);
  const InstanceRecord* record = ReadRecord(instance);
  if (record == nullptr) {
    // Its supervisor has begun and not yet written.
    InstanceState state;
    const auto text = files::ReadFile(folder.spec(), kSpecBytesMax);
    const auto spec = text.has_value() ? ParseSpec(*text) : Result<InstanceSpec>(std::unexpected(text.error()));
    if (!spec.has_value()) return std::nullopt;
    state.id = spec->instance;
    state.rollout = spec->rollout;
    state.revision = spec->revision;
    state.ordinal = spec->ordinal;
    return state;
  }
  InstanceState state = record->seen;
  state.cpu_seconds = record->cpu_seconds_before;
  if (const auto usage = supervise::UsageOf(record->process)) {
    state.cpu_seconds += usage->cpu_seconds;
    state.memory_bytes = usage->memory_bytes;
  }
  const bool runs_on = state.phase != InstancePhase::kStopping && state.phase != InstancePhase::kStopped;
  if (runs_on) {
    // A stop that did not reach it is said again.
    if (const auto stop = ReadStop(folder); stop.has_value() && *stop >= record->generation) {
      (void)supervise::Call(folder.socket(), {{"do", "stop"}, {"generation", stop->value}}, kStopCallTimeout);
    }
  }
  return state;
}

Result<std::vector<InstanceState>> ProcessWorkloads::Observe() {
  const std::lock_guard lock(mutex_);
  std::vector<InstanceState> states;
  for (const auto& name : NamesIn(instances_folder_)) {
    if (auto state = ObserveOne(name)) states.push_back(std::move(*state));
  }
  return states;
}

Result<std::vector<std::string>> ProcessWorkloads::Logs(const InstanceId& instance, int lines_max) {
  if (instance.empty() || instance.str().find('/') != std::string::npos || instance.str().starts_with('.')) {
    return Fail(ErrorCode::kInvalid, "'" + instance.str() + "' is no name of an instance.");
  }
  const InstanceFolder folder = FolderOf(instance.str());
  if (files::Exists(folder.spec())) return LastLines(folder, lines_max);
  const InstanceFolder kept{settings_.state_folder + "/logs"};
  const auto text = files::ReadFile(kept.path + "/" + instance.str());
  if (!text.has_value()) return Fail(ErrorCode::kNotFound, "There is no instance '" + instance.str() + "'.");
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text->size();) {
    const std::size_t end = std::min(text->find('\n', begin), text->size());
    lines.push_back(text->substr(begin, end - begin));
    begin = end + 1;
  }
  if (lines_max >= 0 && lines.size() > static_cast<std::size_t>(lines_max)) lines.erase(lines.begin(), lines.end() - lines_max);
  return lines;
}

}  // namespace tuesday::process
