// SPDX-License-Identifier: Apache-2.0
#include "app/actions/files/find.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <utility>

namespace tuesday::actions {
namespace {

using FolderId = std::pair<dev_t, ino_t>;

PathKind KindOf(const struct stat& facts) {
  return S_ISDIR(facts.st_mode) ? PathKind::kFolder : S_ISREG(facts.st_mode) ? PathKind::kFile : PathKind::kOther;
}

bool IsHidden(const std::string& path) { return path.substr(path.rfind('/') + 1).starts_with('.'); }

std::vector<std::string> NamesIn(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) names.push_back(entry.path().filename());
  std::ranges::sort(names);
  return names;
}

class Finder {
 public:
  Finder(const workflow::Glob& glob, HiddenFiles hidden) : glob_(glob), hidden_(hidden) {}

  void Look(const std::string& path) {
    if (!glob_.MayHoldMatches(path)) return;
    struct stat facts{};
    if (::stat(path.c_str(), &facts) != 0) return;
    if (hidden_ == HiddenFiles::kLeft && IsHidden(path)) return;
    const PathKind kind = KindOf(facts);
    if (kind != PathKind::kFolder) {
      if (glob_.Matches(path)) paths_.push_back({path, kind});
      return;
    }
    // A link to a folder above would never end.
    const FolderId id{facts.st_dev, facts.st_ino};
    if (std::ranges::find(above_, id) != above_.end()) return;
    if (glob_.MatchesFolder(path)) paths_.push_back({path, kind});
    above_.push_back(id);
    for (const std::string& name : NamesIn(path)) Look(path == "/" ? path + name : path + "/" + name);
    above_.pop_back();
  }

  std::vector<FoundPath> Take() { return std::move(paths_); }

 private:
  const workflow::Glob& glob_;
  HiddenFiles hidden_;
  std::vector<FolderId> above_;
  std::vector<FoundPath> paths_;
};

}  // namespace

Result<Found> FindPaths(std::string_view patterns, const std::string& root, const workflow::GlobOptions& options,
                        HiddenFiles hidden) {
  TRY(const workflow::Glob glob, workflow::Glob::Parse(patterns, root, options));
  Found found;
  found.search_paths = glob.SearchPaths();
  Finder finder(glob, hidden);
  for (const std::string& path : found.search_paths) finder.Look(path);
  found.paths = finder.Take();
  return found;
}

std::string CommonFolder(const std::vector<std::string>& paths) {
  std::string common = paths.front();
  for (const std::string& path : paths) {
    while (!common.empty() && path != common && !path.starts_with(common + "/")) common.resize(common.rfind('/'));
  }
  return common.empty() ? "/" : common;
}

}  // namespace tuesday::actions
