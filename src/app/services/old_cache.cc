// SPDX-License-Identifier: Apache-2.0
// The older interface of the cache: paths and statuses instead of calls.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "app/services/addresses.h"
#include "app/services/desk.h"

namespace tuesday::services {
namespace {

using http::HttpRequest;
using http::HttpResponse;
using workflow::CacheEntry;
using workflow::RuntimeClaims;

constexpr std::string_view kBegin = "/_apis/artifactcache/";
constexpr std::string_view kUploads = "caches/";

std::vector<std::string> KeysOf(const std::string& text) {
  std::vector<std::string> keys;
  std::istringstream in(text);
  for (std::string key; std::getline(in, key, ',');) keys.push_back(key);
  return keys;
}

Result<std::int64_t> Number(std::string_view text, std::string_view what) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0)
    return Fail(ErrorCode::kInvalid, fmt::format("The {} is no number.", what));
  return number;
}

Result<HttpResponse> Look(const Desk& desk, const RuntimeClaims& claims, const HttpRequest& request) {
  const std::vector<std::string> keys = KeysOf(request.Query("keys"));
  if (keys.size() > workflow::kCacheKeysMax)
    return Fail(ErrorCode::kInvalid, fmt::format("At most {} keys are looked for.", workflow::kCacheKeysMax));
  for (const std::string& key : keys) TRY_OK(workflow::CheckCacheKey(key));
  const std::vector<CacheEntry> entries = desk.cache.List();
  const CacheEntry* found = workflow::FindEntry(entries, keys, request.Query("version"), claims.scopes);
  if (found == nullptr) return HttpResponse{.status = 204, .headers = {}, .body = ""};
  const ContentPlace place{ContentKind::kCacheEntry, "cache", CacheEntries::NameOf(*found)};
  return JsonAnswer(
      200, Json::Object{{"cacheKey", Json(found->key)},
                        {"scope", Json(found->scope)},
                        {"creationTime", Json(WallText(found->created))},
                        {"archiveLocation", Json(AddressOf(place, desk.settings.origin, desk.settings.key, desk.now))}});
}

// What is there under keys that begin so, for people who search for a miss.
Result<HttpResponse> List(const Desk& desk, const RuntimeClaims& claims, const HttpRequest& request) {
  Json::Array list;
  for (const CacheEntry& entry : desk.cache.List()) {
    const bool may_see = std::any_of(claims.scopes.begin(), claims.scopes.end(),
                                     [&](const workflow::CacheScope& scope) { return scope.ref == entry.scope; });
    if (!may_see || !entry.key.starts_with(request.Query("key"))) continue;
    list.emplace_back(Json::Object{{"cacheKey", Json(entry.key)},
                                   {"cacheVersion", Json(entry.version)},
                                   {"scope", Json(entry.scope)},
                                   {"creationTime", Json(WallText(entry.created))}});
  }
  const auto count = static_cast<std::int64_t>(list.size());
  return JsonAnswer(200, Json::Object{{"totalCount", Json(count)}, {"artifactCaches", Json(std::move(list))}});
}

Result<HttpResponse> Reserve(const Desk& desk, const RuntimeClaims& claims, const HttpRequest& request) {
  TRY(const Json body, ParseJson(request.body));
  CacheEntry entry;
  TRY(entry.scope, workflow::WritableScope(claims.scopes));
  entry.key = body.At("key").StringOr("");
  entry.version = body.At("version").StringOr("");
  const std::int64_t size = body.At("cacheSize").IntOr(0);
  if (size > 0 && static_cast<std::uint64_t>(size) > desk.settings.limits.upload_bytes_max)
    return Fail(ErrorCode::kInvalid, fmt::format("An entry has at most {} bytes.", desk.settings.limits.upload_bytes_max));
  TRY(const std::int64_t id, desk.cache.Begin({claims.run, claims.job}, entry));
  return JsonAnswer(201, Json::Object{{"cacheId", Json(id)}});
}

// "bytes 0-99/*": blocks are named so that their order is that of their offsets.
Result<HttpResponse> Upload(const Desk& desk, std::int64_t id, const HttpRequest& request) {
  std::string range = request.Header("content-range");
  if (!range.starts_with("bytes ")) return Fail(ErrorCode::kInvalid, "The piece has no Content-Range.");
  range = range.substr(6);
  const std::size_t dash = range.find('-');
  const std::size_t slash = range.find('/');
  if (dash == std::string::npos || slash == std::string::npos || dash > slash)
    return Fail(ErrorCode::kInvalid, "The Content-Range is not bytes FIRST-LAST/*.");
  TRY(const std::int64_t first, Number(std::string_view(range).substr(0, dash), "first byte"));
  TRY(const std::int64_t last, Number(std::string_view(range).substr(dash + 1, slash - dash - 1), "last byte"));
  if (last - first + 1 != static_cast<std::int64_t>(PieceOf(request).size()))
    return Fail(ErrorCode::kInvalid, "The Content-Range does not fit the bytes that came.");
  TRY_OK(desk.cache.uploads().PutBlock(id, fmt::format("{:020}", first), PieceOf(request)));
  return HttpResponse{.status = 204, .headers = {}, .body = ""};
}

Result<HttpResponse> Commit(const Desk& desk, std::int64_t id, const HttpRequest& request) {
  TRY(const Json body, ParseJson(request.body));
  TRY(const std::int64_t size, NumberField(body, "size"));
  TRY_OK(desk.cache.uploads().PutAll(id));
  TRY_OK(desk.cache.Finish(id, static_cast<std::uint64_t>(size), desk.now));
  return HttpResponse{.status = 204, .headers = {}, .body = ""};
}

}  // namespace

Result<HttpResponse> AnswerOldCache(const Desk& desk, const RuntimeClaims& claims, const HttpRequest& request) {
  const std::string_view what = std::string_view(request.path).substr(kBegin.size());
  if (request.method == "GET" && what == "cache") return Look(desk, claims, request);
  if (request.method == "GET" && what == "caches") return List(desk, claims, request);
  if (request.method == "POST" && what == "caches") return Reserve(desk, claims, request);
  if (what.starts_with(kUploads) && (request.method == "PATCH" || request.method == "POST")) {
    TRY(const std::int64_t id, Number(what.substr(kUploads.size()), "upload"));
    TRY_OK(desk.cache.CheckUpload({claims.run, claims.job}, id));
    return request.method == "PATCH" ? Upload(desk, id, request) : Commit(desk, id, request);
  }
  return Fail(ErrorCode::kNotFound, "Nothing is at this address.");
}

}  // namespace tuesday::services
