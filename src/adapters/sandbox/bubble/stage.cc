// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/bubble/stage.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>

#include "adapters/files/fd.h"
#include "adapters/files/files.h"

namespace tuesday::sandbox {
namespace {

const std::string kStage = "/run/tuesday-stage";
constexpr unsigned kTunMajor = 10;
constexpr unsigned kTunMinor = 200;
constexpr const char* kNamespaceHint =
    "Allow user namespaces: sysctl -w user.max_user_namespaces=15000 (and kernel.unprivileged_userns_clone=1, or "
    "kernel.apparmor_restrict_unprivileged_userns=0, where the machine has them).";

std::unexpected<Error> Failed(std::string_view what, const std::string& path) {
  return std::unexpected(files::SystemError(what, path, errno));
}

Result<void> WriteOnce(const char* path, const std::string& text) {
  const files::Fd fd(::open(path, O_WRONLY | O_CLOEXEC));
  if (fd.is_open() && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size())) return {};
  return Failed("cannot write", path);
}

}  // namespace

Result<void> OwnMounts() {
  if (::unshare(CLONE_NEWNS) != 0) return Failed("cannot make", "a mount namespace");
  // Nothing that we mount is seen by the machine.
  if (::mount("none", "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) return Failed("cannot keep to ourselves", "mounts");
  return {};
}

Result<void> MountMemory(const std::string& folder, const std::string& options) {
  if (::mount("tmpfs", folder.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()) != 0)
    return Failed("cannot mount", folder);
  return {};
}

Result<std::vector<Bind>> StageBinds(const std::vector<Bind>& binds) {
  TRY_OK(OwnMounts());
  if (::mkdir(kStage.c_str(), 0755) != 0 && errno != EEXIST) return Failed("cannot make", kStage);
  TRY_OK(MountMemory(kStage, "mode=0755"));
  std::vector<Bind> staged = binds;
  for (std::size_t i = 0; i < staged.size(); ++i) {
    const std::string target = kStage + "/" + std::to_string(i);
    struct stat facts{};
    if (::stat(binds[i].source.c_str(), &facts) != 0) return Failed("cannot show within the place", binds[i].source);
    if (S_ISDIR(facts.st_mode)) {
      if (::mkdir(target.c_str(), 0755) != 0) return Failed("cannot make", target);
    } else if (!files::Fd(::open(target.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644)).is_open()) {
      return Failed("cannot make", target);
    }
    if (::mount(binds[i].source.c_str(), target.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0) {
      return Failed("cannot show within the place", binds[i].source);
    }
    staged[i].source = target;
  }
  return staged;
}

Result<void> StageTun() {
  TRY_OK(OwnMounts());
  if (::mkdir("/dev/net", 0755) != 0 && errno != EEXIST) return Failed("cannot make", "/dev/net");
  if (::mount("tmpfs", "/dev/net", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=0755") != 0) return Failed("cannot mount", "/dev/net");
  ::umask(0);
  if (::mknod("/dev/net/tun", S_IFCHR | 0666, makedev(kTunMajor, kTunMinor)) != 0) return Failed("cannot make", "/dev/net/tun");
  return {};
}

Result<void> BecomeUser(const std::optional<supervise::UserIds>& user, pid_t parent) {
  if (user) {
    const bool became = ::setgroups(0, nullptr) == 0 && ::setresgid(user->gid, user->gid, user->gid) == 0 &&
                        ::setresuid(user->uid, user->uid, user->uid) == 0;
    if (!became) return Failed("cannot become", "the place's user");
    // The kernel took it away with the user; without it our own /proc is not ours.
    ::prctl(PR_SET_DUMPABLE, 1);
  }
  // After the change of user, which would clear it.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) return Fail(ErrorCode::kUnavailable, "The supervisor is gone.");
  return {};
}

Result<void> EnterNamespaces() {
  const std::string uid = std::to_string(::geteuid());
  const std::string gid = std::to_string(::getegid());
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
    Error error = files::SystemError("cannot make", "a user namespace", errno);
    return Fail(ErrorCode::kUnsupported, error.message, kNamespaceHint);
  }
  TRY_OK(WriteOnce("/proc/self/setgroups", "deny"));
  TRY_OK(WriteOnce("/proc/self/uid_map", "0 " + uid + " 1"));
  return WriteOnce("/proc/self/gid_map", "0 " + gid + " 1");
}

Result<void> JoinGroups(const std::vector<std::string>& groups) {
  for (const std::string& group : groups) TRY_OK(WriteOnce((group + "/cgroup.procs").c_str(), "0"));
  return {};
}

}  // namespace tuesday::sandbox
