// SPDX-License-Identifier: Apache-2.0
#include "wire/oidc/rows.h"

#include <gtest/gtest.h>

namespace tuesday::oidc {
namespace {

constexpr WallTime kAt{std::chrono::milliseconds(1'764'000'000'123)};

TEST(OidcRows, GoThereAndBack) {
  const workflow::SigningKey key{
      .id = "k", .modulus = "n", .exponent = "AQAB", .private_pem = "pem", .made_at = kAt, .signs_from = kAt};
  EXPECT_EQ(DecodeKey(Encode(key)), key);
  const RepositoryTokens tokens{
      .repository_id = "1", .workflows = {".github/workflows/deploy.yaml"}, .subject_keys = {"repo", "context"}};
  EXPECT_EQ(DecodeRepositoryTokens(Encode(tokens)), tokens);
}

TEST(OidcRows, HaveTheirBytes) {
  EXPECT_EQ(Encode(RepositoryTokens{.repository_id = "1", .workflows = {"a"}, .subject_keys = {}}),
            R"({"format":1,"readable_by":1,"repository_id":"1","subject_keys":[],"workflows":["a"]})");
}

TEST(OidcRows, WhatIsHalfAKeyIsNone) {
  EXPECT_FALSE(DecodeKey(R"({"format":1,"readable_by":1,"id":"k"})").has_value());
  EXPECT_FALSE(DecodeKey("").has_value());
}

}  // namespace
}  // namespace tuesday::oidc
