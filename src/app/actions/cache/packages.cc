// SPDX-License-Identifier: Apache-2.0
#include "app/actions/cache/packages.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <array>
#include <iostream>

#include "adapters/supervise/run_program.h"
#include "app/actions/cache/cache.h"
#include "app/actions/files/digest.h"
#include "app/actions/files/find.h"
#include "app/actions/toolkit.h"

namespace tuesday::actions {
namespace {

struct PackageManager {
  std::string_view name;
  std::array<std::string_view, 3> lock_files;
  std::vector<std::string> folder_command;  // Prints where it keeps what it has downloaded.
};

Result<PackageManager> ManagerOf(const std::string& name) {
  if (name == "npm")
    return PackageManager{"npm", {"package-lock.json", "npm-shrinkwrap.json", "yarn.lock"}, {"npm", "config", "get", "cache"}};
  if (name == "yarn") return PackageManager{"yarn", {"yarn.lock", "", ""}, {"yarn", "cache", "dir"}};
  if (name == "pnpm") return PackageManager{"pnpm", {"pnpm-lock.yaml", "", ""}, {"pnpm", "store", "path", "--silent"}};
  return Fail(ErrorCode::kInvalid, fmt::format("Caching for '{}' is not supported", name));
}

// "x64", "arm64": as Node.js calls it.
std::string Architecture() {
  utsname machine{};
  ::uname(&machine);
  const std::string name = machine.machine;
  return name == "x86_64" ? "x64" : name == "aarch64" ? "arm64" : name;
}

// The lock files that `cache-dependency-path` means, or the first one of the manager in the workspace.
Result<std::vector<std::string>> LockFiles(const PackageManager& manager) {
  const std::string workspace = Environment("GITHUB_WORKSPACE");
  std::vector<std::string> patterns;
  if (const std::string given = Input("cache-dependency-path"); !given.empty()) {
    patterns.push_back(given);
  } else {
    for (const std::string_view name : manager.lock_files) {
      if (!name.empty()) patterns.emplace_back(name);
    }
  }
  for (const std::string& pattern : patterns) {
    TRY(const Found found, FindPaths(pattern, workspace, {.home = Environment("HOME")}, HiddenFiles::kTaken));
    std::vector<std::string> files;
    for (const FoundPath& path : found.paths) {
      if (path.kind == PathKind::kFile) files.push_back(path.path);
    }
    if (!files.empty()) return files;
  }
  if (!Input("cache-dependency-path").empty())
    return Fail(ErrorCode::kNotFound, "Some specified paths were not resolved, unable to cache dependencies.");
  return Fail(ErrorCode::kNotFound, fmt::format("Dependencies lock file is not found in {}. Supported file patterns: {}",
                                                workspace, fmt::join(patterns, ",")));
}

Result<std::string> FolderOf(const PackageManager& manager, const std::string& bin) {
  const std::string path = bin + ":" + Environment("PATH");
  TRY(const supervise::Printed printed, supervise::RunProgram(manager.folder_command, {{"PATH", path}}));
  std::string folder = printed.output.substr(0, printed.output.find('\n'));
  if (printed.exit_code != 0 || folder.empty())
    return Fail(ErrorCode::kNotFound, fmt::format("Could not get cache folder path for {}", manager.name));
  return folder;
}

}  // namespace

Result<void> RestorePackages(const std::string& bin) {
  const std::string name = Input("cache");
  if (name.empty()) return {};
  TRY(const PackageManager manager, ManagerOf(name));
  TRY(const std::string folder, FolderOf(manager, bin));
  TRY(const std::vector<std::string> locks, LockFiles(manager));
  TRY(const std::string digest, DigestOfFiles(locks));
  const std::string key = fmt::format("node-cache-{}-{}-{}-{}", Environment("RUNNER_OS"), Architecture(), name, digest);
  SaveState("primaryKey", key);
  SaveState("cachePath", folder);
  if (Environment("ACTIONS_RESULTS_URL").empty()) {
    Warn("This run has no cache.");
    SetOutput("cache-hit", "false");
    return {};
  }
  TRY(const std::string found, RestoreCache({.paths = {folder}, .key = key, .restore_keys = {}}, Restore::kFiles));
  SaveState("matchedKey", found);
  SetOutput("cache-hit", found.empty() ? "false" : "true");
  if (found.empty()) std::cout << fmt::format("{} cache is not found", name) << std::endl;
  return {};
}

void SavePackages() {
  const std::string key = SavedState("primaryKey");
  if (key.empty() || Environment("ACTIONS_RESULTS_URL").empty()) return;
  if (IsSameKey(key, SavedState("matchedKey"))) {
    std::cout << fmt::format("Cache hit occurred on the primary key {}, not saving cache.", key) << std::endl;
    return;
  }
  const auto saved = SaveCache({.paths = {SavedState("cachePath")}, .key = key, .restore_keys = {}});
  if (!saved) {
    std::cout << "[warning]" << saved.error().message << std::endl;
  } else if (*saved == Saved::kYes) {
    std::cout << fmt::format("Cache saved with the key: {}", key) << std::endl;
  }
}

}  // namespace tuesday::actions
