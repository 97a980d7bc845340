// SPDX-License-Identifier: Apache-2.0
// Repositories as bare git repositories in one folder: "<folder>/<name>.git". Thread-safe; calls block.
#pragma once

#include <string>
#include <vector>

#include "ports/repositories.h"

namespace tuesday::git {

class GitRepositories : public Repositories {
 public:
  struct Settings {
    std::string folder;
    std::string program;       // Our own: hooks run `PROGRAM repo hook …`.
    std::string state_folder;  // Where hooks find the daemon's socket.
  };

  explicit GitRepositories(Settings settings) : settings_(std::move(settings)) {}

  Result<void> Prepare(const std::string& name, const std::string& default_branch) override;
  Result<void> Remove(const std::string& name) override;
  Result<workflow::Refs> ReadRefs(const std::string& name) override;
  Result<GitCommit> ReadCommit(const std::string& name, const std::string& sha) override;
  Result<std::vector<GitFile>> ReadFolder(const std::string& name, const std::string& sha, const std::string& folder) override;
  Result<std::vector<std::string>> ChangedPaths(const std::string& name, const std::string& before,
                                                const std::string& after) override;
  Result<GitChange> ReadChange(const std::string& name, int number) override;
  Result<MergeTry> TryMerge(const std::string& name, const GitChange& change) override;
  Result<void> Follow(const std::string& name, const std::string& address) override;
  // The files of a commit, into a folder that is made.
  Result<void> Unpack(const std::string& name, const std::string& sha, const std::string& folder);

  std::string FolderOf(const std::string& name) const override { return settings_.folder + "/" + name + ".git"; }

 private:
  Result<void> WriteHooks(const std::string& folder) const;

  const Settings settings_;
};

// The refs of a bare repository, all of them.
Result<workflow::Refs> ReadRefsOf(const std::string& folder);

}  // namespace tuesday::git
