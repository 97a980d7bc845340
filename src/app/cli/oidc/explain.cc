// SPDX-License-Identifier: Apache-2.0
#include "app/cli/oidc/explain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "app/cli/oidc/oidc_line.h"
#include "app/cli/workflow/known.h"
#include "app/cli/workflow/workflows.h"
#include "core/workflow/event/context.h"
#include "core/workflow/oidc/claims.h"
#include "core/workflow/oidc/issuer.h"
#include "core/workflow/repository/events.h"

namespace tuesday::cli {
namespace {

using workflow::Job;

// By its id, or by "caller.job" for one of a called workflow.
const Job* FindJob(const std::vector<Job>& jobs, std::string_view name) {
  for (const Job& job : jobs) {
    if (job.id.text == name) return &job;
    const std::string prefix = job.id.text + ".";
    if (name.starts_with(prefix)) {
      if (const Job* inner = FindJob(job.jobs, name.substr(prefix.size())); inner != nullptr) return inner;
    }
  }
  return nullptr;
}

Result<std::string> EnvironmentOf(const Job& job, const std::string& given) {
  if (!given.empty() || !job.environment.has_value()) return given;
  const workflow::Token* name = job.environment->Find("name");
  const workflow::Token& token = name == nullptr ? *job.environment : *name;
  if (!workflow::HasExpression(token)) return token.ScalarText();
  return Fail(ErrorCode::kInvalid, fmt::format("The job's environment is the expression {}.", token.ScalarText()),
              "Say its value: --environment NAME.");
}

Result<LocalWorkflow> Read(const Globals& globals, const OidcOptions& options) {
  // Called workflows stand where the file's own repository is.
  const std::filesystem::path given = std::filesystem::absolute(options.file);
  std::string root = given.parent_path().string();
  const std::size_t folder = given.string().rfind("/.github/workflows/");
  if (folder != std::string::npos) root = given.string().substr(0, folder);
  WorkflowErrors errors;
  TRY(const auto known, KnownFor(globals, root));
  auto workflows = ReadWorkflows(root, options.file, errors, &known);
  for (const std::string& line : errors.lines) std::cerr << line << "\n";
  if (!workflows.has_value()) return std::unexpected(workflows.error());
  return std::move(workflows->front());
}

workflow::EventFacts EventOf(const Globals& globals, const OidcOptions& options, const std::string& folder_name) {
  const bool is_change = options.event.starts_with("pull_request");
  workflow::EventFacts facts;
  facts.event = options.event;
  facts.repository = options.repository.empty() ? globals.ns + "/" + folder_name : options.repository;
  facts.default_branch = options.default_branch;
  facts.ref = !options.ref.empty() ? options.ref : is_change ? "refs/pull/1/merge" : "refs/heads/" + options.default_branch;
  if (is_change) {
    facts.change.number = 1;
    facts.change.base_branch = options.default_branch;
  }
  return facts;
}

// What only a run can know is told by words in its place.
Json GithubOf(const workflow::EventFacts& facts, const LocalWorkflow& local) {
  Json::Object github =
      workflow::GithubOf(facts, {.id = "<run>", .number = 0, .attempt = 1, .workflow = local.Title(), .file = local.name});
  for (const char* name : {"actor", "sha", "run_number", "workflow_sha"}) github[name] = Json(fmt::format("<{}>", name));
  if (!facts.change.base_branch.empty()) github["head_ref"] = Json("<head_ref>");
  return Json(std::move(github));
}

std::string JobFileOf(const Job& job, const LocalWorkflow& local) {
  const auto index = static_cast<std::size_t>(std::max(job.id.at.file, 1) - 1);
  return index == 0 || index >= local.places.size() ? std::string() : local.places[index];
}

Result<void> Judge(const OidcOptions& options, Explanation& explanation) {
  TRY(const std::string text, ReadInput(options.trust_policy, workflow::kTrustPolicyBytesMax));
  workflow::ReadTrust read = workflow::ReadTrustPolicy(text, options.trust_policy);
  for (const Finding& finding : read.findings) std::cerr << finding.Text() << "\n";
  if (HasErrors(read.findings)) {
    return Fail(ErrorCode::kInvalid, fmt::format("{} problems in the trust policy.", read.findings.size()));
  }
  if (options.issuer.empty()) {
    return Fail(ErrorCode::kInvalid, "A trust policy is of one issuer, and none is said.",
                "Say --issuer https://HOST, as `oidc.issuer` has it in the settings.");
  }
  explanation.policy = std::move(read.policy);
  if (explanation.has_token) explanation.verdict = workflow::EvaluateTrust(*explanation.policy, explanation.claims);
  return {};
}

Result<void> Check(const OidcOptions& options) {
  if (!options.issuer.empty()) TRY_OK(workflow::CheckIssuer(options.issuer));
  TRY_OK(workflow::CheckAudience(options.audience));
  TRY_OK(workflow::CheckSubjectKeys(options.subject));
  if (!options.ref.empty() && !options.ref.starts_with("refs/")) {
    return Fail(ErrorCode::kInvalid, fmt::format("\"{}\" is no complete ref.", options.ref),
                "For example refs/heads/main or refs/tags/v1.");
  }
  return {};
}

Result<void> Explain(const Globals& globals, const OidcOptions& options, Explanation& explanation) {
  TRY_OK(Check(options));
  TRY(const LocalWorkflow local, Read(globals, options));
  const Job* job = FindJob(local.workflow.jobs, options.job);
  if (job == nullptr) {
    std::vector<std::string> names;
    for (const Job& one : local.workflow.jobs) names.push_back(one.id.text);
    return Fail(ErrorCode::kNotFound, fmt::format("{} has no job {}.", local.name, options.job),
                fmt::format("It has {}.", fmt::join(names, ", ")));
  }
  const std::string folder =
      std::filesystem::absolute(options.file).parent_path().parent_path().parent_path().filename().string();
  const workflow::EventFacts facts = EventOf(globals, options, folder);
  explanation.job = options.job;
  explanation.file = local.name;
  explanation.event = facts.event;
  explanation.ref = facts.ref;
  TRY(explanation.environment, EnvironmentOf(*job, options.environment));
  explanation.permission = workflow::TokenPermissionOf(*job);
  const std::vector<std::string> grants = options.granted ? std::vector{local.name} : std::vector<std::string>();
  explanation.has_token = workflow::MayHaveToken(explanation.permission, grants, local.name);
  explanation.claims = workflow::ClaimsOf({.github = GithubOf(facts, local),
                                           .environment = explanation.environment,
                                           .is_trusted = workflow::MayHaveSecrets(facts, options.secret_branches),
                                           .job_workflow = JobFileOf(*job, local),
                                           .repository_id = "",
                                           .subject_keys = options.subject});
  explanation.claims["aud"] = Json(options.audience);
  if (!options.issuer.empty()) explanation.claims["iss"] = Json(options.issuer);
  return options.trust_policy.empty() ? Result<void>() : Judge(options, explanation);
}

}  // namespace

int RunOidcExplain(const Globals& globals, const OidcOptions& options) {
  Explanation explanation;
  const Result<void> explained = Explain(globals, options, explanation);
  if (!explained.has_value()) return ReportError(explained.error(), globals);
  if (globals.json)
    PrintJson(ExplanationJson(explanation));
  else
    std::cout << ExplanationText(explanation);
  const bool is_refused = explanation.verdict.has_value() && !explanation.verdict->is_allowed;
  return explanation.has_token && !is_refused ? kExitPass : kExitFail;
}

}  // namespace tuesday::cli
