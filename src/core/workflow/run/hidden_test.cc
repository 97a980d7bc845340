// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/run/hidden.h"

#include <gtest/gtest.h>

namespace tuesday::workflow {
namespace {

const expression::Value kSecrets = expression::Value::Object({{"A", "hush"}, {"LONG", "hush-hush"}, {"EMPTY", ""}});

TEST(HiddenSecrets, ComeBackWholeAndAreNotStored) {
  for (const char* text : {"", "plain", "hush", "xhushhush-hushy", "hush-hush-hush", "\x1f", "\x1f\x1f", "a\x1fhush\x1e"}) {
    const std::string hidden = HideSecrets(kSecrets, text);
    EXPECT_EQ(hidden.find("hush"), std::string::npos) << text;
    EXPECT_EQ(RevealSecrets(kSecrets, hidden), text);
  }
}

// What a step prints into an output may look like the name of a secret.
TEST(HiddenSecrets, NoTextAsksForOne) {
  const std::string asked =
      "\x1f"
      "A\x1e";
  EXPECT_EQ(RevealSecrets(kSecrets, HideSecrets(kSecrets, asked)), asked);
}

TEST(HiddenSecrets, OneThatIsGoneIsEmpty) {
  EXPECT_EQ(RevealSecrets(expression::Value::Object({}), HideSecrets(kSecrets, "a hush b")), "a  b");
}

}  // namespace
}  // namespace tuesday::workflow
