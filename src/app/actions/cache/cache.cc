// SPDX-License-Identifier: Apache-2.0
#include "app/actions/cache/cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <iostream>

#include "app/actions/cache/archive.h"
#include "app/actions/files/find.h"
#include "app/actions/files/temporary.h"
#include "app/actions/service/client.h"
#include "app/actions/toolkit.h"
#include "core/workflow/services/names.h"

namespace tuesday::actions {
namespace {

constexpr std::uint64_t kMegabyte = 1024 * 1024;

Result<void> Check(const CacheRequest& request) {
  if (request.paths.empty())
    return Fail(ErrorCode::kInvalid, "Path Validation Error: At least one directory or file path is required");
  if (request.restore_keys.size() + 1 > workflow::kCacheKeysMax)
    return Fail(ErrorCode::kInvalid, "Key Validation Error: Keys are limited to a maximum of 10.");
  std::vector<std::string> keys = request.restore_keys;
  keys.push_back(request.key);
  for (const std::string& key : keys) {
    if (key.size() > workflow::kCacheKeyCharactersMax)
      return Fail(ErrorCode::kInvalid, fmt::format("Key Validation Error: {} cannot be larger than 512 characters.", key));
    if (key.contains(','))
      return Fail(ErrorCode::kInvalid, fmt::format("Key Validation Error: {} cannot contain commas.", key));
  }
  return {};
}

std::string SizeText(std::uint64_t bytes) { return fmt::format("~{} MB ({} B)", (bytes + kMegabyte / 2) / kMegabyte, bytes); }

Result<std::string> Find(const ServiceClient& client, const CacheRequest& request, Packing packing, Restore restore) {
  Json::Array keys;
  for (const std::string& key : request.restore_keys) keys.emplace_back(key);
  TRY(const Json answer, client.Call(kCacheService, "GetCacheEntryDownloadURL",
                                     {{"key", Json(request.key)},
                                      {"restore_keys", Json(std::move(keys))},
                                      {"version", Json(CacheVersion(request.paths, packing))}}));
  if (!answer.At("ok").BoolOr(false)) return std::string();
  std::string matched = answer.At("matched_key").StringOr("");
  std::cout << fmt::format("Cache hit for{}: {}", matched == request.key ? "" : " restore-key", matched) << std::endl;
  if (restore == Restore::kLookUpOnly) {
    std::cout << "Lookup only - skipping download" << std::endl;
    return matched;
  }
  TRY(const TemporaryPlace place, TemporaryPlace::Make());
  const std::string path = fmt::format("{}/{}", place.path(), ArchiveName(packing));
  TRY_OK(client.Take(answer.At("signed_download_url").StringOr(""), path));
  std::cout << "Cache Size: " << SizeText(std::filesystem::file_size(path)) << std::endl;
  TRY_OK(UnpackCache(path, Environment("GITHUB_WORKSPACE"), packing));
  std::cout << "Cache restored successfully" << std::endl;
  return matched;
}

// The names of what the paths mean, from the workspace where they are below it.
Result<std::vector<std::string>> NamesOf(const CacheRequest& request) {
  const std::string workspace = Environment("GITHUB_WORKSPACE");
  TRY(const Found found,
      FindPaths(fmt::format("{}", fmt::join(request.paths, "\n")), workspace,
                {.home = Environment("HOME"), .descendants = workflow::GlobDescendants::kNone}, HiddenFiles::kTaken));
  std::vector<std::string> names;
  for (const FoundPath& path : found.paths)
    names.push_back(std::filesystem::path(path.path).lexically_relative(workspace).string());
  if (!names.empty()) return names;
  return Fail(
      ErrorCode::kNotFound,
      "Path Validation Error: Path(s) specified in the action for caching do(es) not exist, hence no cache is being saved.");
}

Result<Saved> Store(const ServiceClient& client, const CacheRequest& request, const std::vector<std::string>& names) {
  const Packing packing = PackingOfThisPlace();
  const std::string version = CacheVersion(request.paths, packing);
  TRY(const TemporaryPlace place, TemporaryPlace::Make());
  TRY_OK(PackCache(names, Environment("GITHUB_WORKSPACE"), place.path(), packing));
  const std::string path = fmt::format("{}/{}", place.path(), ArchiveName(packing));
  const std::uint64_t bytes = std::filesystem::file_size(path);
  std::cout << "Cache Size: " << SizeText(bytes) << std::endl;
  const Json::Object entry{{"key", Json(request.key)}, {"version", Json(version)}};
  TRY(const Json created, client.Call(kCacheService, "CreateCacheEntry", entry));
  if (!created.At("ok").BoolOr(false)) {
    std::cout << fmt::format("Failed to save: Unable to reserve cache with key {}, another job may be creating this cache.",
                             request.key)
              << std::endl;
    return Saved::kNo;
  }
  TRY_OK(client.Put(created.At("signed_upload_url").StringOr(""), path));
  Json::Object finished = entry;
  finished["size_bytes"] = Json(std::to_string(bytes));
  TRY(const Json answer, client.Call(kCacheService, "FinalizeCacheEntryUpload", finished));
  if (answer.At("ok").BoolOr(false)) return Saved::kYes;
  Warn(fmt::format("Unable to finalize cache with key {}: {}", request.key, answer.At("message").StringOr("")));
  return Saved::kNo;
}

}  // namespace

Result<std::string> RestoreCache(const CacheRequest& request, Restore restore) {
  TRY_OK(Check(request));
  TRY(const ServiceClient client, ServiceClient::FromEnvironment());
  auto found = Find(client, request, PackingOfThisPlace(), restore);
  if (found) return found;
  Warn("Failed to restore: " + ErrorText(found.error()));
  return std::string();
}

Result<Saved> SaveCache(const CacheRequest& request) {
  TRY_OK(Check(request));
  TRY(const std::vector<std::string> names, NamesOf(request));
  TRY(const ServiceClient client, ServiceClient::FromEnvironment());
  const auto saved = Store(client, request, names);
  if (saved) return *saved;
  Warn("Failed to save: " + ErrorText(saved.error()));
  return Saved::kNo;
}

bool IsSameKey(const std::string& wanted, const std::string& found) {
  return !found.empty() &&
         std::ranges::equal(wanted, found, [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

}  // namespace tuesday::actions
