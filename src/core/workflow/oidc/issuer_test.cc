// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/oidc/issuer.h"

#include <gtest/gtest.h>

namespace tuesday::workflow {
namespace {

TEST(Issuer, IsComparedByteByByte) {
  for (const char* good : {"https://t.example.com", "https://t.example.com/ci", "https://127.0.0.1:8444"})
    EXPECT_TRUE(CheckIssuer(good).has_value()) << good;
  for (const char* bad : {"", "t.example.com", "http://t.example.com", "https://", "https://t.example.com/", "https://:80",
                          "https://u@t.example.com", "https://t.example.com?a", "https://t.example.com#a", "https://a b"})
    EXPECT_EQ(CheckIssuer(bad).error().code, ErrorCode::kInvalid) << bad;
}

TEST(Issuer, TellsWhereItsKeysAre) {
  const Json told = DiscoveryOf("https://t.example.com");
  EXPECT_EQ(told.At("issuer"), Json("https://t.example.com"));
  EXPECT_EQ(told.At("jwks_uri"), Json("https://t.example.com/.well-known/jwks"));
  EXPECT_EQ(told.At("id_token_signing_alg_values_supported"), Json(Json::Array{"RS256"}));
}

TEST(Issuer, ShowsNothingPrivate) {
  const SigningKey key{.id = "k", .modulus = "n", .exponent = "AQAB", .private_pem = "-----BEGIN PRIVATE KEY-----"};
  EXPECT_EQ(CanonicalJson(KeySetOf({key})),
            R"({"keys":[{"alg":"RS256","e":"AQAB","kid":"k","kty":"RSA","n":"n","use":"sig"}]})");
}

}  // namespace
}  // namespace tuesday::workflow
