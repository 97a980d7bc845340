// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/services/names.h"

#include <fmt/format.h>

#include <algorithm>

namespace tuesday::workflow {
namespace {

constexpr std::string_view kNeverInNames = "\":<>|*?\\/";

bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

}  // namespace

Result<void> CheckArtifactName(std::string_view name) {
  if (name.empty()) return Fail(ErrorCode::kInvalid, "The artifact has no name.");
  if (name.size() > kArtifactNameBytesMax)
    return Fail(ErrorCode::kInvalid, fmt::format("The artifact's name has more than {} bytes.", kArtifactNameBytesMax));
  if (HasControl(name) || name.find_first_of(kNeverInNames) != std::string_view::npos || name == "." || name == "..")
    return Fail(ErrorCode::kInvalid, "The artifact's name has a character that no file may have.",
                "Leave out control characters and \" : < > | * ? \\ /");
  return {};
}

Result<void> CheckCacheKey(std::string_view key) {
  if (key.empty()) return Fail(ErrorCode::kInvalid, "The cache key is empty.");
  if (key.size() > kCacheKeyCharactersMax)
    return Fail(ErrorCode::kInvalid, fmt::format("The cache key is longer than {} characters.", kCacheKeyCharactersMax));
  if (HasControl(key) || key.contains(','))
    return Fail(ErrorCode::kInvalid, "The cache key has a comma or a control character.");
  return {};
}

Result<void> CheckCacheVersion(std::string_view version) {
  if (version.empty() || version.size() > kCacheVersionBytesMax || HasControl(version))
    return Fail(ErrorCode::kInvalid, "The cache entry's version is no digest.");
  return {};
}

}  // namespace tuesday::workflow
