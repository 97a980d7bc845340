// SPDX-License-Identifier: Apache-2.0
#include "adapters/git/snapshot.h"

#include <filesystem>
#include <fstream>

#include "adapters/git/git.h"

namespace tuesday::git {
namespace {

namespace fs = std::filesystem;

// "owner/name" of an address like https://host/owner/name.git or git@host:owner/name.git.
std::string RepositoryOf(std::string address, const std::string& top) {
  if (address.ends_with(".git")) address.resize(address.size() - 4);
  for (char& c : address) c = c == ':' ? '/' : c;
  const std::size_t name = address.rfind('/');
  if (name == std::string::npos || name == 0) return "local/" + fs::path(top).filename().string();
  const std::size_t owner = address.rfind('/', name - 1);
  return address.substr(owner == std::string::npos ? 0 : owner + 1);
}

// Git's own folder of the tree, whose objects and index are borrowed; empty when there is none.
std::string GitFolder(const std::string& top) {
  return GitLine({"rev-parse", "--absolute-git-dir"}, {.folder = top, .environment = {}}).value_or("");
}

Result<std::string> Borrow(const std::string& git_folder, const std::string& to) {
  std::error_code error;
  const std::string common =
      GitLine({"--git-dir=" + git_folder, "rev-parse", "--path-format=absolute", "--git-common-dir"}).value_or(git_folder);
  std::ofstream(fs::path(to) / "objects/info/alternates") << common << "/objects\n";
  // Its index knows which files are as they were, so that they need not be read again.
  fs::copy_file(fs::path(git_folder) / "index", fs::path(to) / "index", fs::copy_options::overwrite_existing, error);
  return common + "/objects";
}

Result<std::string> CommitTree(const Snapshot& snapshot, const std::string& parent) {
  const GitOptions in{.folder = snapshot.top,
                      .environment = {{"GIT_DIR", snapshot.folder},
                                      {"GIT_WORK_TREE", snapshot.top},
                                      {"GIT_INDEX_FILE", snapshot.folder + "/index"},
                                      {"GIT_AUTHOR_NAME", "tuesday"},
                                      {"GIT_AUTHOR_EMAIL", "tuesday@localhost"},
                                      {"GIT_COMMITTER_NAME", "tuesday"},
                                      {"GIT_COMMITTER_EMAIL", "tuesday@localhost"}}};
  TRY_OK(RunGit({"add", "--all", "."}, in));
  TRY(const std::string tree, GitLine({"write-tree"}, in));
  if (!parent.empty()) {
    TRY(const std::string of_parent, GitLine({"rev-parse", parent + "^{tree}"}, in));
    if (of_parent == tree) return parent;
  }
  std::vector<std::string> commit = {"commit-tree", tree, "-m", "The working tree"};
  if (!parent.empty()) commit.insert(commit.end(), {"-p", parent});
  return GitLine(commit, in);
}

}  // namespace

Result<Snapshot> TakeSnapshot(const std::string& here, const std::string& folder) {
  Snapshot snapshot;
  snapshot.folder = folder;
  const GitOptions at{.folder = here, .environment = {}};
  const Result<std::string> top = GitLine({"rev-parse", "--show-toplevel"}, at);
  std::error_code error;
  snapshot.top = top.value_or(fs::absolute(here, error).lexically_normal().string());
  TRY_OK(RunGit({"init", "--quiet", "--bare", folder}));
  std::string parent;
  if (top.has_value()) {
    TRY(snapshot.objects, Borrow(GitFolder(snapshot.top), folder));
    parent = GitLine({"rev-parse", "--verify", "--quiet", "HEAD"}, at).value_or("");
    snapshot.ref = GitLine({"symbolic-ref", "--quiet", "HEAD"}, at).value_or("");
    snapshot.message = GitLine({"log", "-1", "--format=%B"}, at).value_or("");
    snapshot.author = GitLine({"config", "user.name"}, at).value_or("");
  }
  snapshot.repository = RepositoryOf(GitLine({"remote", "get-url", "origin"}, at).value_or(""), snapshot.top);
  TRY(snapshot.sha, CommitTree(snapshot, parent));
  snapshot.changed = snapshot.sha != parent;
  if (snapshot.ref.empty()) snapshot.ref = "refs/heads/main";
  TRY_OK(RunGit({"--git-dir=" + folder, "update-ref", snapshot.ref, snapshot.sha}));
  TRY_OK(RunGit({"--git-dir=" + folder, "symbolic-ref", "HEAD", snapshot.ref}));
  return snapshot;
}

Result<void> BorrowFrom(const Snapshot& snapshot, const std::string& inside) {
  if (snapshot.objects.empty()) return {};
  std::ofstream file(snapshot.folder + "/objects/info/alternates", std::ios::trunc);
  if (!(file << inside << "\n").flush())
    return Fail(ErrorCode::kUnavailable, "The snapshot of the working tree cannot be written.");
  return {};
}

}  // namespace tuesday::git
