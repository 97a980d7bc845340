// SPDX-License-Identifier: Apache-2.0
// The refs of a repository as values, and what differs between two looks at them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tuesday::workflow {

inline constexpr std::size_t kRefsMax = 10'000;       // Of one repository: branches, tags and changes.
inline constexpr std::size_t kUpdatesAtOnceMax = 20;  // That begin runs: who pushes more at once wants none of them run.

using Refs = std::map<std::string, std::string>;  // "refs/heads/main" → commit.

// `before` and `after` are kNoCommit of a ref that is new, or gone.
struct RefUpdate {
  std::string ref;
  std::string before;
  std::string after;
  friend bool operator==(const RefUpdate&, const RefUpdate&) = default;
};

// Whether the ref can be an event: branches, tags, heads of changes.
bool IsWatched(std::string_view ref);

// In the order of the refs' names. Refs that are not watched are left out.
std::vector<RefUpdate> UpdatesBetween(const Refs& known, const Refs& actual);

// "refs/heads/main" of "main" and of itself: a branch before a tag of the same name. Nothing when there is none.
std::optional<std::string> CompleteRef(const Refs& refs, const std::string& ref);

// 7 of "refs/pull/7/head"; 0 of any other ref.
int ChangeOf(std::string_view ref);
std::string HeadRefOf(int change);
std::string MergeRefOf(int change);

}  // namespace tuesday::workflow
