// SPDX-License-Identifier: Apache-2.0
// Addresses of contents that open by themselves for an hour: what they are for is signed. Pure.
#pragma once

#include <string>
#include <string_view>

#include "adapters/http/message.h"
#include "base/result.h"
#include "base/time.h"

namespace tuesday::services {

inline constexpr Duration kAddressTime = std::chrono::hours(1);

enum class ContentKind { kArtifactUpload, kArtifact, kCacheUpload, kCacheEntry };

// `owner` is a run for artifacts, and "cache" otherwise; `name` a number, or an entry's folder.
struct ContentPlace {
  ContentKind kind = ContentKind::kArtifact;
  std::string owner;
  std::string name;
  friend bool operator==(const ContentPlace&, const ContentPlace&) = default;
};

// Uploads may be written and the others read, nothing else.
std::string AddressOf(const ContentPlace& place, std::string_view origin, std::string_view key, WallTime now);

// kNotFound when the path is no content's, kDenied when the signature is not ours or its time is over.
Result<ContentPlace> ReadAddress(const http::HttpRequest& request, std::string_view key, WallTime now);

}  // namespace tuesday::services
