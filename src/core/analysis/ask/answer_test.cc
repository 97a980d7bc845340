// SPDX-License-Identifier: Apache-2.0
#include "core/analysis/ask/answer.h"

#include <gmock/gmock.h>

#include <cmath>

#include "core/analysis/analysis.h"
#include "core/analysis/ask/question.h"

namespace tuesday::analysis {
namespace {

using ::testing::HasSubstr;

std::string Success(const std::string& type, const std::string& result) {
  return R"({"status":"success","data":{"resultType":")" + type + R"(","result":)" + result + "}}";
}

std::string Text(const Result<Json>& value) { return value.has_value() ? CanonicalJson(*value) : value.error().message; }

TEST(PrometheusAnswerTest, ScalarsAreNumbersAndVectorsAreArrays) {
  EXPECT_EQ(Text(ValueOfPrometheus(200, Success("scalar", R"([1,"0.5"])"))), "0.5");
  EXPECT_EQ(
      Text(ValueOfPrometheus(200, Success("vector", R"([{"metric":{},"value":[1,"0.5"]},{"metric":{},"value":[1,"2"]}])"))),
      "[0.5,2]");
  EXPECT_EQ(Text(ValueOfPrometheus(200, Success("matrix", R"([{"metric":{},"values":[[1,"1"],[2,"2"]]}])"))), "[1,2]");
  EXPECT_EQ(Text(ValueOfPrometheus(200, Success("vector", "[]"))), "[]");
}

TEST(PrometheusAnswerTest, NumbersThatJsonHasNotStayWhatTheyAre) {
  const Result<Json> value =
      ValueOfPrometheus(200, Success("vector", R"([{"value":[1,"NaN"]},{"value":[1,"+Inf"]},{"value":[1,"-Inf"]}])"));
  ASSERT_TRUE(value.has_value());
  const Json::Array& array = *value->as_array();
  EXPECT_TRUE(std::isnan(*array[0].as_double()));
  EXPECT_EQ(*array[1].as_double(), HUGE_VAL);
  EXPECT_EQ(*array[2].as_double(), -HUGE_VAL);
}

TEST(PrometheusAnswerTest, WhatIsNoAnswerIsAnErrorAndNeverAValue) {
  EXPECT_THAT(Text(ValueOfPrometheus(400, R"({"status":"error","errorType":"bad_data","error":"parse error: x"})")),
              HasSubstr("bad_data: parse error: x"));
  EXPECT_THAT(Text(ValueOfPrometheus(502, "<html>bad gateway</html>")), HasSubstr("status 502 and no JSON"));
  EXPECT_THAT(Text(ValueOfPrometheus(200, "{")), HasSubstr("no JSON"));
  EXPECT_THAT(Text(ValueOfPrometheus(200, Success("string", R"([1,"x"])"))), HasSubstr("gives a string"));
  EXPECT_THAT(Text(ValueOfPrometheus(200, Success("vector", R"([{"histogram":[1,{}]}])"))), HasSubstr("no number"));
  EXPECT_THAT(Text(ValueOfPrometheus(200, R"({"status":"success"})")), HasSubstr("gives a nothing"));
}

TEST(WebAnswerTest, JsonIsTakenApartAndTextIsATextAsInArgo) {
  EXPECT_EQ(Text(ValueOfWeb(200, R"({"a":{"b":1}})", "{$.a.b}")), "1");
  EXPECT_EQ(Text(ValueOfWeb(201, R"({"a":1})", "")), R"({"a":1})");
  EXPECT_EQ(Text(ValueOfWeb(200, R"([1,2])", "{$}")), "[1,2]");
  EXPECT_EQ(Text(ValueOfWeb(200, "fine", "")), "\"fine\"");
  EXPECT_THAT(Text(ValueOfWeb(200, "fine", "{$.a}")), HasSubstr("no JSON"));
  EXPECT_THAT(Text(ValueOfWeb(200, "{}", "{$.a}")), HasSubstr("finds nothing"));
  EXPECT_THAT(Text(ValueOfWeb(500, "it\nbroke", "")), HasSubstr("status 500: it broke"));
  EXPECT_THAT(Text(ValueOfWeb(302, "", "")), HasSubstr("status 302"));
}

TEST(WebAnswerTest, AnEmptyAnswerProvesNothing) {
  const Metric metric{.name = "m",
                      .query = "",
                      .address = std::string(kWebWord),
                      .interval = {},
                      .count = {},
                      .success_condition = "",
                      .failure_condition = ""};
  EXPECT_EQ(Judge(metric, *ValueOfWeb(200, "", "")).phase, Phase::kNoEvidence);
  EXPECT_EQ(Judge(metric, *ValueOfWeb(200, "null", "")).phase, Phase::kNoEvidence);
  EXPECT_EQ(Judge(metric, *ValueOfWeb(200, "fine", "")).phase, Phase::kSuccessful);
}

TEST(JobAnswerTest, OnlyExitZeroIsASuccessWhateverConditionsSay) {
  const Metric metric{.name = "m",
                      .query = "",
                      .address = std::string(kJobWord),
                      .interval = {},
                      .count = {},
                      .success_condition = "true",
                      .failure_condition = ""};
  EXPECT_EQ(Judge(metric, ValueOfJob(0, 1, "")).phase, Phase::kSuccessful);
  const Judgement failed = Judge(metric, ValueOfJob(3, 2, "no rows"));
  EXPECT_EQ(failed.phase, Phase::kFailed);
  EXPECT_EQ(failed.message, "The job ended with exit 3 after 2 tries; its last line: no rows");
  EXPECT_EQ(Judge(metric, Json()).phase, Phase::kError);
}

}  // namespace
}  // namespace tuesday::analysis
