// SPDX-License-Identifier: Apache-2.0
#include "app/services/addresses.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "core/workflow/services/signature.h"

namespace tuesday::services {
namespace {

constexpr std::string_view kBegin = "/content/";

struct KindName {
  ContentKind kind;
  std::string_view name;
};
constexpr auto kKinds = std::to_array<KindName>({{ContentKind::kArtifactUpload, "artifact-upload"},
                                                 {ContentKind::kArtifact, "artifact"},
                                                 {ContentKind::kCacheUpload, "cache-upload"},
                                                 {ContentKind::kCacheEntry, "cache"}});

std::string Signature(std::string_view path, std::int64_t expires, std::string_view key) {
  return workflow::SignatureOf(fmt::format("content\n{}\n{}", path, expires), key);
}

std::int64_t Seconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace

std::string AddressOf(const ContentPlace& place, std::string_view origin, std::string_view key, WallTime now) {
  std::string_view kind;
  for (const KindName& one : kKinds) {
    if (one.kind == place.kind) kind = one.name;
  }
  const std::string path = fmt::format("{}{}/{}/{}", kBegin, kind, place.owner, place.name);
  const std::int64_t expires = Seconds(now) + std::chrono::duration_cast<std::chrono::seconds>(kAddressTime).count();
  return fmt::format("{}{}?se={}&sig={}", origin, path, expires, Signature(path, expires, key));
}

Result<ContentPlace> ReadAddress(const http::HttpRequest& request, std::string_view key, WallTime now) {
  const std::string_view path = request.path;
  if (!path.starts_with(kBegin)) return Fail(ErrorCode::kNotFound, "Nothing is at this address.");
  const std::string time = request.Query("se");
  std::int64_t expires = 0;
  const auto [end, error] = std::from_chars(time.data(), time.data() + time.size(), expires);
  const bool is_ours = error == std::errc() && end == time.data() + time.size() &&
                       workflow::SameSignature(request.Query("sig"), Signature(path, expires, key));
  if (!is_ours) return Fail(ErrorCode::kDenied, "The address is not signed by this service.");
  if (Seconds(now) >= expires) return Fail(ErrorCode::kDenied, "The address is good for an hour, which is over.");
  // What is signed is as we made it: three parts without slashes.
  const std::string_view rest = path.substr(kBegin.size());
  const std::size_t first = rest.find('/');
  const std::size_t second = rest.find('/', first + 1);
  for (const KindName& one : kKinds) {
    if (one.name != rest.substr(0, first)) continue;
    return ContentPlace{one.kind, std::string(rest.substr(first + 1, second - first - 1)),
                        std::string(rest.substr(second + 1))};
  }
  return Fail(ErrorCode::kNotFound, "Nothing is at this address.");
}

}  // namespace tuesday::services
