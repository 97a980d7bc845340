// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/bubble/arguments.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "adapters/files/files.h"
#include "adapters/sandbox/bubble/etc_files.h"

namespace tuesday::sandbox {
namespace {

// Folders of programs: links on machines with a merged /usr, else folders of their own.
constexpr const char* kProgramFolders[] = {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"};

// Of /etc, what programs need and everybody may know. No keys, no passwords, no network of the machine.
constexpr const char* kEtcShared[] = {"/etc/ssl/certs",
                                      "/etc/ssl/openssl.cnf",
                                      "/etc/ca-certificates",
                                      "/etc/ca-certificates.conf",
                                      "/etc/alternatives",
                                      "/etc/ld.so.cache",
                                      "/etc/ld.so.conf",
                                      "/etc/ld.so.conf.d",
                                      "/etc/localtime",
                                      "/etc/timezone",
                                      "/etc/os-release",
                                      "/etc/lsb-release",
                                      "/etc/debian_version",
                                      "/etc/mime.types",
                                      "/etc/magic",
                                      "/etc/protocols",
                                      "/etc/services",
                                      "/etc/bash.bashrc",
                                      "/etc/profile",
                                      "/etc/profile.d",
                                      "/etc/inputrc",
                                      "/etc/terminfo",
                                      "/etc/python3",
                                      "/etc/python3.11",
                                      "/etc/perl",
                                      "/etc/java-17-openjdk",
                                      "/etc/gitattributes",
                                      "/etc/fonts",
                                      "/etc/xdg",
                                      "/etc/locale.alias"};

constexpr const char* kOthers[] = {"/opt/hostedtoolcache", "/usr/share/zoneinfo"};

// What no order may cover: the sandbox would not be one without it.
constexpr std::string_view kOwnPaths[] = {"/proc", "/dev", "/run/tuesday", "/sys"};

std::string LinkTarget(const std::string& path) {
  char target[4096];
  const ssize_t length = ::readlink(path.c_str(), target, sizeof target);
  return length > 0 ? std::string(target, static_cast<std::size_t>(length)) : std::string();
}

void Add(std::vector<std::string>& argv, std::initializer_list<std::string> words) { argv.insert(argv.end(), words); }

bool IsBelow(std::string_view path, std::string_view folder) {
  return path == folder || (path.starts_with(folder) && path[folder.size()] == '/');
}

}  // namespace

std::vector<Bind> MachineBinds() {
  std::vector<Bind> binds;
  for (const char* path : kEtcShared) {
    if (files::Exists(path)) binds.push_back({path, path, Mount::Access::kRead});
  }
  for (const char* path : kOthers) {
    if (files::Exists(path) && !std::string_view(path).starts_with("/usr/"))
      binds.push_back({path, path, Mount::Access::kRead});
  }
  return binds;
}

std::vector<std::string> BubbleArguments(const std::string& program, const std::vector<Bind>& binds,
                                         const std::vector<std::string>& command) {
  std::vector<std::string> argv = {program};
  Add(argv, {"--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup", "--disable-userns"});
  Add(argv, {"--uid", std::to_string(kInsideUid), "--gid", std::to_string(kInsideGid), "--hostname", std::string(kInsideUser)});
  Add(argv, {"--as-pid-1", "--new-session", "--die-with-parent", "--cap-drop", "ALL", "--clearenv"});
  Add(argv, {"--seccomp", std::to_string(kFilterDescriptor)});
  Add(argv, {"--ro-bind", "/usr", "/usr"});
  for (const std::string folder : kProgramFolders) {
    if (const std::string target = LinkTarget(folder); !target.empty()) {
      Add(argv, {"--symlink", target, folder});
    } else if (files::Exists(folder)) {
      Add(argv, {"--ro-bind", folder, folder});
    }
  }
  Add(argv, {"--proc", "/proc", "--dev", "/dev", "--size", std::to_string(kShmBytesMax), "--tmpfs", "/dev/shm"});
  Add(argv, {"--perms", "0755", "--dir", "/etc", "--perms", "0755", "--dir", "/run", "--perms", "0755", "--dir", "/var"});
  Add(argv, {"--perms", "0755", "--dir", "/home", "--symlink", "/tmp", "/var/tmp", "--symlink", "/run", "/var/run"});
  for (const Bind& bind : binds) {
    Add(argv, {bind.access == Mount::Access::kWrite ? "--bind" : "--ro-bind", bind.source, bind.inside});
  }
  // What is not bound is a file system in memory: nobody writes there.
  Add(argv, {"--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/", "--"});
  argv.insert(argv.end(), command.begin(), command.end());
  return argv;
}

Result<void> CheckInsidePath(const std::string& path) {
  bool plain = path.size() > 1 && path.front() == '/' && path.back() != '/' && path.find('\0') == std::string::npos;
  for (const char* const bad : {"//", "/./", "/../"}) plain = plain && path.find(bad) == std::string::npos;
  if (!plain || path.ends_with("/.") || path.ends_with("/..")) {
    return Fail(ErrorCode::kInvalid, "'" + path + "' is no path within a place.", "Write it from the root, without dots.");
  }
  const auto covers = [&path](std::string_view own) { return IsBelow(path, own) || IsBelow(own, path); };
  if (std::ranges::any_of(kOwnPaths, covers)) {
    return Fail(ErrorCode::kInvalid, "'" + path + "' belongs to the sandbox itself.", "Choose another path within the place.");
  }
  return {};
}

}  // namespace tuesday::sandbox
