// SPDX-License-Identifier: Apache-2.0
#include "adapters/rsa/rsa_keys.h"

#include <gtest/gtest.h>

#include "core/workflow/services/base64.h"

namespace tuesday::rsa {
namespace {

TEST(RsaKeys, SignWhatTheirPublicPartVerifies) {
  const auto key = MakeKey();
  const auto other = MakeKey();
  ASSERT_TRUE(key.has_value() && other.has_value());
  EXPECT_NE(key->id, other->id);
  EXPECT_EQ(key->exponent, "AQAB");
  EXPECT_EQ(workflow::DecodeBase64Url(key->modulus)->size(), 256U);
  const auto signature = Sign(key->private_pem, "what is said");
  ASSERT_TRUE(signature.has_value()) << signature.error().message;
  EXPECT_TRUE(Verify(*key, "what is said", *signature));
  EXPECT_FALSE(Verify(*key, "what is not", *signature));
  EXPECT_FALSE(Verify(*other, "what is said", *signature));
  std::string bent = *signature;
  bent[10] = static_cast<char>(bent[10] ^ 1);
  EXPECT_FALSE(Verify(*key, "what is said", bent));
}

TEST(RsaKeys, WhatIsNoKeySignsNothing) {
  EXPECT_EQ(Sign("", "text").error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(Sign("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "text").error().code, ErrorCode::kCorrupt);
}

TEST(RsaKeys, TokenIdsDiffer) {
  const auto one = MakeTokenId();
  ASSERT_TRUE(one.has_value());
  EXPECT_EQ(one->size(), 36U);
  EXPECT_EQ((*one)[14], '4');
  EXPECT_NE(*one, *MakeTokenId());
}

}  // namespace
}  // namespace tuesday::rsa
