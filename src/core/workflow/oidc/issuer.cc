// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/oidc/issuer.h"

#include <fmt/format.h>

#include "core/workflow/oidc/claims.h"

namespace tuesday::workflow {
namespace {

constexpr std::string_view kScheme = "https://";

}  // namespace

Result<void> CheckIssuer(std::string_view issuer) {
  const std::string_view rest = issuer.starts_with(kScheme) ? issuer.substr(kScheme.size()) : "";
  const bool is_good = !rest.empty() && rest.front() != '/' && rest.front() != ':' && !rest.ends_with('/') &&
                       rest.find_first_of("@?#\\\"<> \t\r\n") == std::string_view::npos &&
                       rest.find("//") == std::string_view::npos;
  if (is_good) return {};
  return Fail(ErrorCode::kInvalid, fmt::format("\"{}\" is no issuer.", issuer),
              "Write it as https://HOST, without a slash at its end: verifiers compare it byte by byte.");
}

std::string ProviderOf(std::string_view issuer) {
  return std::string(issuer.starts_with(kScheme) ? issuer.substr(kScheme.size()) : issuer);
}

Json DiscoveryOf(std::string_view issuer) {
  Json::Array claims;
  for (const std::string_view name : ClaimNames()) claims.emplace_back(name);
  return Json(Json::Object{{"issuer", issuer},
                           {"jwks_uri", fmt::format("{}{}", issuer, kKeysPath)},
                           {"response_types_supported", Json(Json::Array{"id_token"})},
                           {"subject_types_supported", Json(Json::Array{"public"})},
                           {"id_token_signing_alg_values_supported", Json(Json::Array{"RS256"})},
                           {"scopes_supported", Json(Json::Array{"openid"})},
                           {"claims_supported", Json(std::move(claims))}});
}

Json KeySetOf(const std::vector<SigningKey>& published) {
  Json::Array keys;
  for (const SigningKey& key : published) {
    keys.emplace_back(Json::Object{
        {"kty", "RSA"}, {"use", "sig"}, {"alg", "RS256"}, {"kid", key.id}, {"n", key.modulus}, {"e", key.exponent}});
  }
  return Json(Json::Object{{"keys", Json(std::move(keys))}});
}

}  // namespace tuesday::workflow
