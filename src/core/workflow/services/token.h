// SPDX-License-Identifier: Apache-2.0
// The token by which an action is known to the services: a JWT (RFC 7519) signed with HS256, with the claims that GitHub's own
// clients look into: `scp` for the run and the job, `ac` for the scopes of the cache, `nbf` and `exp`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "core/workflow/services/cache.h"

namespace tuesday::workflow {

// As long as the longest run: a token opens nothing once its run's services are gone.
inline constexpr Duration kTokenTime = std::chrono::hours(24 * 35);
inline constexpr std::size_t kTokenBytesMax = 8 << 10;

// What a token opens: artifacts and the cache, or the address where a job asks for a token for a cloud; never both.
enum class TokenUse { kServices, kIdToken };

// Who asks. `run` and `job` have neither blanks nor colons.
struct RuntimeClaims {
  std::string run;
  std::string job;  // A leg's key.
  int attempt = 1;  // Of the run; the artifacts of earlier ones are there too.
  std::vector<CacheScope> scopes = {};
  WallTime not_before = {};
  WallTime expires = {};
  TokenUse use = TokenUse::kServices;
  friend bool operator==(const RuntimeClaims&, const RuntimeClaims&) = default;
};

// Times count in whole seconds.
std::string SignToken(const RuntimeClaims& claims, std::string_view key);

// kDenied when the token is none of this key's, not yet or no longer good at `now`, for another use, or says nothing about a
// run and a job.
Result<RuntimeClaims> ReadToken(std::string_view token, std::string_view key, WallTime now, TokenUse use = TokenUse::kServices);

}  // namespace tuesday::workflow
