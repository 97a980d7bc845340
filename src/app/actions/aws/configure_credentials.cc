// SPDX-License-Identifier: Apache-2.0
// aws-actions/configure-aws-credentials v4: credentials of AWS into the environment of the steps that follow, and out of it at
// the end.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iostream>

#include "adapters/files/files.h"
#include "app/actions/aws/id_token.h"
#include "app/actions/aws/inputs.h"
#include "app/actions/native.h"
#include "app/actions/toolkit.h"

namespace tuesday::actions {
namespace {

using aws::CredentialInputs;
using aws::Credentials;
using aws::Identity;
using aws::Sts;

constexpr std::size_t kTokenFileBytesMax = 64 << 10;
constexpr const char* kCredentialVariables[] = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"};

void Export(const CredentialInputs& inputs, const Credentials& credentials) {
  for (const std::string& secret : {credentials.key_id, credentials.secret, credentials.session}) Mask(secret);
  if (inputs.environment_credentials) {
    ExportVariable("AWS_ACCESS_KEY_ID", credentials.key_id);
    ExportVariable("AWS_SECRET_ACCESS_KEY", credentials.secret);
    // One that stands there of before would not fit these keys.
    if (!credentials.session.empty() || !Environment("AWS_SESSION_TOKEN").empty())
      ExportVariable("AWS_SESSION_TOKEN", credentials.session);
  }
  if (!inputs.output_credentials) return;
  SetOutput("aws-access-key-id", credentials.key_id);
  SetOutput("aws-secret-access-key", credentials.secret);
  if (!credentials.session.empty()) SetOutput("aws-session-token", credentials.session);
  if (!credentials.expires.empty()) SetOutput("aws-expiration", credentials.expires);
}

Result<Identity> ExportIdentity(const CredentialInputs& inputs, const Sts& sts, const Credentials& credentials) {
  TRY(const Identity identity, aws::WhoseAre(sts, credentials));
  const auto& allowed = inputs.allowed_accounts;
  if (!allowed.empty() && std::ranges::find(allowed, identity.account) == allowed.end()) {
    return Fail(
        ErrorCode::kDenied,
        fmt::format("The account ID of the provided credentials ({}) does not match any of the expected account IDs: {}",
                    identity.account, fmt::join(allowed, ", ")));
  }
  if (inputs.mask_account) Mask(identity.account);
  SetOutput("aws-account-id", identity.account);
  SetOutput("authenticated-arn", identity.arn);
  return identity;
}

// AWS says one sentence to everything that its conditions refuse.
void TellClaims(const std::string& token, const std::string& role) {
  const Json claims = aws::ClaimsIn(token);
  std::cout << fmt::format("What was asked for: {}\nWhat the token said:\n", role);
  for (const char* name : {"iss", "aud", "sub", "environment", "ref", "event_name", "job_workflow_ref"}) {
    if (const std::string value = claims.At(name).StringOr(""); !value.empty())
      std::cout << fmt::format("  {}: {}\n", name, value);
  }
  std::cout << "Compare them with the role's trust policy:\n  tuesday oidc explain WORKFLOW --job JOB --issuer "
            << claims.At("iss").StringOr("") << " --trust-policy role.json" << std::endl;
}

Result<Credentials> AssumeByToken(const Sts& sts, const aws::AssumeRole& asked, const std::string& token,
                                  std::string_view what) {
  auto credentials = aws::AssumeWithToken(sts, asked, token);
  if (credentials.has_value()) return credentials;
  TellClaims(token, asked.role);
  return Fail(credentials.error().code, fmt::format("Could not assume role with {}: {}", what, credentials.error().message),
              credentials.error().hint);
}

std::vector<std::pair<std::string, std::string>> Tags() {
  std::vector<std::pair<std::string, std::string>> tags = {{"GitHub", "Actions"}};
  for (const auto& [key, variable] : {std::pair{"Repository", "GITHUB_REPOSITORY"},
                                      {"Workflow", "GITHUB_WORKFLOW"},
                                      {"Action", "GITHUB_ACTION"},
                                      {"Actor", "GITHUB_ACTOR"},
                                      {"Branch", "GITHUB_REF"},
                                      {"Commit", "GITHUB_SHA"}}) {
    if (const std::string value = Environment(variable); !value.empty()) tags.emplace_back(key, aws::TagText(value));
  }
  return tags;
}

bool IsByOidc(const CredentialInputs& inputs) {
  return !inputs.role.empty() && aws::MayAskForIdToken() && inputs.given.empty() && inputs.token_file.empty() &&
         !inputs.role_chaining;
}

Result<Credentials> NoCredentials(const CredentialInputs& inputs) {
  const std::string hint = inputs.role.empty()
                               ? "Give role-to-assume, or aws-access-key-id and its secret."
                               : "The job may not ask for tokens: add `permissions: {id-token: write}`, or let the "
                                 "operator grant it with `tuesday repo set`.";
  return Fail(ErrorCode::kInvalid,
              "Credentials could not be loaded, please check your action inputs: Could not load credentials from any providers",
              hint);
}

Result<Credentials> AssumeAny(const CredentialInputs& inputs, const Sts& sts) {
  aws::AssumeRole asked = inputs.assume;
  if (IsByOidc(inputs)) {
    TRY(asked.role, aws::RoleArn(inputs.role, ""));
    TRY(const std::string token, aws::AskForIdToken(inputs.audience));
    Mask(token);
    std::cout << "Assuming role with OIDC" << std::endl;
    return AssumeByToken(sts, asked, token, "OIDC");
  }
  const Credentials source = inputs.given.empty() ? aws::EnvironmentCredentials() : inputs.given;
  if (!inputs.token_file.empty() && !inputs.role.empty()) {
    TRY(asked.role, aws::RoleArn(inputs.role, ""));
    const bool is_absolute = inputs.token_file.starts_with('/');
    TRY(const std::string token,
        files::ReadFile(is_absolute ? inputs.token_file : Environment("GITHUB_WORKSPACE") + "/" + inputs.token_file,
                        kTokenFileBytesMax));
    Mask(token);
    std::cout << "Assuming role with web identity token file" << std::endl;
    return AssumeByToken(sts, asked, token, "web identity token file");
  }
  if (source.empty()) return NoCredentials(inputs);
  if (inputs.role.empty()) return source;
  TRY(const Identity own, aws::WhoseAre(sts, source));
  TRY(asked.role, aws::RoleArn(inputs.role, own.account));
  if (!inputs.skip_tags) asked.tags = Tags();
  std::cout << "Assuming role with user credentials" << std::endl;
  auto credentials = aws::Assume(sts, asked, source);
  if (credentials.has_value()) return credentials;
  return Fail(credentials.error().code, "Could not assume role with user credentials: " + credentials.error().message);
}

Result<void> Configure() {
  TRY(const CredentialInputs inputs, aws::ReadInputs());
  const Sts sts{.region = inputs.region, .way = inputs.way, .tries_max = inputs.tries_max};
  ExportVariable("AWS_DEFAULT_REGION", inputs.region);
  ExportVariable("AWS_REGION", inputs.region);
  if (inputs.unset_current) {
    for (const char* name : kCredentialVariables) ExportVariable(name, "");
  }
  if (inputs.use_existing && aws::WhoseAre(sts, aws::EnvironmentCredentials()).has_value()) {
    Notice("Pre-existing credentials are valid. No need to generate new ones.");
    return {};
  }
  TRY(const Credentials credentials, AssumeAny(inputs, sts));
  Export(inputs, credentials);
  TRY(const Identity identity, ExportIdentity(inputs, sts, credentials));
  std::cout << "Authenticated as " << identity.arn << std::endl;
  return {};
}

}  // namespace

int ConfigureAwsCredentials(const std::string& stage) {
  if (stage == "post") {
    if (Input("output-env-credentials") == "false") return 0;
    for (const char* name : kCredentialVariables) ExportVariable(name, "");
    for (const char* name : {"AWS_DEFAULT_REGION", "AWS_REGION"}) ExportVariable(name, "");
    return 0;
  }
  const Result<void> configured = Configure();
  return configured.has_value() ? 0 : FailStep(configured.error());
}

}  // namespace tuesday::actions
