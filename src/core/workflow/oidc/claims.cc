// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/oidc/claims.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "core/workflow/called_name.h"

namespace tuesday::workflow {
namespace {

// Of the context, under the same names.
constexpr auto kCopied = std::to_array<std::string_view>({"actor", "base_ref", "event_name", "head_ref", "ref", "ref_type",
                                                          "repository", "repository_owner", "run_attempt", "run_id",
                                                          "run_number", "sha", "workflow", "workflow_ref", "workflow_sha"});

constexpr auto kMade = std::to_array<std::string_view>({"environment", "job_workflow_ref", "job_workflow_sha", "ref_protected",
                                                        "repository_id", "repository_visibility", "runner_environment"});

constexpr auto kOfTheMoment = std::to_array<std::string_view>({"aud", "exp", "iat", "iss", "jti", "nbf", "sub"});

constexpr std::string_view kRepositoryKey = "repo";
constexpr std::string_view kContextKey = "context";
constexpr std::string_view kOfAChange = "pull_request";

// Values are joined by colons, so that none within a value may be taken for one of ours.
std::string Part(std::string_view value) {
  std::string part;
  for (const char c : value) part += c == ':' ? "%3A" : c == '%' ? "%25" : std::string(1, c);
  return part;
}

bool IsOfAChange(const Json::Object& claims) { return claims.at("event_name").StringOr("").starts_with(kOfAChange); }

std::string Text(const Json::Object& claims, std::string_view name) {
  const auto found = claims.find(name);
  return found == claims.end() ? "" : found->second.StringOr("");
}

// What it is by: an environment before a change before a ref.
std::string ContextPart(const Json::Object& claims) {
  if (const std::string environment = Text(claims, "environment"); !environment.empty())
    return "environment:" + Part(environment);
  if (IsOfAChange(claims)) return std::string(kOfAChange);
  return "ref:" + Part(Text(claims, "ref"));
}

std::string SubjectOf(const Json::Object& claims, const std::vector<std::string>& keys) {
  const std::string repository = "repo:" + Part(Text(claims, "repository"));
  if (keys.empty()) return repository + ":" + ContextPart(claims);
  std::string subject;
  for (const std::string& key : keys) {
    if (!subject.empty()) subject += ':';
    subject += key == kRepositoryKey ? repository
               : key == kContextKey  ? ContextPart(claims)
                                     : fmt::format("{}:{}", key, Part(Text(claims, key)));
  }
  // A template that leaves the context out would give a change the subject of what is merged.
  if (IsOfAChange(claims) && std::ranges::find(keys, kContextKey) == keys.end()) subject += ":" + std::string(kOfAChange);
  return subject;
}

std::string JobWorkflowRef(const TokenFacts& facts, const Json::Object& claims) {
  if (facts.job_workflow.empty()) return Text(claims, "workflow_ref");
  if (IsElsewhere(facts.job_workflow)) return facts.job_workflow;
  return fmt::format("{}/{}@{}", Text(claims, "repository"), facts.job_workflow, Text(claims, "ref"));
}

}  // namespace

Json::Object ClaimsOf(const TokenFacts& facts) {
  Json::Object claims;
  for (const std::string_view name : kCopied) claims.emplace(name, facts.github.At(name).StringOr(""));
  // Owner and ref of a change are empty for others: GitHub says so too, and leaves them in.
  claims.emplace("job_workflow_ref", JobWorkflowRef(facts, claims));
  if (facts.job_workflow.empty() || !IsElsewhere(facts.job_workflow))
    claims.emplace("job_workflow_sha", Text(claims, "workflow_sha"));
  claims.emplace("ref_protected", facts.github.At("ref_protected").BoolOr(false) ? "true" : "false");
  claims.emplace("repository_visibility", "private");
  claims.emplace("runner_environment", "self-hosted");
  if (!facts.repository_id.empty()) claims.emplace("repository_id", facts.repository_id);
  if (facts.is_trusted && !facts.environment.empty() && !IsOfAChange(claims)) claims.emplace("environment", facts.environment);
  claims.emplace("sub", SubjectOf(claims, facts.subject_keys));
  return claims;
}

Result<void> CheckSubjectKeys(const std::vector<std::string>& keys) {
  if (keys.size() > kSubjectKeysMax)
    return Fail(ErrorCode::kLimit, fmt::format("A subject is made of {} claims at most.", kSubjectKeysMax));
  std::set<std::string_view> seen;
  for (const std::string& key : keys) {
    const bool is_claim = std::ranges::find(kCopied, key) != kCopied.end() || std::ranges::find(kMade, key) != kMade.end();
    if (!is_claim && key != kRepositoryKey && key != kContextKey) {
      return Fail(ErrorCode::kInvalid, fmt::format("\"{}\" is no claim that a subject can be made of.", key),
                  "For example repo,context,job_workflow_ref.");
    }
    if (!seen.insert(key).second) return Fail(ErrorCode::kInvalid, fmt::format("\"{}\" is named twice.", key));
  }
  return {};
}

Result<void> CheckAudience(std::string_view audience) {
  if (audience.empty()) {
    return Fail(ErrorCode::kInvalid, "The request names no audience.",
                "Say for whom the token is: core.getIDToken('sts.amazonaws.com'), or &audience=… in the address.");
  }
  if (audience.size() > kAudienceBytesMax)
    return Fail(ErrorCode::kLimit, fmt::format("An audience has {} bytes at most.", kAudienceBytesMax));
  const bool is_plain = std::ranges::all_of(audience, [](unsigned char c) { return c > ' ' && c != 0x7f; });
  if (!is_plain) return Fail(ErrorCode::kInvalid, "An audience has neither blanks nor control characters.");
  return {};
}

std::vector<std::string_view> ClaimNames() {
  std::vector<std::string_view> names(kCopied.begin(), kCopied.end());
  names.insert(names.end(), kMade.begin(), kMade.end());
  names.insert(names.end(), kOfTheMoment.begin(), kOfTheMoment.end());
  std::ranges::sort(names);
  return names;
}

}  // namespace tuesday::workflow
