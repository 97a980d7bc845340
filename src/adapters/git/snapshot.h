// SPDX-License-Identifier: Apache-2.0
// The working tree as a commit: what is changed and new is in it, what git ignores is not. The user's index, branches and
// objects stay as they are.
#pragma once

#include <string>

#include "base/result.h"

namespace tuesday::git {

// `sha` is a commit in the repository at `folder`, whose objects may be borrowed from the user's own. Without changes it is
// HEAD itself. `ref` is "refs/heads/…" or, of a detached HEAD, empty.
struct Snapshot {
  std::string folder;
  std::string sha;
  std::string ref;
  std::string top;         // Of the working tree.
  std::string repository;  // "owner/name" of the remote origin, or "local/<folder>".
  std::string author;      // "Name" of the one who runs it, or of the last commit.
  std::string message;     // Of HEAD.
  std::string objects;     // The user's own objects, which are borrowed; empty: none.
  bool changed = false;    // It is not HEAD.
};

// Takes the tree that `here` is in; a folder that is in no repository is taken whole. `folder` is made, and must not be there.
Result<Snapshot> TakeSnapshot(const std::string& here, const std::string& folder);

// Makes the snapshot look for borrowed objects where jobs see them. Afterwards it cannot be used on the machine itself.
Result<void> BorrowFrom(const Snapshot& snapshot, const std::string& inside);

}  // namespace tuesday::git
