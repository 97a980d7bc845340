// SPDX-License-Identifier: Apache-2.0
// Changes of a hosted repository as files beside git's own: "tuesday/changes/<number>.json". Written before the ref of the
// change is, so that a ref without a file is never seen; a file without a ref is no change yet, and its number is used again.
#pragma once

#include <string>

#include "ports/repositories.h"

namespace tuesday::git {

// Under a lock of the repository as long as it lives: numbers are given once.
class ChangeFiles {
 public:
  static Result<ChangeFiles> Lock(const std::string& folder);
  ~ChangeFiles();
  ChangeFiles(ChangeFiles&& other) noexcept;
  ChangeFiles& operator=(ChangeFiles&&) = delete;

  // The change that a push of `head` for the branch goes on with, or a new number: the one of the same topic, or the one
  // whose head is an ancestor of `head`, or whose head has the same Change-Id.
  Result<GitChange> ChangeFor(const std::string& branch, const std::string& topic, const std::string& head) const;

  Result<void> Write(const GitChange& change) const;

 private:
  ChangeFiles(std::string folder, int lock) : folder_(std::move(folder)), lock_(lock) {}

  std::string folder_;
  int lock_ = -1;
};

Result<GitChange> ReadChangeFile(const std::string& folder, int number);

}  // namespace tuesday::git
