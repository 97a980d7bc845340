// SPDX-License-Identifier: Apache-2.0
// What every Web must do, run against the fake and the real adapter alike.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "ports/web.h"

namespace tuesday::testing {

// A harness has: Web& web(); std::string Url(path) of a server that answers /ok with 200 "fine", /missing with 404 "no" and
// /echo with the request's method, a blank, its header X-Test, a blank, and its body; std::string NobodyUrl().
template <typename Harness>
class WebContract : public ::testing::Test {
 protected:
  Harness harness_;
};

TYPED_TEST_SUITE_P(WebContract);

TYPED_TEST_P(WebContract, GivesTheAnswerWhateverItsStatus) {
  const Result<WebAnswer> fine = this->harness_.web().Ask({.url = this->harness_.Url("/ok")});
  ASSERT_TRUE(fine.has_value()) << fine.error().message;
  EXPECT_EQ(fine->status, 200);
  EXPECT_EQ(fine->body, "fine");
  const Result<WebAnswer> missing = this->harness_.web().Ask({.url = this->harness_.Url("/missing")});
  ASSERT_TRUE(missing.has_value());
  EXPECT_EQ(missing->status, 404);
  EXPECT_EQ(missing->body, "no");
}

TYPED_TEST_P(WebContract, SendsMethodHeadersAndBody) {
  WebRequest request{.method = "POST", .url = this->harness_.Url("/echo"), .headers = {{"X-Test", "yes"}}, .body = "a\nb"};
  const Result<WebAnswer> answer = this->harness_.web().Ask(request);
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->body, "POST yes a\nb");
}

TYPED_TEST_P(WebContract, NobodyThereIsUnavailable) {
  const Result<WebAnswer> answer = this->harness_.web().Ask({.url = this->harness_.NobodyUrl()});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
}

REGISTER_TYPED_TEST_SUITE_P(WebContract, GivesTheAnswerWhateverItsStatus, SendsMethodHeadersAndBody, NobodyThereIsUnavailable);

}  // namespace tuesday::testing
