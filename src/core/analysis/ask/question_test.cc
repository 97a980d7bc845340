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
          SignIn{"https://login.test/token", "me", "{{secrets.login/password}}", {"read", "write"}}};
}

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
