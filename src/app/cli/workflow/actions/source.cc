// SPDX-License-Identifier: Apache-2.0
#include "app/cli/workflow/actions/source.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <sstream>
#include <vector>

#include "adapters/actions/mirror/tree.h"
#include "adapters/git/git.h"
#include "adapters/supervise/run_program.h"
#include "adapters/zip/zip_file.h"

namespace tuesday::cli {
namespace {

namespace fs = std::filesystem;

Result<std::string> RunTar(const std::vector<std::string>& argv) {
  TRY(const supervise::Printed printed, supervise::RunProgram(argv));
  if (printed.exit_code == 0) return printed.output;
  return Fail(ErrorCode::kInvalid, fmt::format("tar: {}", printed.errors.substr(0, printed.errors.find('\n'))));
}

// The sizes that a listing tells, before anything is unpacked.
Result<void> CheckTar(const std::string& path) {
  TRY(const std::string listing, RunTar({"tar", "-tvf", path}));
  std::istringstream lines(listing);
  std::uint64_t bytes = 0;
  std::size_t members = 0;
  for (std::string line; std::getline(lines, line); ++members) {
    std::istringstream words(line);
    std::string rights;
    std::string owner;
    std::uint64_t size = 0;
    if (words >> rights >> owner >> size) bytes += size;
    if (bytes > actions::kTreeBytesMax || members > actions::kTreeFilesMax) {
      return Fail(ErrorCode::kLimit, fmt::format("{} has more than {} bytes or {} members.", path, actions::kTreeBytesMax,
                                                 actions::kTreeFilesMax));
    }
  }
  return {};
}

Result<void> Unpack(const std::string& path, const std::string& folder) {
  if (path.ends_with(".zip")) {
    TRY_OK(zip::UnpackZip(path, folder, {.bytes_max = actions::kTreeBytesMax, .members_max = actions::kTreeFilesMax}));
    return {};
  }
  TRY_OK(CheckTar(path));
  std::error_code error;
  fs::create_directories(folder, error);
  TRY_OK(RunTar({"tar", "-xf", path, "-C", folder, "--no-same-owner", "--no-same-permissions"}));
  return {};
}

// Archives of hosts have the repository in a folder of its own.
std::string RootIn(const std::string& folder) {
  std::error_code error;
  std::vector<fs::path> entries;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) entries.push_back(entry.path());
  const bool is_one_folder = entries.size() == 1 && fs::is_directory(fs::symlink_status(entries.front(), error));
  return is_one_folder ? entries.front().string() : folder;
}

Result<ActionSource> CommitOf(const std::string& path, const std::string& wanted) {
  const git::GitOptions at{.folder = path, .environment = {}};
  const auto commit = git::GitLine({"rev-parse", "--verify", "--quiet", "--end-of-options", wanted + "^{commit}"}, at);
  if (!commit) {
    return Fail(ErrorCode::kNotFound, fmt::format("The repository {} has no '{}'.", path, wanted), "Name the commit: --commit");
  }
  TRY(actions::TemporaryPlace place, actions::TemporaryPlace::Make());
  const std::string archive = place.path() + "/commit.tar";
  TRY_OK(git::RunGit({"archive", "--format=tar", "--output=" + archive, *commit}, at));
  const std::string folder = place.path() + "/tree";
  TRY_OK(Unpack(archive, folder));
  return ActionSource{folder, *commit, std::move(place)};
}

}  // namespace

Result<ActionSource> OpenSource(const std::string& path, const std::string& ref, const std::string& commit) {
  std::error_code error;
  if (!fs::exists(path, error)) return Fail(ErrorCode::kNotFound, fmt::format("There is no {}.", path));
  const bool is_folder = fs::is_directory(path, error);
  if (is_folder && fs::exists(path + "/.git", error)) return CommitOf(path, commit.empty() ? ref : commit);
  if (is_folder) return ActionSource{path, commit, std::nullopt};
  TRY(actions::TemporaryPlace place, actions::TemporaryPlace::Make());
  const std::string folder = place.path() + "/tree";
  TRY_OK(Unpack(path, folder));
  return ActionSource{RootIn(folder), commit, std::move(place)};
}

}  // namespace tuesday::cli
