// SPDX-License-Identifier: Apache-2.0
// What artifacts and cache entries may be called, and how much a job may store. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace tuesday::workflow {

inline constexpr std::size_t kArtifactNameBytesMax = 256;
inline constexpr std::size_t kCacheKeyCharactersMax = 512;
inline constexpr std::size_t kCacheKeysMax = 10;  // In one question.
inline constexpr std::size_t kCacheVersionBytesMax = 128;

// How much is taken.
struct ServiceLimits {
  std::size_t piece_bytes_max = 128 << 20;         // One block of an upload, or an upload at once.
  std::size_t pieces_max = 50'000;                 // Blocks of one upload.
  std::uint64_t upload_bytes_max = 10ULL << 30;    // One artifact or cache entry.
  std::size_t artifacts_max = 500;                 // Of one run.
  std::uint64_t artifact_bytes_max = 20ULL << 30;  // Of one run, together.
  std::uint64_t cache_bytes_max = 10ULL << 30;     // Of one repository; beyond it the oldest entries go.
};

// kInvalid for an empty or too long name, control characters, and `" : < > | * ? \ /`.
Result<void> CheckArtifactName(std::string_view name);

// kInvalid for an empty or too long key, a comma, or a control character.
Result<void> CheckCacheKey(std::string_view key);
Result<void> CheckCacheVersion(std::string_view version);

}  // namespace tuesday::workflow
