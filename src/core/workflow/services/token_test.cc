// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/services/token.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "core/workflow/services/base64.h"
#include "core/workflow/services/signature.h"

namespace tuesday::workflow {
namespace {

constexpr WallTime kNow{std::chrono::seconds(1'800'000'000)};

RuntimeClaims Claims() {
  return {.run = "run-7",
          .job = "build.0",
          .attempt = 2,
          .scopes = ScopesOf("refs/pull/7/merge", "main", "main"),
          .not_before = kNow,
          .expires = kNow + std::chrono::hours(1)};
}

TEST(Base64Url, GoesThereAndBack) {
  for (const std::string& bytes : std::vector<std::string>{"", "f", "fo", "foo", std::string("\xff\xfe\x00\x01", 4)}) {
    EXPECT_EQ(DecodeBase64Url(EncodeBase64Url(bytes)), bytes);
  }
  EXPECT_EQ(EncodeBase64Url("\xff\xef"), "_-8");
  for (const char* wrong : {"A", "A=", "AB+/", "_-9"}) EXPECT_FALSE(DecodeBase64Url(wrong).has_value()) << wrong;
}

TEST(Signatures, AreThoseOfRfc4231) {
  // Test case 2, the digest in hex as printed there.
  const auto bytes = DecodeBase64Url(SignatureOf("what do ya want for nothing?", "Jefe"));
  ASSERT_TRUE(bytes.has_value());
  ASSERT_EQ(bytes->size(), 32U);
  EXPECT_EQ(bytes->substr(0, 4), "\x5b\xdc\xc1\x46");
  EXPECT_EQ(bytes->substr(28), "\x64\xec\x38\x43");
}

TEST(RuntimeTokens, SayWhatWasSaidInThem) {
  const std::string token = SignToken(Claims(), "key");
  const auto read = ReadToken(token, "key", kNow);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(*read, Claims());
}

TEST(RuntimeTokens, OpenWhatTheyAreForAndNothingElse) {
  RuntimeClaims asks = Claims();
  asks.use = TokenUse::kIdToken;
  EXPECT_EQ(ReadToken(SignToken(asks, "key"), "key", kNow, TokenUse::kIdToken), asks);
  EXPECT_EQ(ReadToken(SignToken(asks, "key"), "key", kNow).error().code, ErrorCode::kDenied);
  EXPECT_EQ(ReadToken(SignToken(Claims(), "key"), "key", kNow, TokenUse::kIdToken).error().code, ErrorCode::kDenied);
}

// The clients take the ids out of `scp` by splitting at colons, and BuildKit parses `ac` as JSON in a text.
TEST(RuntimeTokens, HaveTheClaimsThatClientsLookInto) {
  const std::string token = SignToken(Claims(), "key");
  const std::size_t first = token.find('.');
  const auto text = DecodeBase64Url(token.substr(first + 1, token.rfind('.') - first - 1));
  ASSERT_TRUE(text.has_value());
  const auto body = ParseJson(*text);
  ASSERT_TRUE(body.has_value());
  EXPECT_EQ(body->At("scp").StringOr(""), "Actions.Results:run-7:build.0");
  EXPECT_EQ(body->At("nbf").IntOr(0), 1'800'000'000);
  EXPECT_EQ(body->At("exp").IntOr(0), 1'800'003'600);
  EXPECT_EQ(body->At("ac").StringOr(""),
            R"([{"Permission":3,"Scope":"refs/pull/7/merge"},{"Permission":1,"Scope":"refs/heads/main"}])");
}

TEST(RuntimeTokens, OfAnotherKeyTimeOrFormAreRefused) {
  const std::string token = SignToken(Claims(), "key");
  std::string changed = token;
  changed[changed.find('.') + 3] ^= 1;
  const std::string body = token.substr(token.find('.') + 1);
  const std::string unsigned_header = EncodeBase64Url(R"({"alg":"none","typ":"JWT"})");
  struct Row {
    const char* name;
    std::string token;
    std::string key;
    WallTime now;
  };
  for (const Row& row : std::vector<Row>{
           {"AnotherKey", token, "other", kNow},
           {"NotYet", token, "key", kNow - std::chrono::seconds(1)},
           {"NoLonger", token, "key", kNow + std::chrono::hours(1)},
           {"Changed", changed, "key", kNow},
           {"Unsigned", unsigned_header + "." + body.substr(0, body.find('.') + 1), "key", kNow},
           {"OtherHeaderSignedAsOurs", unsigned_header + "." + body, "key", kNow},
           {"Empty", "", "key", kNow},
           {"TwoParts", "a.b", "key", kNow},
           {"TooLong", std::string(kTokenBytesMax + 1, 'a') + ".b.c", "key", kNow},
       }) {
    const auto read = ReadToken(row.token, row.key, row.now);
    ASSERT_FALSE(read.has_value()) << row.name;
    EXPECT_EQ(read.error().code, ErrorCode::kDenied) << row.name;
  }
}

}  // namespace
}  // namespace tuesday::workflow
