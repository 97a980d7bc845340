// SPDX-License-Identifier: Apache-2.0
// Which entry of a repository's cache a job finds, and where it may write: scopes are refs, nearest first. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace tuesday::workflow {

enum class CacheAccess { kRead, kWrite };

struct CacheScope {
  std::string ref;  // "refs/heads/main", "refs/pull/7/merge".
  CacheAccess access = CacheAccess::kRead;
  friend bool operator==(const CacheScope&, const CacheScope&) = default;
};

// An entry, once whole, never changes. `version` is the client's digest of the paths and the compression.
struct CacheEntry {
  std::int64_t id = 0;
  std::string key;
  std::string version;
  std::string scope;  // A ref.
  std::uint64_t size_bytes = 0;
  WallTime created;
  friend bool operator==(const CacheEntry&, const CacheEntry&) = default;
};

// What a run of `ref` may use: its own scope, also to write, then its base, then the default branch. Names of branches may
// stand alone or as refs; empty ones are left out.
std::vector<CacheScope> ScopesOf(std::string_view ref, std::string_view base, std::string_view default_branch);

// The scope that the run's entries are in. kDenied when it may write none.
Result<std::string> WritableScope(const std::vector<CacheScope>& scopes);

// The entry for the keys, or null: scope by scope; in one scope key by key, of each first the same key, then the newest entry
// that begins with it (of two as new the one with the larger id).
const CacheEntry* FindEntry(const std::vector<CacheEntry>& entries, const std::vector<std::string>& keys,
                            std::string_view version, const std::vector<CacheScope>& scopes);

}  // namespace tuesday::workflow
