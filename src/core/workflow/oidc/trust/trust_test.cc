// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/workflow/oidc/trust/conditions.h"
#include "core/workflow/oidc/trust/evaluate.h"

namespace tuesday::workflow {
namespace {

using testing::Contains;
using testing::HasSubstr;

const Json::Object kClaims = {{"iss", "https://t.example.com"},
                              {"aud", "sts.amazonaws.com"},
                              {"sub", "repo:acme/shop:environment:production"},
                              {"ref", "refs/heads/main"}};

std::string PolicyWith(const std::string& condition, const std::string& provider = "t.example.com") {
  return fmt::format(R"({{
  "Version": "2012-10-17",
  "Statement": [{{
    "Effect": "Allow",
    "Principal": {{"Federated": "arn:aws:iam::123456789012:oidc-provider/{}"}},
    "Action": "sts:AssumeRoleWithWebIdentity",
    "Condition": {{{}}}
  }}]
}})",
                     provider, condition);
}

struct Answer {
  bool is_allowed = false;
  std::vector<std::string> why;
  std::vector<std::string> rules;
};

Answer Ask(const std::string& text) {
  const ReadTrust read = ReadTrustPolicy(text, "trust.json");
  EXPECT_TRUE(read.findings.empty()) << (read.findings.empty() ? "" : read.findings.front().Text());
  const TrustResult result = EvaluateTrust(read.policy, kClaims);
  Answer answer{.is_allowed = result.is_allowed, .why = {}, .rules = {}};
  for (const StatementResult& statement : result.statements) {
    answer.why.insert(answer.why.end(), statement.problems.begin(), statement.problems.end());
    for (const ConditionResult& one : statement.conditions) {
      if (!one.holds) answer.why.push_back(one.why);
    }
  }
  for (const Finding& finding : result.warnings) answer.rules.push_back(finding.rule);
  return answer;
}

