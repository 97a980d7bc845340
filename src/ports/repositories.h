// SPDX-License-Identifier: Apache-2.0
// Repositories that teams push to, one bare git repository each. What they hold is the truth; the daemon only looks. Calls
// block; those of one repository come one at a time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/workflow/repository/refs.h"

namespace tuesday {

struct GitCommit {
  std::string sha;
  std::string author;   // A name.
  std::string subject;  // The first line of its message.
  std::string message;
};

struct GitFile {
  std::string name;  // From the repository's top.
  std::string content;
};

// A change that waits for its merge. Its head is the ref "refs/pull/<number>/head".
struct GitChange {
  int number = 0;
  std::string base_branch;
  std::string topic;  // Empty: none was given.
  std::string title;
  std::string author;       // Who pushed it, as the door knew them.
  bool is_trusted = false;  // Who pushed it may begin runs.
};

// The merge of a change into its base, tried. With conflicts there is none.
struct MergeTry {
  std::string sha;
  std::string base_sha;
  std::vector<std::string> conflicts;  // Files.
};

class Repositories {
 public:
  virtual ~Repositories() = default;

  // Makes the repository, or puts its hooks and settings in order when it is there.
  virtual Result<void> Prepare(const std::string& name, const std::string& default_branch) = 0;

  // With everything in it. Nothing to do when it is not there.
  virtual Result<void> Remove(const std::string& name) = 0;

  // kLimit when there are more than kRefsMax.
  virtual Result<workflow::Refs> ReadRefs(const std::string& name) = 0;
  virtual Result<GitCommit> ReadCommit(const std::string& name, const std::string& sha) = 0;

  // The files of a folder at a commit, without its sub-folders; none when there is no such folder. kLimit for one of more
  // than a MiB, or more than a hundred.
  virtual Result<std::vector<GitFile>> ReadFolder(const std::string& name, const std::string& sha,
                                                  const std::string& folder) = 0;

  // Files that differ, by name. Of a new branch: those that its commit changed.
  virtual Result<std::vector<std::string>> ChangedPaths(const std::string& name, const std::string& before,
                                                        const std::string& after) = 0;

  virtual Result<GitChange> ReadChange(const std::string& name, int number) = 0;

  // Also makes it the ref "refs/pull/<number>/merge", or removes that when there are conflicts.
  virtual Result<MergeTry> TryMerge(const std::string& name, const GitChange& change) = 0;

  // Makes branches and tags those of the repository at `address`.
  virtual Result<void> Follow(const std::string& name, const std::string& address) = 0;

  // Where the repository is on this machine.
  virtual std::string FolderOf(const std::string& name) const = 0;
};

}  // namespace tuesday
