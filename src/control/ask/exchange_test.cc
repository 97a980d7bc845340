// SPDX-License-Identifier: Apache-2.0
#include "control/ask/exchange.h"

#include <gmock/gmock.h>

#include "testing/fake_web.h"

namespace tuesday::control {
namespace {

using analysis::PrometheusQuestion;
using analysis::SecretPlaceholder;
using analysis::WebQuestion;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

Result<std::string> Lookup(const std::string& secret, const std::string& key) {
  if (secret == "api" && key == "token") return "s3cr\"et";
  return Fail(ErrorCode::kNotFound, "There is no Secret " + secret + " with " + key + ".");
}

constexpr std::int64_t kTimeMs = 1'790'000'000'123;

std::string Told(Web& web, const analysis::Question& question) {
  Result<Exchange> exchange = MakeExchange(question, Lookup);
  if (!exchange.has_value()) return ErrorText(exchange.error());
  const Result<Json> value = RunExchange(web, *std::move(exchange), kTimeMs);
  return value.has_value() ? CanonicalJson(*value) : ErrorText(value.error());
}

TEST(ExchangeTest, PrometheusIsAskedForTheInstantOfTheMeasurement) {
  testing::FakeWeb web;
  web.Answer("http://p.test/prefix/api/v1/query", 200,
             R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"0.25"]}]}})");
  EXPECT_EQ(Told(web, PrometheusQuestion{"http://p.test/prefix", "rate(x[5m]) > 0", {}}), "[0.25]");
  ASSERT_EQ(web.requests.size(), 1U);
  EXPECT_EQ(web.requests[0].method, "POST");
  EXPECT_EQ(web.requests[0].body, "query=rate%28x%5B5m%5D%29%20%3E%200&time=1790000000.123");
}

TEST(ExchangeTest, ARangeIsAskedFromTheInstantOfTheMeasurement) {
  testing::FakeWeb web;
  web.Answer(
      "http://p.test/api/v1/query_range", 200,
      R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"0.25"],[2,"1"]]},{"metric":{},"values":[[1,"3"]]}]}})");
  const analysis::TimeRange range{"now() - duration('1h')", "now()", std::chrono::seconds(30)};
  EXPECT_EQ(Told(web, PrometheusQuestion{"http://p.test", "x", {}, range}), "[0.25,1,3]");
  EXPECT_EQ(web.requests.at(0).body, "query=x&start=1789996400.123&end=1790000000.123&step=30.000");
}

TEST(ExchangeTest, NameAndPasswordAreSentAndMasked) {
  testing::FakeWeb web;
  web.Answer("https://w.test/", [](const WebRequest& request) -> Result<WebAnswer> {
    return WebAnswer{200, CanonicalJson(Json::Object{{"header", request.headers.back().second}, {"plain", "s3cr\"et"}})};
  });
  WebQuestion question{"GET", "https://w.test/", "", false, "", {}};
  question.settings.basic_auth = analysis::BasicAuth{"me", SecretPlaceholder("api", "token")};
  EXPECT_EQ(Told(web, question), R"({"header":"Basic ***","plain":"***"})");
  EXPECT_THAT(web.requests.back().headers, ::testing::ElementsAre(Pair("Authorization", "Basic bWU6czNjciJldA==")));
  question.settings.basic_auth->username = "me:you";
  EXPECT_THAT(Told(web, question), HasSubstr("holds a colon"));
}

TEST(ExchangeTest, AServerThatTakesNoPostIsAskedByGet) {
  testing::FakeWeb web;
  web.Answer("http://p.test/api/v1/query", [](const WebRequest& request) -> Result<WebAnswer> {
    if (request.method == "POST") return WebAnswer{405, ""};
    return WebAnswer{200, R"({"status":"success","data":{"resultType":"scalar","result":[1,"2"]}})"};
  });
  EXPECT_EQ(Told(web, PrometheusQuestion{"http://p.test", "2", {}}), "2");
  EXPECT_THAT(web.requests.back().url, HasSubstr("?query=2&time="));
}

