// SPDX-License-Identifier: Apache-2.0
// What an issuer tells everybody: discovery (OpenID Connect Discovery 1.0) and its public keys (RFC 7517). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "core/workflow/oidc/key_ring.h"

namespace tuesday::workflow {

inline constexpr std::string_view kDiscoveryPath = "/.well-known/openid-configuration";
inline constexpr std::string_view kKeysPath = "/.well-known/jwks";

// kInvalid unless it is https, with a host, and without a user, a query, a fragment or a slash at its end: verifiers compare it
// byte by byte.
Result<void> CheckIssuer(std::string_view issuer);

// The issuer as AWS names a provider: without "https://".
std::string ProviderOf(std::string_view issuer);

Json DiscoveryOf(std::string_view issuer);
Json KeySetOf(const std::vector<SigningKey>& published);

}  // namespace tuesday::workflow
