// SPDX-License-Identifier: Apache-2.0
// A token as bytes: a JWT (RFC 7519) that is signed with RS256, the one algorithm that every relying party takes. Pure: who
// signs is given the text.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/time.h"

namespace tuesday::workflow {

inline constexpr Duration kIdTokenTime = std::chrono::minutes(5);
// A verifier's clock may be behind ours.
inline constexpr Duration kIdTokenClockSlack = std::chrono::minutes(1);

// What belongs to one token and not to its job.
struct TokenMoment {
  std::string issuer;
  std::string audience;
  std::string id;  // `jti`: of no other token.
  WallTime at;
};

// The claims with iss, aud, jti, iat, nbf and exp. Times count in whole seconds.
Json::Object Complete(Json::Object claims, const TokenMoment& moment);

// What is signed: the header, which names the key, and the claims.
std::string SigningText(std::string_view key_id, const Json::Object& claims);

// The token: the text and its signature's bytes.
std::string Assemble(std::string signing_text, std::string_view signature);

}  // namespace tuesday::workflow