TEST(ExchangeTest, SecretsAreSentAndMaskedInWhatComesBack) {
  testing::FakeWeb web;
  web.Answer("https://w.test/", [](const WebRequest& request) -> Result<WebAnswer> {
    return WebAnswer{200, CanonicalJson(Json::Object{{"echo", request.headers.front().second}})};
  });
  WebQuestion question{"GET", "https://w.test/", "", false, "{$.echo}", {}};
  question.settings.headers = {{"Authorization", "Bearer " + SecretPlaceholder("api", "token")}};
  EXPECT_EQ(Told(web, question), R"("Bearer ***")");
  EXPECT_THAT(web.requests.front().headers, ::testing::ElementsAre(Pair("Authorization", "Bearer s3cr\"et")));
}

TEST(ExchangeTest, ASecretInAJsonBodyIsEscapedThere) {
  testing::FakeWeb web;
  web.Answer("https://w.test/", 500, R"(refused: {"token":"s3cr\"et"} or s3cr"et)");
  WebQuestion question{"POST", "https://w.test/", R"({"token":")" + SecretPlaceholder("api", "token") + "\"}", true, "", {}};
  const std::string said = Told(web, question);
  EXPECT_EQ(web.requests.front().body, R"({"token":"s3cr\"et"})");
  EXPECT_THAT(web.requests.front().headers, ::testing::ElementsAre(Pair("Content-Type", "application/json")));
  EXPECT_THAT(said, Not(HasSubstr("s3cr\"et")));
}

TEST(ExchangeTest, ASecretThatIsNotThereAsksNobody) {
  testing::FakeWeb web;
  WebQuestion question{"GET", "https://w.test/", "", false, "", {}};
  question.settings.headers = {{"X", SecretPlaceholder("api", "none")}};
  EXPECT_THAT(Told(web, question), HasSubstr("no Secret api with none"));
  EXPECT_TRUE(web.requests.empty());
}

TEST(ExchangeTest, AHeaderNeverBeginsAnother) {
  testing::FakeWeb web;
  WebQuestion question{"GET", "https://w.test/", "", false, "", {}};
  question.settings.headers = {{"X", "a\r\nHost: evil"}};
  EXPECT_THAT(Told(web, question), HasSubstr("more than one line"));
}

TEST(ExchangeTest, SigningInFetchesATokenThatIsNeverShown) {
  testing::FakeWeb web;
  web.Answer("https://login.test/token", [](const WebRequest& request) -> Result<WebAnswer> {
    EXPECT_EQ(request.body, "grant_type=client_credentials&client_id=me&client_secret=s3cr%22et&scope=read%20write");
    return WebAnswer{200, R"({"access_token":"t0ken","token_type":"bearer"})"};
  });
  web.Answer("https://w.test/", [](const WebRequest& request) -> Result<WebAnswer> {
    return WebAnswer{200, "\"" + request.headers.back().second + "\""};
  });
  WebQuestion question{"GET", "https://w.test/", "", false, "", {}};
  question.settings.sign_in =
      analysis::SignIn{"https://login.test/token", "me", SecretPlaceholder("api", "token"), {"read", "write"}};
  EXPECT_EQ(Told(web, question), R"("Bearer ***")");
}

TEST(ExchangeTest, ARefusedSignInIsAnErrorThatNamesWhereItWasTried) {
  testing::FakeWeb web;
  web.Answer("https://login.test/token", 401, "no");
  WebQuestion question{"GET", "https://w.test/", "", false, "", {}};
  question.settings.sign_in = analysis::SignIn{"https://login.test/token", "me", "x", {}};
  EXPECT_THAT(Told(web, question), HasSubstr("Signing in at https://login.test/token gave no token (status 401)"));
}

}  // namespace
}  // namespace tuesday::control