TEST(Trust, ConditionsAreIams) {
  struct Row {
    const char* name;
    const char* condition;
    bool allowed;
  };
  const Row rows[] = {
      {"Exact", R"("StringEquals": {"t.example.com:sub": "repo:acme/shop:environment:production"})", true},
      {"AnyOfTheValues", R"("StringEquals": {"t.example.com:sub": ["x", "repo:acme/shop:environment:production"]})", true},
      {"CaseCounts", R"("StringEquals": {"t.example.com:sub": "repo:Acme/shop:environment:production"})", false},
      {"CaseIgnored", R"("StringEqualsIgnoreCase": {"t.example.com:sub": "REPO:acme/shop:environment:production"})", true},
      {"StarIsTextInEquals", R"("StringEquals": {"t.example.com:sub": "repo:acme/shop:*"})", false},
      {"StarIsAnythingInLike", R"("StringLike": {"t.example.com:sub": "repo:acme/shop:*"})", true},
      {"QuestionMark", R"("StringLike": {"t.example.com:aud": "sts?amazonaws?com"})", true},
      {"AllKeysMustHold", R"("StringEquals": {"t.example.com:aud": "sts.amazonaws.com", "t.example.com:sub": "x"})", false},
      {"NotEquals", R"("StringNotEquals": {"t.example.com:sub": "repo:acme/shop:pull_request"})", true},
      {"NotLike", R"("StringNotLike": {"t.example.com:sub": "repo:acme/*"})", false},
      {"AbsentKey", R"("StringEquals": {"t.example.com:amr": "x"})", false},
      {"AbsentKeyNegated", R"("StringNotEquals": {"t.example.com:amr": "x"})", true},
      {"AbsentKeyIfExists", R"("StringEqualsIfExists": {"t.example.com:amr": "x"})", true},
      {"ForAllValuesOfNothing", R"("ForAllValues:StringLike": {"t.example.com:amr": "x"})", true},
      {"ForAnyValueOfNothing", R"("ForAnyValue:StringLike": {"t.example.com:amr": "*"})", false},
      {"ForAnyValue", R"("ForAnyValue:StringLike": {"t.example.com:sub": "repo:acme/*"})", true},
      {"NullHolds", R"("Null": {"t.example.com:amr": "true"})", true},
      {"NullOfWhatIsThere", R"("Null": {"t.example.com:sub": true})", false},
      {"AClaimThatAwsDoesNotSee", R"("StringEquals": {"t.example.com:ref": "refs/heads/main"})", false},
      {"AnotherIssuersKey",
       R"("StringEquals": {"token.actions.githubusercontent.com:sub": "repo:acme/shop:environment:production"})", false},
      {"AKeyOfAwsItself", R"("StringEquals": {"aws:RequestedRegion": "eu-west-1"})", false},
      {"NoCondition", "", true},
  };
  for (const Row& row : rows) EXPECT_EQ(Ask(PolicyWith(row.condition)).is_allowed, row.allowed) << row.name;
}

TEST(Trust, TellsBothValues) {
  const Answer answer = Ask(PolicyWith(R"("StringEquals": {"t.example.com:sub": "repo:acme/shop:ref:refs/heads/main"})"));
  ASSERT_EQ(answer.why.size(), 1U);
  EXPECT_THAT(answer.why[0], HasSubstr("the policy has \"repo:acme/shop:ref:refs/heads/main\""));
  EXPECT_THAT(answer.why[0], HasSubstr("the token has \"repo:acme/shop:environment:production\""));
  EXPECT_THAT(answer.why[0], HasSubstr("environment stands in sub instead of the ref"));
}

TEST(Trust, KnowsWhatPeopleMean) {
  EXPECT_THAT(Ask(PolicyWith(R"("StringEquals": {"t.example.com:sub": "repo:acme/shop:*"})")).why,
              Contains(HasSubstr("takes * as a star")));
  EXPECT_THAT(Ask(PolicyWith(R"("StringEquals": {"t.example.com:sub": "repo:Acme/Shop:environment:production"})")).why,
              Contains(HasSubstr("case only")));
  EXPECT_THAT(Ask(PolicyWith(R"("StringEquals": {"t.example.com:ref": "refs/heads/main"})")).why,
              Contains(HasSubstr("sub, aud and amr")));
}

TEST(Trust, ThePrincipalIsTheIssuer) {
  const Answer answer = Ask(PolicyWith("", "token.actions.githubusercontent.com"));
  EXPECT_FALSE(answer.is_allowed);
  EXPECT_THAT(answer.why, Contains(HasSubstr("oidc-provider/t.example.com")));
}

TEST(Trust, ADenyWins) {
  std::string policy = PolicyWith("");
  policy.replace(policy.rfind("}]"), 2,
                 R"(}, {"Effect": "Deny", "Principal": {"Federated": "arn:aws:iam::1:oidc-provider/t.example.com"},
                    "Action": ["sts:TagSession", "sts:*"], "Condition": {"StringLike": {"t.example.com:sub": "*production"}}}])");
  EXPECT_FALSE(Ask(policy).is_allowed);
}

TEST(Trust, AnotherActionIsNotThis) {
  std::string policy = PolicyWith("");
  policy.replace(policy.find("sts:AssumeRoleWithWebIdentity"), 29, "sts:AssumeRole");
  const Answer answer = Ask(policy);
  EXPECT_FALSE(answer.is_allowed);
  EXPECT_THAT(answer.why, Contains(HasSubstr("Action")));
}

TEST(Trust, WarnsOfWhatIsTooWide) {
  const std::string good =
      R"("StringEquals": {"t.example.com:aud": "sts.amazonaws.com", "t.example.com:sub": "repo:acme/shop:environment:production"})";
  EXPECT_TRUE(Ask(PolicyWith(good)).rules.empty());
  EXPECT_EQ(Ask(PolicyWith("")).rules, (std::vector<std::string>{"trust-no-subject", "trust-no-audience"}));
  EXPECT_THAT(Ask(PolicyWith(R"("StringLike": {"t.example.com:sub": "repo:acme/*"})")).rules, Contains("trust-wide-subject"));
  EXPECT_THAT(Ask(PolicyWith(R"("ForAllValues:StringLike": {"t.example.com:sub": "repo:acme/shop:ref:*"})")).rules,
              testing::IsSupersetOf({"trust-all-values", "trust-no-subject"}));
  EXPECT_THAT(Ask(PolicyWith(R"("StringEquals": {"t.example.com:sub": "repo:acme/shop:*"})")).rules,
              Contains("trust-star-is-text"));
}

TEST(Trust, EverythingThatIsWrongIsSaidAtOnceWithItsPlace) {
  const ReadTrust read = ReadTrustPolicy(R"({"Statement": [
  {"Effect": "allow", "Action": "sts:*", "Resource": "*"},
  {"Effect": "Allow", "Action": "sts:*", "Condition": {"NumericEquals": {"a": "1"}}}
]})",
                                         "trust.json");
  std::vector<std::string> texts;
  for (const Finding& finding : read.findings) texts.push_back(finding.Text());
  EXPECT_EQ(texts.size(), 3U);
  EXPECT_THAT(texts, Contains(HasSubstr("trust.json:2:14: error: Effect")));
  EXPECT_THAT(texts, Contains(HasSubstr("trust.json:2:42: error:")));
  EXPECT_THAT(texts, Contains(HasSubstr("trust.json:3:56: error: The operator NumericEquals")));
}

TEST(Trust, WhatIsNoPolicyIsRefused) {
  for (const char* bad : {"", "[]", "{}", "{\"Statement\": 1}", "{\"Statement\": [{\"Effect\": \"Allow\"}]}", "{\"a\": "})
    EXPECT_FALSE(ReadTrustPolicy(bad, "f").findings.empty()) << bad;
}

TEST(Like, HasIamsWildcards) {
  EXPECT_TRUE(MatchesLike("*", ""));
  EXPECT_TRUE(MatchesLike("a*b*c", "aXbXbc"));
  EXPECT_FALSE(MatchesLike("a*b", "abc"));
  EXPECT_FALSE(MatchesLike("?", ""));
  EXPECT_TRUE(MatchesLike("a${*}", "a*"));
  EXPECT_FALSE(MatchesLike("a${*}", "ab"));
  EXPECT_FALSE(MatchesLike("", "a"));
  // What a pattern of many stars must not do is take for ever.
  EXPECT_FALSE(MatchesLike("*a*a*a*a*a*a*a*a*a*a*b", std::string(5'000, 'a')));
}

}  // namespace
}  // namespace tuesday::workflow
