// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/oidc/claims.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/workflow/event/context.h"
#include "core/workflow/oidc/permission.h"
#include "core/workflow/read.h"

namespace tuesday::workflow {
namespace {

Json GithubFor(const std::string& event, const std::string& ref) {
  EventFacts facts;
  facts.event = event;
  facts.repository = "acme/shop";
  facts.actor = "ada";
  facts.ref = ref;
  facts.sha = "0123456789012345678901234567890123456789";
  facts.change = {.number = 1, .title = "t", .head_branch = "better", .head_sha = "1", .base_branch = "main", .base_sha = "2"};
  return Json(GithubOf(facts, {.id = "12", .number = 3, .attempt = 2, .workflow = "CI", .file = ".github/workflows/ci.yaml"}));
}

TokenFacts FactsOf(const std::string& event, const std::string& ref, const std::string& environment = "", bool trusted = true) {
  return {.github = GithubFor(event, ref), .environment = environment, .is_trusted = trusted};
}

std::string Subject(const TokenFacts& facts) { return ClaimsOf(facts).at("sub").StringOr(""); }

TEST(Claims, TheSubjectHasGithubsForms) {
  struct Row {
    const char* name;
    TokenFacts facts;
    const char* subject;
  };
  const Row rows[] = {
      {"Branch", FactsOf("push", "refs/heads/main"), "repo:acme/shop:ref:refs/heads/main"},
      {"Tag", FactsOf("push", "refs/tags/v1"), "repo:acme/shop:ref:refs/tags/v1"},
      {"Environment", FactsOf("push", "refs/heads/main", "production"), "repo:acme/shop:environment:production"},
      {"Change", FactsOf("pull_request", "refs/pull/1/merge", "", false), "repo:acme/shop:pull_request"},
      {"ColonInTheName", FactsOf("push", "refs/heads/main", "eu:prod"), "repo:acme/shop:environment:eu%3Aprod"},
      {"EscapedColonIsAnotherName", FactsOf("push", "refs/heads/main", "eu%3Aprod"), "repo:acme/shop:environment:eu%253Aprod"},
  };
  for (const Row& row : rows) EXPECT_EQ(Subject(row.facts), row.subject) << row.name;
}

TEST(Claims, WhatIsNotMergedNeverHasAnEnvironment) {
  const TokenFacts change = FactsOf("pull_request", "refs/pull/1/merge", "production", true);
  EXPECT_EQ(Subject(change), "repo:acme/shop:pull_request");
  EXPECT_FALSE(ClaimsOf(change).contains("environment"));
  const TokenFacts branch = FactsOf("push", "refs/heads/better", "production", false);
  EXPECT_EQ(Subject(branch), "repo:acme/shop:ref:refs/heads/better");
  EXPECT_FALSE(ClaimsOf(branch).contains("environment"));
  EXPECT_EQ(ClaimsOf(FactsOf("push", "refs/heads/main", "production")).at("environment"), Json("production"));
}

TEST(Claims, ATemplateMakesTheSubject) {
  TokenFacts facts = FactsOf("push", "refs/heads/main", "production");
  facts.subject_keys = {"repo", "context", "job_workflow_ref"};
  EXPECT_EQ(Subject(facts),
            "repo:acme/shop:environment:production:job_workflow_ref:acme/shop/.github/workflows/ci.yaml@refs/heads/main");
  facts.subject_keys = {"repository_owner", "ref"};
  EXPECT_EQ(Subject(facts), "repository_owner:acme:ref:refs/heads/main");
}

TEST(Claims, ATemplateWithoutContextStillTellsAChange) {
  TokenFacts merged = FactsOf("push", "refs/heads/main");
  TokenFacts change = FactsOf("pull_request", "refs/pull/1/merge", "", false);
  merged.subject_keys = change.subject_keys = {"repo"};
  EXPECT_EQ(Subject(merged), "repo:acme/shop");
  EXPECT_EQ(Subject(change), "repo:acme/shop:pull_request");
}

TEST(Claims, HasGithubsNamesAndTextsOnly) {
  TokenFacts facts = FactsOf("push", "refs/heads/main");
  facts.repository_id = "1764000000000";
  const Json::Object claims = ClaimsOf(facts);
  for (const char* name : {"actor",
                           "base_ref",
                           "event_name",
                           "head_ref",
                           "job_workflow_ref",
                           "job_workflow_sha",
                           "ref",
                           "ref_type",
                           "repository",
                           "repository_id",
                           "repository_owner",
                           "repository_visibility",
                           "run_attempt",
                           "run_id",
                           "run_number",
                           "runner_environment",
                           "sha",
                           "sub",
                           "workflow",
                           "workflow_ref",
                           "workflow_sha"})
    EXPECT_TRUE(claims.contains(name)) << name;
  for (const auto& [name, value] : claims) EXPECT_NE(value.as_string(), nullptr) << name;
  EXPECT_EQ(claims.at("run_number"), Json("3"));
  const auto known = ClaimNames();
  for (const auto& [name, value] : claims) EXPECT_NE(std::ranges::find(known, name), known.end()) << name;
}

TEST(Claims, ACalledWorkflowIsNamed) {
  TokenFacts facts = FactsOf("push", "refs/heads/main");
  facts.job_workflow = ".github/workflows/deploy.yaml";
  EXPECT_EQ(ClaimsOf(facts).at("job_workflow_ref"), Json("acme/shop/.github/workflows/deploy.yaml@refs/heads/main"));
  facts.job_workflow = "acme/shared/.github/workflows/deploy.yaml@v1";
  EXPECT_EQ(ClaimsOf(facts).at("job_workflow_ref"), Json(facts.job_workflow));
}

TEST(Claims, SubjectKeysAreChecked) {
  EXPECT_TRUE(CheckSubjectKeys({"repo", "context", "job_workflow_ref"}).has_value());
  EXPECT_EQ(CheckSubjectKeys({"repo", "runner"}).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(CheckSubjectKeys({"repo", "repo"}).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(CheckSubjectKeys(std::vector<std::string>(17, "ref")).error().code, ErrorCode::kLimit);
}

TEST(Claims, AnAudienceIsAskedFor) {
  EXPECT_TRUE(CheckAudience("sts.amazonaws.com").has_value());
  EXPECT_TRUE(CheckAudience("api://AzureADTokenExchange").has_value());
  EXPECT_EQ(CheckAudience("").error().code, ErrorCode::kInvalid);
  EXPECT_EQ(CheckAudience("a b").error().code, ErrorCode::kInvalid);
  EXPECT_EQ(CheckAudience(std::string(256, 'a')).error().code, ErrorCode::kLimit);
}

TEST(Permission, IsWhatTheFileSays) {
  const auto of = [](const std::string& top, const std::string& job) {
    const std::string text = "on: push\n" + top + "jobs:\n  a:\n    runs-on: ubuntu-latest\n" + job + "    steps: [{run: x}]\n";
    ReadResult read = ReadWorkflow(text, "ci.yaml", {}, nullptr);
    EXPECT_TRUE(read.problems.empty());
    return TokenPermissionOf(read.workflow.jobs.at(0));
  };
  EXPECT_EQ(of("", ""), TokenPermission::kUnsaid);
  EXPECT_EQ(of("permissions: {id-token: write}\n", ""), TokenPermission::kGiven);
  EXPECT_EQ(of("permissions: {contents: read}\n", ""), TokenPermission::kWithheld);
  EXPECT_EQ(of("permissions: {id-token: write}\n", "    permissions: {}\n"), TokenPermission::kWithheld);
  EXPECT_EQ(of("permissions: read-all\n", "    permissions: {id-token: write}\n"), TokenPermission::kGiven);
}

TEST(Permission, AGrantIsForFilesThatSayNothing) {
  const std::vector<std::string> grants = {".github/workflows/deploy.yaml"};
  EXPECT_TRUE(MayHaveToken(TokenPermission::kGiven, {}, ".github/workflows/ci.yaml"));
  EXPECT_FALSE(MayHaveToken(TokenPermission::kUnsaid, {}, ".github/workflows/deploy.yaml"));
  EXPECT_TRUE(MayHaveToken(TokenPermission::kUnsaid, grants, ".github/workflows/deploy.yaml"));
  EXPECT_FALSE(MayHaveToken(TokenPermission::kUnsaid, grants, ".github/workflows/ci.yaml"));
  EXPECT_FALSE(MayHaveToken(TokenPermission::kWithheld, grants, ".github/workflows/deploy.yaml"));
}

TEST(Permission, AGrantNamesAWorkflow) {
  EXPECT_EQ(GrantedFile("deploy.yaml"), ".github/workflows/deploy.yaml");
  EXPECT_EQ(GrantedFile(".github/workflows/deploy.yml"), ".github/workflows/deploy.yml");
  for (const char* bad : {"", "write", "../deploy.yaml", ".github/workflows/a/b.yaml", "*", ".yaml"})
    EXPECT_EQ(GrantedFile(bad), "") << bad;
}

}  // namespace
}  // namespace tuesday::workflow
