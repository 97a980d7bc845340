// SPDX-License-Identifier: Apache-2.0
#include "app/actions/aws/inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "app/actions/toolkit.h"

namespace tuesday::actions::aws {
namespace {

constexpr std::size_t kTagBytesMax = 256;

std::string Or(std::string value, std::string_view fallback) { return value.empty() ? std::string(fallback) : value; }

Result<int> NumberInput(std::string_view name, int unset, int least, int most) {
  const std::string text = Input(name);
  if (text.empty()) return unset;
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number >= least && number <= most) return number;
  return Fail(ErrorCode::kInvalid, fmt::format("The input {} is a number from {} to {}, not '{}'.", name, least, most, text));
}

// Lines or commas, as the originals take lists.
std::vector<std::string> ListInput(std::string_view name) {
  std::vector<std::string> list;
  std::string one;
  for (const char c : Input(name) + "\n") {
    if (c != '\n' && c != ',') {
      if (c != ' ' && c != '\r') one += c;
      continue;
    }
    if (!one.empty()) list.push_back(std::move(one));
    one.clear();
  }
  return list;
}

Result<void> ReadFlags(CredentialInputs& inputs) {
  TRY(inputs.role_chaining, InputFlag("role-chaining"));
  TRY(inputs.mask_account, InputFlag("mask-aws-account-id"));
  TRY(inputs.output_credentials, InputFlag("output-credentials"));
  TRY(inputs.unset_current, InputFlag("unset-current-credentials"));
  TRY(inputs.use_existing, InputFlag("use-existing-credentials"));
  TRY(inputs.skip_tags, InputFlag("role-skip-session-tagging"));
  if (!Input("output-env-credentials").empty()) {
    TRY(inputs.environment_credentials, InputFlag("output-env-credentials"));
  }
  TRY(const bool no_retry, InputFlag("disable-retry"));
  TRY(inputs.tries_max, NumberInput("retry-max-attempts", kRetriesDefault, 1, kRetriesMax));
  if (no_retry) inputs.tries_max = 1;
  return {};
}

}  // namespace

Result<CredentialInputs> ReadInputs() {
  CredentialInputs inputs;
  inputs.region = Input("aws-region");
  if (inputs.region.empty()) return Fail(ErrorCode::kInvalid, "Input required and not supplied: aws-region");
  const bool is_region = std::ranges::all_of(inputs.region, [](unsigned char c) { return std::isalnum(c) != 0 || c == '-'; });
  if (!is_region) return Fail(ErrorCode::kInvalid, fmt::format("Region is not valid: {}", inputs.region));
  inputs.role = Input("role-to-assume");
  inputs.audience = Or(Input("audience"), "sts.amazonaws.com");
  inputs.token_file = Input("web-identity-token-file");
  inputs.given = {Input("aws-access-key-id"), Input("aws-secret-access-key"), Input("aws-session-token"), ""};
  if (!inputs.given.key_id.empty() && inputs.given.secret.empty())
    return Fail(ErrorCode::kInvalid, "'aws-secret-access-key' must be provided if 'aws-access-key-id' is provided");
  inputs.assume.session_name = Or(Input("role-session-name"), "GitHubActions");
  TRY(inputs.assume.seconds, NumberInput("role-duration-seconds", kRoleSecondsDefault, kRoleSecondsMin, kRoleSecondsMax));
  inputs.assume.external_id = Input("role-external-id");
  inputs.assume.inline_policy = Input("inline-session-policy");
  inputs.assume.managed_policies = ListInput("managed-session-policies");
  inputs.allowed_accounts = ListInput("allowed-account-ids");
  inputs.way = {Input("http-proxy"), Environment("AWS_CA_BUNDLE")};
  TRY_OK(ReadFlags(inputs));
  if (const std::string ignored = Input("special-characters-workaround"); ignored == "true")
    Warn("special-characters-workaround is not needed here and is ignored.");
  return inputs;
}

Result<std::string> RoleArn(const std::string& role, const std::string& account) {
  if (role.starts_with("arn:aws")) return role;
  if (account.empty())
    return Fail(ErrorCode::kInvalid, "Source Account ID is needed if the Role Name is provided and not the Role Arn.");
  const std::string name = role.starts_with("role/") ? role.substr(5) : role;
  return fmt::format("arn:aws:iam::{}:role/{}", account, name);
}

std::string TagText(std::string_view text) {
  static constexpr std::string_view kMarks = " _.:/=+-@";
  std::string tag;
  for (const char c : text.substr(0, kTagBytesMax)) {
    const auto byte = static_cast<unsigned char>(c);
    // Letters of other scripts are taken as they are.
    tag += std::isalnum(byte) != 0 || byte >= 0x80 || kMarks.find(c) != std::string_view::npos ? c : '_';
  }
  return tag;
}

}  // namespace tuesday::actions::aws
