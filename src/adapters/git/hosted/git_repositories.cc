// SPDX-License-Identifier: Apache-2.0
#include "adapters/git/hosted/git_repositories.h"

#include <fmt/format.h>

#include <filesystem>
#include <sstream>

#include "adapters/files/files.h"
#include "adapters/git/git.h"
#include "adapters/git/hosted/change_file.h"
#include "adapters/supervise/run_program.h"
#include "core/workflow/event/facts.h"

namespace tuesday::git {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFilesMax = 100;
constexpr std::size_t kFileBytesMax = 1 << 20;
constexpr std::size_t kPathsMax = 3'000;  // Beyond, filters of paths see what is here.

// Nothing of the machine's or a user's settings changes what we read.
GitOptions In(const std::string& folder) {
  return {.folder = folder, .environment = {{"GIT_DIR", folder}, {"GIT_CONFIG_NOSYSTEM", "1"}}};
}

std::vector<std::string> Split(const std::string& text, char end) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, end);) {
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

// Settings of each repository, put in order at each start: what a newer version needs is there after it.
constexpr std::pair<const char*, const char*> kSettings[] = {
    {"http.receivepack", "true"},             // Who may push is decided before git is asked.
    {"receive.procReceiveRefs", "refs/for"},  // A push for review makes a change, not that ref.
    {"receive.advertisePushOptions", "true"},
    {"receive.denyDeleteCurrent", "refuse"},
    {"receive.fsckObjects", "true"},
    {"receive.maxInputSize", "2147483648"},
    {"receive.autogc", "false"},  // Runs borrow objects: none may go while one does.
    {"gc.auto", "0"},
    {"uploadpack.allowFilter", "true"},
};

std::string Quoted(const std::string& word) {
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

Result<workflow::Refs> ReadRefsOf(const std::string& folder) {
  TRY(const std::string text, RunGit({"for-each-ref", "--format=%(objectname) %(refname)"}, In(folder)));
  workflow::Refs refs;
  for (const std::string& line : Split(text, '\n')) {
    const std::size_t space = line.find(' ');
    if (space != std::string::npos) refs[line.substr(space + 1)] = line.substr(0, space);
  }
  if (refs.size() > workflow::kRefsMax)
    return Fail(ErrorCode::kLimit, fmt::format("The repository has {} refs; {} may be.", refs.size(), workflow::kRefsMax));
  return refs;
}

Result<void> GitRepositories::WriteHooks(const std::string& folder) const {
  for (const std::string_view hook : {"pre-receive", "proc-receive", "post-receive"}) {
    const std::string text = fmt::format("#!/bin/sh\nexec {} --state {} repo hook {}\n", Quoted(settings_.program),
                                         Quoted(settings_.state_folder), hook);
    TRY_OK(files::ReplaceFile(fmt::format("{}/hooks/{}", folder, hook), text, 0755));
  }
  return {};
}

Result<void> GitRepositories::Prepare(const std::string& name, const std::string& default_branch) {
  const std::string folder = FolderOf(name);
  TRY_OK(files::MakeFolders(settings_.folder, 0750));
  std::error_code error;
  if (!fs::exists(folder + "/HEAD", error)) {
    // Made beside its place: a repository that is there is whole.
    const std::string made = folder + ".made";
    TRY_OK(files::RemoveTree(made));
    TRY_OK(RunGit({"init", "--quiet", "--bare", "--template=", "-b", default_branch, made}));
    fs::rename(made, folder, error);
    if (error) return Fail(ErrorCode::kInternal, fmt::format("{} cannot be made: {}.", folder, error.message()));
  }
  TRY_OK(files::MakeFolders(folder + "/hooks", 0755));
  TRY_OK(files::MakeFolders(folder + "/tuesday/changes", 0755));
  TRY_OK(WriteHooks(folder));
  for (const auto& [key, value] : kSettings) TRY_OK(RunGit({"config", key, value}, In(folder)));
  TRY_OK(RunGit({"symbolic-ref", "HEAD", "refs/heads/" + default_branch}, In(folder)));
  return files::SyncFolder(settings_.folder);
}

Result<void> GitRepositories::Remove(const std::string& name) { return files::RemoveTree(FolderOf(name)); }

Result<workflow::Refs> GitRepositories::ReadRefs(const std::string& name) { return ReadRefsOf(FolderOf(name)); }

Result<GitCommit> GitRepositories::ReadCommit(const std::string& name, const std::string& sha) {
  TRY(const std::string text, GitLine({"log", "-1", "--format=%H%n%an%n%s%n%B", sha, "--"}, In(FolderOf(name))));
  std::istringstream in(text);
  GitCommit commit;
  std::getline(in, commit.sha);
  std::getline(in, commit.author);
  std::getline(in, commit.subject);
  std::getline(in, commit.message, '\0');
  return commit;
}

Result<std::vector<GitFile>> GitRepositories::ReadFolder(const std::string& name, const std::string& sha,
                                                         const std::string& folder) {
  const std::string repository = FolderOf(name);
  TRY(const std::string text, RunGit({"ls-tree", "-z", "-l", sha, folder + "/"}, In(repository)));
  std::vector<GitFile> files;
  for (const std::string& line : Split(text, '\0')) {
    // "<mode> blob <sha> <bytes>\t<path>"
    std::istringstream in(line);
    std::string mode, type, object;
    std::size_t bytes = 0;
    in >> mode >> type >> object >> bytes;
    const std::size_t tab = line.find('\t');
    if (type != "blob" || mode == "120000" || tab == std::string::npos) continue;
    const std::string path = line.substr(tab + 1);
    if (bytes > kFileBytesMax) return Fail(ErrorCode::kLimit, fmt::format("{} is larger than 1 MiB.", path));
    if (files.size() == kFilesMax) return Fail(ErrorCode::kLimit, fmt::format("{} has more than {} files.", folder, kFilesMax));
    TRY(std::string content, RunGit({"cat-file", "blob", object}, In(repository)));
    files.push_back({path, std::move(content)});
  }
  return files;
}

Result<std::vector<std::string>> GitRepositories::ChangedPaths(const std::string& name, const std::string& before,
                                                               const std::string& after) {
  std::vector<std::string> words = {"diff-tree", "-r", "-z", "--name-only", "--no-commit-id", "--root"};
  if (before != workflow::kNoCommit) words.push_back(before);
  words.push_back(after);
  TRY(const std::string text, RunGit(words, In(FolderOf(name))));
  std::vector<std::string> paths = Split(text, '\0');
  if (paths.size() > kPathsMax) paths.resize(kPathsMax);
  return paths;
}

Result<GitChange> GitRepositories::ReadChange(const std::string& name, int number) {
  return ReadChangeFile(FolderOf(name), number);
}

Result<MergeTry> GitRepositories::TryMerge(const std::string& name, const GitChange& change) {
  const std::string folder = FolderOf(name);
  GitOptions in = In(folder);
  MergeTry merge;
  const std::string merge_ref = workflow::MergeRefOf(change.number);
  TRY(merge.base_sha, GitLine({"rev-parse", "refs/heads/" + change.base_branch}, in));
  TRY(const std::string head, GitLine({"rev-parse", workflow::HeadRefOf(change.number)}, in));
  TRY(const supervise::Printed tree, supervise::RunProgram({"git", "-C", folder, "merge-tree", "--write-tree", "--name-only",
                                                            "--no-messages", "-z", merge.base_sha, head},
                                                           in.environment));
  if (tree.exit_code > 1) return Fail(ErrorCode::kInvalid, "git merge-tree: " + tree.errors);
  const std::vector<std::string> lines = Split(tree.output, '\0');
  if (lines.empty()) return Fail(ErrorCode::kInvalid, "git merge-tree said nothing.");
  if (tree.exit_code == 1) {
    merge.conflicts.assign(lines.begin() + 1, lines.end());
    TRY_OK(RunGit({"update-ref", "-d", merge_ref}, in));
    return merge;
  }
  // The times are the head's: the same merge tried again is the same commit.
  TRY(const std::string time, GitLine({"log", "-1", "--format=%cI", head}, in));
  for (const char* who : {"AUTHOR", "COMMITTER"}) {
    in.environment[fmt::format("GIT_{}_NAME", who)] = "tuesday";
    in.environment[fmt::format("GIT_{}_EMAIL", who)] = "tuesday@localhost";
    in.environment[fmt::format("GIT_{}_DATE", who)] = time;
  }
  const std::string message = fmt::format("Merge {} into {}", head, merge.base_sha);
  TRY(merge.sha, GitLine({"commit-tree", lines.front(), "-p", merge.base_sha, "-p", head, "-m", message}, in));
  TRY_OK(RunGit({"update-ref", merge_ref, merge.sha}, in));
  return merge;
}

Result<void> GitRepositories::Unpack(const std::string& name, const std::string& sha, const std::string& folder) {
  TRY_OK(files::MakeFolders(folder));
  GitOptions in = In(FolderOf(name));
  in.folder = folder;
  in.environment["GIT_INDEX_FILE"] = folder + ".index";
  in.environment["GIT_WORK_TREE"] = folder;
  TRY_OK(RunGit({"checkout", "--force", sha, "--", "."}, in));
  return {};
}

Result<void> GitRepositories::Follow(const std::string& name, const std::string& address) {
  TRY_OK(RunGit({"fetch", "--quiet", "--prune", "--no-write-fetch-head", "--no-auto-maintenance", "--", address,
                 "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"},
                In(FolderOf(name))));
  return {};
}

}  // namespace tuesday::git
