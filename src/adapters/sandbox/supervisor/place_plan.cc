// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/supervisor/place_plan.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "adapters/files/files.h"
#include "adapters/sandbox/bubble/etc_files.h"
#include "adapters/sandbox/bubble/stage.h"
#include "adapters/sandbox/supervisor/ownership.h"

namespace tuesday::sandbox {
namespace {

constexpr std::size_t kMountsMax = 64;
constexpr int kPortMax = 65535;
constexpr const char* kRunOptions = "mode=0711,size=64m,nr_inodes=65536";
constexpr const char* kOwnerFile = "/workspace-owner";

bool IsFolder(const std::string& path) {
  struct stat facts{};
  return ::stat(path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode);
}

Result<void> MakeOwn(const std::string& path, mode_t mode, const std::optional<supervise::UserIds>& user) {
  TRY_OK(files::MakeFolders(path, mode));
  ::chmod(path.c_str(), mode);  // Whatever the umask said.
  if (user && ::chown(path.c_str(), user->uid, user->gid) != 0) {
    return std::unexpected(files::SystemError("cannot give away", path, errno));
  }
  return {};
}

// Written down before anything is given away: whoever closes the place must know.
Result<void> GiveWorkspace(const PlaceFolder& folder, const PlaceSpec& spec, supervise::UserIds user) {
  TRY(const supervise::UserIds owner, OwnerOf(spec.workspace_host));
  const std::string text = std::to_string(owner.uid) + " " + std::to_string(owner.gid) + "\n";
  TRY_OK(files::WriteFileDurably(folder.path + kOwnerFile, text, 0600));
  return GiveTree(spec.workspace_host, user);
}

// What another place's user left.
Result<void> GiveTakenOver(const PlaceFolder& folder, supervise::UserIds user) {
  for (const std::string& taken : {folder.home(), folder.temp(), folder.work()}) {
    if (files::Exists(taken)) TRY_OK(GiveTree(taken, user));
  }
  return {};
}

}  // namespace

Result<void> CheckSpec(const PlaceSpec& spec) {
  for (const std::string& path : {spec.workspace, spec.home, spec.temp}) TRY_OK(CheckInsidePath(path));
  if (!spec.workspace_host.empty() && !IsFolder(spec.workspace_host)) {
    return Fail(ErrorCode::kNotFound, "The workspace '" + spec.workspace_host + "' is no folder.");
  }
  if (spec.mounts.size() > kMountsMax) return Fail(ErrorCode::kLimit, "A place has too many mounts.");
  for (const Mount& mount : spec.mounts) {
    TRY_OK(CheckInsidePath(mount.inside));
    if (!mount.host.starts_with('/') || !files::Exists(mount.host)) {
      return Fail(ErrorCode::kNotFound, "There is no '" + mount.host + "' to be shown in the place.");
    }
  }
  const bool has_port = spec.service_port > 0 && spec.service_port <= kPortMax;
  if (!spec.service_socket.empty() && !has_port) return Fail(ErrorCode::kInvalid, "The place's service has no port.");
  return {};
}

Result<void> MakeOwnFolders(const PlaceFolder& folder, const PlaceSpec& spec, const std::optional<supervise::UserIds>& user) {
  TRY_OK(files::MakeFolders(folder.logs(), 0700));
  // Ours, also inside: a step gets a folder of its own in it.
  TRY_OK(MakeOwn(folder.run(), user ? 0711 : 0700, std::nullopt));
  // Files that come and go with each step are dear on a disk (ext4 walks over every inode that was freed in the last minutes).
  if (user) {
    TRY_OK(OwnMounts());
    TRY_OK(MountMemory(folder.run(), kRunOptions));
  }
  TRY_OK(MakeOwn(folder.home(), 0755, user));
  TRY_OK(MakeOwn(folder.temp(), 0755, user));
  TRY_OK(MakeOwn(folder.tmp(), 01777, user));
  if (user && !spec.continues.empty()) TRY_OK(GiveTakenOver(folder, *user));
  if (spec.workspace_host.empty()) return MakeOwn(folder.work(), 0755, user);
  return user ? GiveWorkspace(folder, spec, *user) : Result<void>();
}

Result<SandboxPlan> PlanSandbox(const PlaceFolder& folder, const PlaceSpec& spec,
                                const std::optional<supervise::UserIds>& user) {
  SandboxPlan plan;
  plan.user = user;
  TRY(plan.own_addresses, OwnAddresses());
  if (spec.network == Network::kOutside) {
    TRY(plan.outside, ChooseNetwork(plan.own_addresses));
  }
  TRY_OK(WriteEtc(folder.etc(), spec, plan.outside ? plan.outside->nameserver : ""));
  for (const char* name : kEtcFiles) plan.binds.push_back({folder.etc() + "/" + name, std::string("/etc/") + name});
  using enum Mount::Access;
  plan.binds.push_back({folder.home(), spec.home, kWrite});
  plan.binds.push_back({folder.temp(), spec.temp, kWrite});
  plan.binds.push_back({folder.tmp(), "/tmp", kWrite});
  plan.binds.push_back({spec.workspace_host.empty() ? folder.work() : spec.workspace_host, spec.workspace, kWrite});
  plan.binds.push_back({folder.run(), std::string(kInsideSteps), kWrite});
  for (const Mount& mount : spec.mounts) plan.binds.push_back({mount.host, mount.inside, mount.access});
  plan.program = supervise::OwnProgram();
  plan.service_port = spec.service_socket.empty() ? 0 : spec.service_port;
  plan.file_bytes_max = spec.limits.disk_bytes;
  return plan;
}

std::vector<std::string> WrittenFolders(const PlaceFolder& folder, const PlaceSpec& spec) {
  std::vector<std::string> written = {folder.home(), folder.temp(), folder.tmp(), folder.run(), folder.commands()};
  written.push_back(spec.workspace_host.empty() ? folder.work() : spec.workspace_host);
  return written;
}

void RemoveOwnFolders(const PlaceFolder& folder, const PlaceSpec& spec) {
  // Another attempt may go on with the home, the temporary files and the workspace.
  for (const std::string& own : {folder.tmp(), folder.run(), folder.etc(), folder.commands(), folder.runner()}) {
    static_cast<void>(files::RemoveTree(own));  // What stays goes when the place is forgotten.
  }
  const Result<std::string> owner = files::ReadFile(folder.path + kOwnerFile, 64);
  unsigned uid = 0;
  unsigned gid = 0;
  if (!owner.has_value() || std::sscanf(owner->c_str(), "%u %u", &uid, &gid) != 2) return;
  if (GiveTree(spec.workspace_host, {uid, gid}).has_value()) ::unlink((folder.path + kOwnerFile).c_str());
}

}  // namespace tuesday::sandbox
