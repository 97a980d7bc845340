// SPDX-License-Identifier: Apache-2.0
#include "app/services/store/cache_entries.h"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/files/files.h"
#include "base/digest.h"

namespace tuesday::services {
namespace {

using workflow::CacheEntry;

Json RecordOf(const CacheEntry& entry, const Uploader& by) {
  return Json::Object{{"bytes", Json(entry.size_bytes)},
                      {"created", Json(WallText(entry.created))},
                      {"id", Json(entry.id)},
                      {"job", Json(by.job)},
                      {"key", Json(entry.key)},
                      {"run", Json(by.run)},
                      {"scope", Json(entry.scope)},
                      {"version", Json(entry.version)}};
}

CacheEntry EntryOf(const Json& record) {
  CacheEntry entry;
  entry.id = record.At("id").IntOr(0);
  entry.key = record.At("key").StringOr("");
  entry.version = record.At("version").StringOr("");
  entry.scope = record.At("scope").StringOr("");
  entry.size_bytes = static_cast<std::uint64_t>(record.At("bytes").IntOr(0));
  entry.created = ParseWall(record.At("created").StringOr("")).value_or(WallTime{});
  return entry;
}

Uploader UploaderOf(const Json& record) { return {record.At("run").StringOr(""), record.At("job").StringOr("")}; }

bool IsBy(const Json& record, const Uploader& by) {
  const Uploader other = UploaderOf(record);
  return other.run == by.run && other.job == by.job;
}

bool IsSame(const CacheEntry& one, const CacheEntry& other) {
  return one.key == other.key && one.version == other.version && one.scope == other.scope;
}

}  // namespace

CacheEntries::CacheEntries(std::string folder, const workflow::ServiceLimits& limits)
    : folder_(std::move(folder)), limits_(limits), uploads_(folder_ + "/uploads", limits) {}

std::string CacheEntries::NameOf(const CacheEntry& entry) {
  return Sha256Hex(fmt::format("{}\n{}\n{}", entry.scope, entry.version, entry.key));
}

std::string CacheEntries::ContentPath(const std::string& name) const {
  return fmt::format("{}/entries/{}/{}", folder_, name, kContentName);
}

std::vector<CacheEntry> CacheEntries::List() const {
  std::vector<CacheEntry> entries;
  for (const std::string& name : files::NamesIn(folder_ + "/entries")) {
    const auto record = ReadRecord(fmt::format("{}/entries/{}", folder_, name));
    if (record.has_value()) entries.push_back(EntryOf(*record));
  }
  return entries;
}

Result<std::int64_t> CacheEntries::Begin(const Uploader& by, const CacheEntry& entry) {
  TRY_OK(workflow::CheckCacheKey(entry.key));
  TRY_OK(workflow::CheckCacheVersion(entry.version));
  if (files::Exists(fmt::format("{}/entries/{}", folder_, NameOf(entry))))
    return Fail(ErrorCode::kConflict, fmt::format("cache entry with the same key, version, and scope already exists"));
  std::int64_t last = 0;
  for (const CacheEntry& other : List()) last = std::max(last, other.id);
  return uploads_.Begin(RecordOf(entry, by), last + 1);
}

Result<std::int64_t> CacheEntries::FindUpload(const Uploader& by, const CacheEntry& entry) const {
  std::vector<std::int64_t> ids = uploads_.Ids();
  std::reverse(ids.begin(), ids.end());
  for (const std::int64_t id : ids) {
    const auto record = uploads_.Record(id);
    if (record.has_value() && IsBy(*record, by) && IsSame(EntryOf(*record), entry)) return id;
  }
  return Fail(ErrorCode::kNotFound, "There is no upload for this key.");
}

Result<void> CacheEntries::CheckUpload(const Uploader& by, std::int64_t id) const {
  const auto record = uploads_.Record(id);
  if (!record.has_value() || !IsBy(*record, by)) return Fail(ErrorCode::kDenied, "The upload is not this job's.");
  return {};
}

Result<CacheEntry> CacheEntries::Finish(std::int64_t id, std::uint64_t bytes, WallTime now) {
  TRY(const Json record, uploads_.Record(id));
  CacheEntry entry = EntryOf(record);
  TRY(const StagedContent content, uploads_.Seal(id));
  if (content.bytes != bytes)
    return Fail(ErrorCode::kConflict, fmt::format("{} bytes were uploaded, not {}.", content.bytes, bytes));
  entry.id = id;
  entry.size_bytes = bytes;
  entry.created = now;
  const std::string name = NameOf(entry);
  TRY_OK(uploads_.MoveTo(id, RecordOf(entry, UploaderOf(record)), fmt::format("{}/entries/{}", folder_, name)));
  RemoveOldest(name);
  return entry;
}

void CacheEntries::RemoveOldest(const std::string& but) {
  std::vector<CacheEntry> entries = List();
  std::sort(entries.begin(), entries.end(), [](const CacheEntry& one, const CacheEntry& other) {
    return std::tuple(one.created, one.id) < std::tuple(other.created, other.id);
  });
  std::uint64_t all = 0;
  for (const CacheEntry& entry : entries) all += entry.size_bytes;
  for (const CacheEntry& entry : entries) {
    if (all <= limits_.cache_bytes_max) return;
    if (NameOf(entry) == but) continue;
    static_cast<void>(files::RemoveTree(fmt::format("{}/entries/{}", folder_, NameOf(entry))));
    all -= entry.size_bytes;
  }
}

}  // namespace tuesday::services
