// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/services/cache.h"

#include <algorithm>
#include <tuple>

namespace tuesday::workflow {
namespace {

std::string AsRef(std::string_view name) {
  return name.starts_with("refs/") ? std::string(name) : "refs/heads/" + std::string(name);
}

const CacheEntry* FindKey(const std::vector<CacheEntry>& entries, const std::string& key, std::string_view version,
                          std::string_view scope) {
  const CacheEntry* best = nullptr;
  const auto rank = [&](const CacheEntry& entry) { return std::tuple(entry.key == key, entry.created, entry.id); };
  for (const CacheEntry& entry : entries) {
    if (entry.scope != scope || entry.version != version || !entry.key.starts_with(key)) continue;
    if (best == nullptr || rank(entry) > rank(*best)) best = &entry;
  }
  return best;
}

}  // namespace

std::vector<CacheScope> ScopesOf(std::string_view ref, std::string_view base, std::string_view default_branch) {
  std::vector<CacheScope> scopes;
  if (!ref.empty()) scopes.push_back({AsRef(ref), CacheAccess::kWrite});
  for (const std::string_view name : {base, default_branch}) {
    if (name.empty()) continue;
    const std::string other = AsRef(name);
    const bool is_there = std::any_of(scopes.begin(), scopes.end(), [&](const CacheScope& one) { return one.ref == other; });
    if (!is_there) scopes.push_back({other, CacheAccess::kRead});
  }
  return scopes;
}

Result<std::string> WritableScope(const std::vector<CacheScope>& scopes) {
  for (const CacheScope& scope : scopes) {
    if (scope.access == CacheAccess::kWrite) return scope.ref;
  }
  return Fail(ErrorCode::kDenied, "This run may write to no scope of the cache.");
}

const CacheEntry* FindEntry(const std::vector<CacheEntry>& entries, const std::vector<std::string>& keys,
                            std::string_view version, const std::vector<CacheScope>& scopes) {
  for (const CacheScope& scope : scopes) {
    for (const std::string& key : keys) {
      if (const CacheEntry* found = FindKey(entries, key, version, scope.ref); found != nullptr) return found;
    }
  }
  return nullptr;
}

}  // namespace tuesday::workflow
