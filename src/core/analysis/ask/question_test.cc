// SPDX-License-Identifier: Apache-2.0
#include "core/analysis/ask/question.h"

#include <gtest/gtest.h>

namespace tuesday::analysis {
namespace {

using std::chrono::seconds;

RequestSettings Settings() {
  return {{{"X-Token", "{{secrets.token/value}}"}},
          seconds(7),
          true,
          SignIn{"https://login.test/token", "me", "{{secrets.login/password}}", {"read", "write"}},
          BasicAuth{"me", "{{secrets.login/password}}"}};
}

TimeRange AnHour() { return {"now() - duration('1h')", "now()", seconds(60)}; }

TEST(QuestionTest, EveryFieldOfEveryQuestionReadsBack) {
  JobQuestion job;
  job.container.name = "check";
  job.container.image = "check:1";
  job.container.command = {"sh", "-c"};
  job.container.args = {"exit 1"};
  job.container.working_dir = "/srv";
  job.container.env = {{"A", "1", {}, {}, {}, false},
                       {"B", {}, std::pair("config", "b"), {}, {}, true},
                       {"C", {}, {}, std::pair("secret", "c"), {}, false},
                       {"D", {}, {}, {}, "metadata.name", false}};
  job.container.env_from = {{"config", "", "P_", false}, {"", "secret", "", true}};
  job.container.resources = {100, 200, 300, 400};
  job.artifact = "sha256:0";
  job.grace = seconds(3);
  job.backoff_limit = 2;
  job.deadline = seconds(60);
  JobQuestion plain;
  for (const Question& question :
       {Question(PrometheusQuestion{"http://p.test:9090", "sum(x)", Settings()}),
        Question(PrometheusQuestion{"http://p.test:9090", "sum(x)", Settings(), AnHour()}),
        Question(StoreQuestion{"sum(x)", AnHour()}),
        Question(WebQuestion{"POST", "https://w.test/x?y=1", R"({"a":1})", true, "{$.ok}", Settings()}),
        Question(WebQuestion{}), Question(job), Question(plain)}) {
    const Result<Question> read = ReadQuestion(WordOf(question), WriteQuestion(question));
    ASSERT_TRUE(read.has_value()) << read.error().message;
    EXPECT_EQ(*read, question) << WriteQuestion(question);
  }
}

TEST(QuestionTest, WhatIsNoQuestionIsRefused) {
  EXPECT_EQ(ReadQuestion(kWebWord, "sum(x)").error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(ReadQuestion("graphite", "{}").error().code, ErrorCode::kCorrupt);
}

TEST(QuestionTest, ARangeHasAWordThatAnOlderTuesdayDoesNotKnow) {
  EXPECT_EQ(WordOf(PrometheusQuestion{"http://p.test", "x", {}}), "prometheus");
  EXPECT_EQ(WordOf(PrometheusQuestion{"http://p.test", "x", {}, AnHour()}), "prometheus-range");
  EXPECT_EQ(WordOf(StoreQuestion{"x", AnHour()}), "store");
}

TEST(RangeTest, IsComputedWhenItIsAsked) {
  EXPECT_EQ(*RangeAt(AnHour(), 10'000'000), (RangeMs{6'400'000, 10'000'000, 60'000}));
}

TEST(RangeTest, WhatCannotBeAskedIsRefused) {
  struct Case {
    const char* name;
    TimeRange range;
    ErrorCode code;
  };
  const Case cases[] = {
      {"Start", {"yesterday", "now()", seconds(1)}, ErrorCode::kInvalid},
      {"End", {"now()", "now", seconds(1)}, ErrorCode::kInvalid},
      {"Backwards", {"now()", "now() - duration('1s')", seconds(1)}, ErrorCode::kInvalid},
      {"NoStep", {"now()", "now()", {}}, ErrorCode::kInvalid},
      {"TooManyPoints", {"now() - duration('11000s')", "now()", seconds(1)}, ErrorCode::kLimit},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    EXPECT_EQ(RangeAt(one.range, 1'700'000'000'000).error().code, one.code);
  }
  EXPECT_TRUE(RangeAt({"now() - duration('10999s')", "now()", seconds(1)}, 1'700'000'000'000).has_value());
}

TEST(HostTest, IsWhoIsAsked) {
  EXPECT_EQ(*HostOf("http://Example.com/a?b"), "example.com:80");
  EXPECT_EQ(*HostOf("https://example.com"), "example.com:443");
  EXPECT_EQ(*HostOf("https://me:you@example.com:8443/x"), "example.com:8443");
  EXPECT_EQ(*HostOf("http://[::1]/x"), "[::1]:80");
  EXPECT_EQ(*HostOf("http://[::1]:9090"), "[::1]:9090");
  EXPECT_FALSE(HostOf("ftp://example.com").has_value());
  EXPECT_FALSE(HostOf("http:///x").has_value());
  EXPECT_FALSE(HostOf("example.com").has_value());
}

}  // namespace
}  // namespace tuesday::analysis
