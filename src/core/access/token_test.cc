// SPDX-License-Identifier: Apache-2.0
#include "core/access/token.h"

#include <gtest/gtest.h>

namespace tuesday::access {
namespace {

const WallTime kNow = WallTime(std::chrono::milliseconds(1'700'000'000'000));

Token Made(const std::string& name, const std::string& secret) {
  return {.name = name,
          .secret_hash = SecretHash(secret),
          .role = Role::kDeployer,
          .ns = Namespace("staging"),
          .created_at = kNow,
          .created_by = "root (uid 0)",
          .expires_at = kNow + std::chrono::hours(24)};
}

TEST(Token, IsFoundByItsSecretOnly) {
  const std::string first = SecretOf(std::string(kSecretRandomBytes, 'a'));
  const std::string second = SecretOf(std::string(kSecretRandomBytes, 'b'));
  const std::vector<Token> tokens = {Made("one", first), Made("two", second)};
  ASSERT_NE(FindBySecret(tokens, second), nullptr);
  EXPECT_EQ(FindBySecret(tokens, second)->name, "two");
  EXPECT_EQ(FindBySecret(tokens, ""), nullptr);
  EXPECT_EQ(FindBySecret(tokens, "tue_"), nullptr);
  EXPECT_EQ(FindBySecret(tokens, tokens[0].secret_hash), nullptr) << "what is stored opens nothing";
  EXPECT_EQ(FindBySecret(tokens, first + " "), nullptr);
  EXPECT_EQ(FindBySecret(tokens, SecretOf(std::string(kSecretRandomBytes, 'c'))), nullptr);
}

TEST(Token, ReadsBackAsItWasStoredAndHoldsNoSecret) {
  const std::string secret = SecretOf(std::string(kSecretRandomBytes, '\xfe'));
  Token token = Made("ci", secret);
  EXPECT_EQ(DecodeToken(EncodeToken(token)).value(), token);
  token.revoked_at = kNow;
  EXPECT_EQ(DecodeToken(EncodeToken(token)).value(), token);
  EXPECT_EQ(EncodeToken(token).find(secret.substr(4)), std::string::npos);
  for (const char* text : {"", "{}", "[]", R"({"readable_by":1})", R"({"readable_by":2})"})
    EXPECT_FALSE(DecodeToken(text).has_value()) << text;
}

TEST(Token, IsRefusedWithABadNameNamespaceOrLife) {
  EXPECT_TRUE(CheckToken(Made("ci-bot.2", "")).has_value());
  for (const char* name : {"", "CI", "a b", "a/b", "a\n"}) EXPECT_FALSE(CheckToken(Made(name, "")).has_value()) << name;
  for (const char* ns : {"", "a/b", "**", "a.b"}) {
    Token token = Made("ci", "");
    token.ns = Namespace(ns);
    EXPECT_FALSE(CheckToken(token).has_value()) << ns;
  }
  Token token = Made("ci", "");
  token.expires_at = token.created_at;
  EXPECT_FALSE(CheckToken(token).has_value());
  token.expires_at = token.created_at + std::chrono::hours(24 * 367);
  EXPECT_FALSE(CheckToken(token).has_value());
}

TEST(Masked, LeavesNoSecretInAText) {
  const std::string secret = SecretOf(std::string(kSecretRandomBytes, '\x5a'));
  EXPECT_EQ(Masked("a " + secret + " b " + secret), "a tue_*** b tue_***");
  EXPECT_EQ(Masked("tue_ is how they begin"), "tue_ is how they begin");
  EXPECT_EQ(Masked(secret.substr(0, 40)), "tue_***") << "a part of one too";
  EXPECT_EQ(Masked(""), "");
}

}  // namespace
}  // namespace tuesday::access
