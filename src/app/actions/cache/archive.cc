// SPDX-License-Identifier: Apache-2.0
#include "app/actions/cache/archive.h"

#include <fmt/format.h>
#include <unistd.h>

#include <sstream>

#include "adapters/files/files.h"
#include "adapters/supervise/run_program.h"
#include "app/actions/toolkit.h"
#include "base/digest.h"

namespace tuesday::actions {
namespace {

constexpr std::string_view kVersionSalt = "1.0";
constexpr std::size_t kToldBytesMax = 2'000;

Result<void> RunTar(const std::vector<std::string>& argv) {
  TRY(const supervise::Printed printed, supervise::RunProgram(argv));
  if (printed.exit_code == 0) return {};
  return Fail(ErrorCode::kUnavailable,
              fmt::format("tar failed with exit code {}: {}", printed.exit_code, printed.errors.substr(0, kToldBytesMax)));
}

}  // namespace

Packing PackingOfThisPlace() {
  std::istringstream path(Environment("PATH"));
  for (std::string folder; std::getline(path, folder, ':');) {
    if (::access((folder + "/zstd").c_str(), X_OK) == 0) return Packing::kZstd;
  }
  return Packing::kGzip;
}

std::string_view ArchiveName(Packing packing) { return packing == Packing::kZstd ? "cache.tzst" : "cache.tgz"; }

std::string CacheVersion(const std::vector<std::string>& paths, Packing packing) {
  const std::string_view method = packing == Packing::kZstd ? "zstd-without-long" : "gzip";
  return Sha256Hex(fmt::format("{}|{}|{}", fmt::join(paths, "|"), method, kVersionSalt));
}

Result<void> PackCache(const std::vector<std::string>& names, const std::string& workspace, const std::string& folder,
                       Packing packing) {
  // By zeros: a file's name may have a line break, or begin like an option.
  std::string list;
  for (const std::string& name : names) list += name + '\0';
  const std::string manifest = folder + "/manifest";
  TRY_OK(files::ReplaceFile(manifest, list, 0600));
  const std::string archive = fmt::format("{}/{}", folder, ArchiveName(packing));
  std::vector<std::string> argv = {"tar", "--posix", "-cf", archive, "--exclude", archive, "-P", "-C", workspace};
  argv.insert(argv.end(), {"--null", "--files-from", manifest});
  if (packing == Packing::kZstd) {
    argv.insert(argv.end(), {"--use-compress-program", "zstdmt"});
  } else {
    argv.emplace_back("-z");
  }
  return RunTar(argv);
}

Result<void> UnpackCache(const std::string& path, const std::string& workspace, Packing packing) {
  TRY_OK(files::MakeFolders(workspace));
  std::vector<std::string> argv = {"tar", "-xf", path, "-P", "-C", workspace};
  if (packing == Packing::kZstd) {
    argv.insert(argv.end(), {"--use-compress-program", "unzstd"});
  } else {
    argv.emplace_back("-z");
  }
  return RunTar(argv);
}

}  // namespace tuesday::actions
