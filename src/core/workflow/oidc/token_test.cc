// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/oidc/token.h"

#include <gtest/gtest.h>

#include "core/workflow/services/base64.h"

namespace tuesday::workflow {
namespace {

TEST(IdToken, LivesFiveMinutes) {
  const WallTime at{std::chrono::milliseconds(1'764'000'000'999)};
  const Json::Object claims =
      Complete({{"sub", "repo:a/b:pull_request"}}, {.issuer = "https://t.example", .audience = "a", .id = "j", .at = at});
  EXPECT_EQ(claims.at("iat"), Json(1'764'000'000));
  EXPECT_EQ(claims.at("exp").IntOr(0) - claims.at("iat").IntOr(0), 300);
  EXPECT_LT(claims.at("nbf").IntOr(0), claims.at("iat").IntOr(0));
  EXPECT_EQ(claims.at("iss"), Json("https://t.example"));
  EXPECT_EQ(claims.at("jti"), Json("j"));
}

TEST(IdToken, ItsHeaderNamesTheKey) {
  const std::string text = SigningText("k1", {{"sub", "s"}});
  const std::string token = Assemble(text, "signature");
  EXPECT_EQ(DecodeBase64Url(text.substr(0, text.find('.'))), R"({"alg":"RS256","kid":"k1","typ":"JWT"})");
  EXPECT_EQ(DecodeBase64Url(token.substr(token.rfind('.') + 1)), "signature");
  EXPECT_EQ(token.substr(0, token.rfind('.')), text);
}

}  // namespace
}  // namespace tuesday::workflow
