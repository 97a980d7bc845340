// SPDX-License-Identifier: Apache-2.0
// The service of the cache, version 2: three calls. What is not there, or there already, is an answer and no error.
#include <fmt/format.h>

#include "app/services/addresses.h"
#include "app/services/desk.h"

namespace tuesday::services {
namespace {

using workflow::CacheEntry;
using workflow::RuntimeClaims;

constexpr std::string_view kOwner = "cache";

Json Refusal(const std::string& why) { return Json::Object{{"ok", Json(false)}, {"message", Json(why)}}; }

// A client may name the scope that it means; the token says which one it is.
Result<CacheEntry> Wanted(const RuntimeClaims& claims, const Json& body) {
  CacheEntry entry;
  TRY(entry.scope, workflow::WritableScope(claims.scopes));
  if (const Json::Array* named = body.At("metadata").At("scope").as_array(); named != nullptr) {
    for (const Json& one : *named) {
      if (one.At("scope").StringOr(entry.scope) != entry.scope)
        return Fail(ErrorCode::kDenied, fmt::format("This run writes to {} and to no other scope.", entry.scope));
    }
  }
  entry.key = body.At("key").StringOr("");
  entry.version = body.At("version").StringOr("");
  return entry;
}

Result<Json> Create(const Desk& desk, const RuntimeClaims& claims, const Json& body) {
  TRY(const CacheEntry entry, Wanted(claims, body));
  const auto id = desk.cache.Begin({claims.run, claims.job}, entry);
  if (!id && id.error().code == ErrorCode::kConflict) return Refusal(id.error().message);
  if (!id) return std::unexpected(id.error());
  const ContentPlace place{ContentKind::kCacheUpload, std::string(kOwner), std::to_string(*id)};
  return Json::Object{{"ok", Json(true)},
                      {"signed_upload_url", Json(AddressOf(place, desk.settings.origin, desk.settings.key, desk.now))}};
}

Result<Json> Finalize(const Desk& desk, const RuntimeClaims& claims, const Json& body) {
  TRY(const CacheEntry entry, Wanted(claims, body));
  TRY(const std::int64_t size, NumberField(body, "size_bytes"));
  TRY(const std::int64_t id, desk.cache.FindUpload({claims.run, claims.job}, entry));
  const auto finished = desk.cache.Finish(id, static_cast<std::uint64_t>(size), desk.now);
  if (!finished && finished.error().code == ErrorCode::kConflict) return Refusal(finished.error().message);
  if (!finished) return std::unexpected(finished.error());
  return Json::Object{{"ok", Json(true)}, {"entry_id", Json(std::to_string(finished->id))}};
}

Result<Json> Download(const Desk& desk, const RuntimeClaims& claims, const Json& body) {
  std::vector<std::string> keys = {body.At("key").StringOr("")};
  if (const Json::Array* more = Field(body, "restore_keys").as_array(); more != nullptr) {
    for (const Json& key : *more) keys.push_back(key.StringOr(""));
  }
  if (keys.size() > workflow::kCacheKeysMax)
    return Fail(ErrorCode::kInvalid, fmt::format("At most {} keys are looked for.", workflow::kCacheKeysMax));
  for (const std::string& key : keys) TRY_OK(workflow::CheckCacheKey(key));
  const std::vector<CacheEntry> entries = desk.cache.List();
  const CacheEntry* found = workflow::FindEntry(entries, keys, body.At("version").StringOr(""), claims.scopes);
  if (found == nullptr) return Json::Object{{"ok", Json(false)}};
  const ContentPlace place{ContentKind::kCacheEntry, std::string(kOwner), CacheEntries::NameOf(*found)};
  return Json::Object{{"ok", Json(true)},
                      {"signed_download_url", Json(AddressOf(place, desk.settings.origin, desk.settings.key, desk.now))},
                      {"matched_key", Json(found->key)}};
}

}  // namespace

Result<Json> CallCache(const Desk& desk, const RuntimeClaims& claims, std::string_view method, const Json& body) {
  if (method == "CreateCacheEntry") return Create(desk, claims, body);
  if (method == "FinalizeCacheEntryUpload") return Finalize(desk, claims, body);
  if (method == "GetCacheEntryDownloadURL") return Download(desk, claims, body);
  return Fail(ErrorCode::kNotFound, fmt::format("The service of the cache has no call '{}'.", method));
}

}  // namespace tuesday::services
