// SPDX-License-Identifier: Apache-2.0
// Repositories in memory: a test makes commits and moves refs, as pushes would. They survive the daemon.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/workflow/event/facts.h"
#include "ports/repositories.h"

namespace tuesday::testing {

class FakeRepositories : public Repositories {
 public:
  struct Commit {
    std::string message;
    std::map<std::string, std::string> files;
  };
  struct Repository {
    workflow::Refs refs;
    std::map<std::string, Commit> commits;
    std::map<int, GitChange> changes;
    std::vector<std::string> conflicts;  // Of the next merges.
  };

  // A commit of these files, and the ref at it.
  std::string Push(const std::string& name, const std::string& ref, std::map<std::string, std::string> files,
                   const std::string& message = "A change") {
    Repository& repository = repositories_[name];
    std::string sha = std::to_string(++commits_);
    sha.insert(0, 40 - sha.size(), 'a');
    repository.commits[sha] = {message, std::move(files)};
    repository.refs[ref] = sha;
    return sha;
  }
  void PushChange(const std::string& name, const GitChange& change, std::map<std::string, std::string> files) {
    repositories_[name].changes[change.number] = change;
    Push(name, workflow::HeadRefOf(change.number), std::move(files), change.title);
  }
  Repository& Of(const std::string& name) { return repositories_[name]; }

  Result<void> Prepare(const std::string& name, const std::string&) override {
    repositories_[name];
    return {};
  }
  Result<void> Remove(const std::string& name) override {
    repositories_.erase(name);
    return {};
  }
  Result<workflow::Refs> ReadRefs(const std::string& name) override { return repositories_[name].refs; }
  Result<GitCommit> ReadCommit(const std::string& name, const std::string& sha) override {
    const auto& commits = repositories_[name].commits;
    const auto found = commits.find(sha);
    if (found == commits.end()) return Fail(ErrorCode::kInvalid, "There is no commit " + sha);
    const std::string& message = found->second.message;
    return GitCommit{.sha = sha, .author = "Ada", .subject = message.substr(0, message.find('\n')), .message = message};
  }
  Result<std::vector<GitFile>> ReadFolder(const std::string& name, const std::string& sha, const std::string& folder) override {
    std::vector<GitFile> files;
    for (const auto& [path, content] : repositories_[name].commits[sha].files) {
      if (path.starts_with(folder + "/")) files.push_back({path, content});
    }
    return files;
  }
  Result<std::vector<std::string>> ChangedPaths(const std::string& name, const std::string& before,
                                                const std::string& after) override {
    std::vector<std::string> paths;
    auto& commits = repositories_[name].commits;
    const std::map<std::string, std::string> none;
    const auto& old = before == workflow::kNoCommit ? none : commits[before].files;
    for (const auto& [path, content] : commits[after].files) {
      const auto found = old.find(path);
      if (found == old.end() || found->second != content) paths.push_back(path);
    }
    return paths;
  }
  Result<GitChange> ReadChange(const std::string& name, int number) override { return repositories_[name].changes.at(number); }
  Result<MergeTry> TryMerge(const std::string& name, const GitChange& change) override {
    Repository& repository = repositories_[name];
    MergeTry merge{
        .sha = "", .base_sha = repository.refs["refs/heads/" + change.base_branch], .conflicts = repository.conflicts};
    if (!merge.conflicts.empty()) return merge;
    const std::string head = repository.refs[workflow::HeadRefOf(change.number)];
    merge.sha = "m" + head.substr(1);
    repository.commits[merge.sha] = repository.commits[head];
    repository.refs[workflow::MergeRefOf(change.number)] = merge.sha;
    return merge;
  }
  Result<void> Follow(const std::string& name, const std::string& address) override {
    repositories_[name].refs = repositories_[address].refs;
    repositories_[name].commits = repositories_[address].commits;
    return {};
  }
  std::string FolderOf(const std::string& name) const override { return "/repositories/" + name + ".git"; }

 private:
  std::map<std::string, Repository> repositories_;
  int commits_ = 0;
};

}  // namespace tuesday::testing
