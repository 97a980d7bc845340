// SPDX-License-Identifier: Apache-2.0
// `.github/actions.lock`: which content each action of a repository was when somebody last looked (docs/formats/actions.md).
// Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tuesday::workflow {

inline constexpr std::string_view kLockPath = ".github/actions.lock";
inline constexpr std::size_t kLockBytesMax = 1 << 20;

struct LockedAction {
  std::string commit;  // Empty: not known.
  std::string digest;  // Of the tree, "sha256:" and hex.
  friend bool operator==(const LockedAction&, const LockedAction&) = default;
};

// By "owner/repo@ref", the repository in lower case.
using ActionLock = std::map<std::string, LockedAction>;

// kInvalid, with the line, for one of another form and for an action that stands there twice.
Result<ActionLock> ReadLock(std::string_view text);
std::string PrintLock(const ActionLock& lock);

}  // namespace tuesday::workflow
