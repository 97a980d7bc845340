// SPDX-License-Identifier: Apache-2.0
// actions/cache@v4, actions/cache/restore@v4 and actions/cache/save@v4.
#include <fmt/format.h>

#include <iostream>
#include <sstream>

#include "app/actions/cache/cache.h"
#include "app/actions/native.h"
#include "app/actions/toolkit.h"

namespace tuesday::actions {
namespace {

constexpr std::string_view kPrimaryKey = "CACHE_KEY";
constexpr std::string_view kMatchedKey = "CACHE_RESULT";

// The whole action hands its keys to its post step, the one that only restores tells them as outputs.
enum class Keys { kState, kOutputs };

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (const std::size_t begin = line.find_first_not_of(" \t\r"); begin != std::string::npos) {
      line = line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1);
      // "! path" is "!path".
      if (line.starts_with('!')) line.erase(1, std::min(line.find_first_not_of(" \t", 1), line.size()) - 1);
      lines.push_back(line);
    }
  }
  return lines;
}

Result<CacheRequest> ReadRequest() {
  CacheRequest request{.paths = LinesOf(Input("path")), .key = Input("key"), .restore_keys = LinesOf(Input("restore-keys"))};
  if (request.key.empty()) return Fail(ErrorCode::kInvalid, "Input required and not supplied: key");
  if (request.paths.empty()) return Fail(ErrorCode::kInvalid, "Input required and not supplied: path");
  return request;
}

Result<void> RunRestore(Keys keys) {
  TRY(const CacheRequest request, ReadRequest());
  TRY(const bool fails, InputFlag("fail-on-cache-miss"));
  TRY(const bool looks_only, InputFlag("lookup-only"));
  if (keys == Keys::kState) {
    SaveState(kPrimaryKey, request.key);
  } else {
    SetOutput("cache-primary-key", request.key);
  }
  if (Environment("ACTIONS_RESULTS_URL").empty()) {
    SetOutput("cache-hit", "false");
    Warn("This run has no cache.");
    return {};
  }
  TRY(const std::string found, RestoreCache(request, looks_only ? Restore::kLookUpOnly : Restore::kFiles));
  if (found.empty()) {
    if (fails) {
      return Fail(
          ErrorCode::kNotFound,
          fmt::format("Failed to restore cache entry. Exiting as fail-on-cache-miss is set. Input key: {}", request.key));
    }
    std::vector<std::string> tried = {request.key};
    tried.insert(tried.end(), request.restore_keys.begin(), request.restore_keys.end());
    std::cout << fmt::format("Cache not found for input keys: {}", fmt::join(tried, ", ")) << std::endl;
    return {};
  }
  if (keys == Keys::kState) {
    SaveState(kMatchedKey, found);
  } else {
    SetOutput("cache-matched-key", found);
  }
  SetOutput("cache-hit", IsSameKey(request.key, found) ? "true" : "false");
  std::cout << fmt::format("Cache {} from key: {}", looks_only ? "found and can be restored" : "restored", found) << std::endl;
  return {};
}

// The original's own mark for what it does not count among the run's warnings.
void Remark(const std::string& text) { std::cout << "[warning]" << text << std::endl; }

void RunSave(Keys keys) {
  const bool is_post = keys == Keys::kState;
  const std::string kept = is_post ? SavedState(kPrimaryKey) : "";
  CacheRequest request{.paths = LinesOf(Input("path")), .key = kept.empty() ? Input("key") : kept, .restore_keys = {}};
  if (request.key.empty()) return Remark("Key is not specified.");
  if (is_post && IsSameKey(request.key, SavedState(kMatchedKey))) {
    std::cout << fmt::format("Cache hit occurred on the primary key {}, not saving cache.", request.key) << std::endl;
    return;
  }
  const auto saved = SaveCache(request);
  if (!saved) {
    Remark(saved.error().message);
  } else if (*saved == Saved::kYes) {
    std::cout << fmt::format("Cache saved with key: {}", request.key) << std::endl;
  }
  if (!is_post && (!saved || *saved == Saved::kNo)) Warn("Cache save failed.");
}

int Done(const Result<void>& done) { return done ? 0 : FailStep(done.error()); }

}  // namespace

int Cache(const std::string& stage) {
  if (stage == "main") return Done(RunRestore(Keys::kState));
  RunSave(Keys::kState);
  return 0;
}

int CacheRestore(const std::string&) { return Done(RunRestore(Keys::kOutputs)); }

int CacheSave(const std::string&) {
  RunSave(Keys::kOutputs);
  return 0;
}

}  // namespace tuesday::actions
