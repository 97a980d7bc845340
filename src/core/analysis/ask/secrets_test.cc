// SPDX-License-Identifier: Apache-2.0
#include "core/analysis/ask/secrets.h"

#include <gtest/gtest.h>

namespace tuesday::analysis {
namespace {

SecretFiller Filler() {
  return SecretFiller([](const std::string& secret, const std::string& key) -> Result<std::string> {
    if (secret == "api") return key + "-value";
    return Fail(ErrorCode::kNotFound, "There is no Secret " + secret + ".");
  });
}

TEST(SecretFillerTest, FillsWhatItIsAskedFor) {
  SecretFiller filler = Filler();
  EXPECT_EQ(*filler.Fill("Bearer " + SecretPlaceholder("api", "token") + "!"), "Bearer token-value!");
  EXPECT_EQ(*filler.Fill("nothing {{here}}"), "nothing {{here}}");
  EXPECT_EQ(filler.Fill(SecretPlaceholder("none", "x")).error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(filler.Fill("{{secrets.api").has_value());
  EXPECT_TRUE(HoldsSecret(SecretPlaceholder("a", "b")));
  EXPECT_FALSE(HoldsSecret("{{args.a}}"));
}

TEST(SecretFillerTest, MasksWhatItFilledInWhereverItComesBack) {
  SecretFiller filler = Filler();
  EXPECT_EQ(filler.Mask(std::string("token-value")), "token-value") << "nothing was filled in yet";
  ASSERT_TRUE(filler.Fill(SecretPlaceholder("api", "token")).has_value());
  filler.Remember("token-value-and-more");
  const Json answer = Json::Object{{"echo", "got token-value."}, {"token-value", Json::Array{"token-value-and-more", 1}}};
  EXPECT_EQ(CanonicalJson(filler.Mask(answer)), R"({"***":["***",1],"echo":"got ***."})");
  const Error error = filler.Mask(Error{ErrorCode::kInvalid, "refused: token-value", "not token-value"});
  EXPECT_EQ(error.message, "refused: ***");
  EXPECT_EQ(error.hint, "not ***");
}

}  // namespace
}  // namespace tuesday::analysis
