// SPDX-License-Identifier: Apache-2.0
// aws-actions/amazon-ecr-login v2: logs docker, podman and buildah of the job in to registries of ECR, and out at the end.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "app/actions/aws/call.h"
#include "app/actions/aws/docker_login.h"
#include "app/actions/native.h"
#include "app/actions/toolkit.h"
#include "base/json.h"
#include "core/workflow/services/base64.h"

namespace tuesday::actions {
namespace {

constexpr std::string_view kPublicRegistry = "public.ecr.aws";
constexpr int kTriesMax = 5;

std::vector<std::string> Split(const std::string& text) {
  std::vector<std::string> parts;
  std::string part;
  for (const char c : text + ",") {
    if (c != ',') {
      if (c != ' ') part += c;
      continue;
    }
    if (!part.empty()) parts.push_back(std::move(part));
    part.clear();
  }
  return parts;
}

// An output's name may have letters, digits and underlines.
std::string OutputName(std::string_view what, std::string registry) {
  std::ranges::replace_if(registry, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return fmt::format("docker_{}_{}", what, registry);
}

std::string Region() {
  const std::string region = Environment("AWS_REGION");
  return region.empty() ? Environment("AWS_DEFAULT_REGION") : region;
}

aws::Request RequestFor(bool is_public, const std::vector<std::string>& accounts) {
  Json::Object body;
  if (!is_public && !accounts.empty()) {
    Json::Array ids;
    for (const std::string& account : accounts) ids.emplace_back(account);
    body["registryIds"] = Json(std::move(ids));
  }
  const std::string target =
      is_public ? "SpencerFrontendService.GetAuthorizationToken" : "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken";
  // The public registry is in one region.
  const aws::Service service =
      is_public ? aws::Service{"ecr-public", "api.ecr-public", "us-east-1"} : aws::Service{"ecr", "api.ecr", Region()};
  return {.service = service,
          .headers = {{"Content-Type", "application/x-amz-json-1.1"}, {"X-Amz-Target", target}},
          .body = CanonicalJson(Json(std::move(body))),
          .credentials = aws::EnvironmentCredentials(),
          .way = {Input("http-proxy"), Environment("AWS_CA_BUNDLE")},
          .tries_max = kTriesMax};
}

// Base64 as it is outside of addresses.
std::string DecodePlain(std::string text) {
  std::erase(text, '=');
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return workflow::DecodeBase64Url(text).value_or("");
}

Result<std::vector<RegistryLogin>> LoginsIn(const std::string& answer, bool is_public) {
  TRY(const Json json, ParseJson(answer));
  const Json& data = json.At("authorizationData");
  std::vector<Json> list;
  if (data.as_array() != nullptr) list = *data.as_array();
  if (data.as_object() != nullptr) list.push_back(data);
  std::vector<RegistryLogin> logins;
  for (const Json& one : list) {
    const std::string pair = DecodePlain(one.At("authorizationToken").StringOr(""));
    const std::size_t colon = pair.find(':');
    std::string registry = is_public ? std::string(kPublicRegistry) : one.At("proxyEndpoint").StringOr("");
    if (const std::size_t scheme = registry.find("://"); scheme != std::string::npos) registry = registry.substr(scheme + 3);
    if (colon == std::string::npos || registry.empty()) continue;
    logins.push_back({registry, pair.substr(0, colon), pair.substr(colon + 1)});
  }
  if (logins.empty()) return Fail(ErrorCode::kInvalid, "Amazon ECR authorization token returned no authorization data");
  return logins;
}

Result<void> Login() {
  const std::string type = Input("registry-type");
  const bool is_public = type == "public";
  if (!type.empty() && type != "private" && !is_public)
    return Fail(ErrorCode::kInvalid,
                fmt::format("Invalid input for 'registry-type', must be 'private' or 'public', not '{}'.", type));
  if (aws::EnvironmentCredentials().empty() || (Region().empty() && !is_public)) {
    return Fail(ErrorCode::kInvalid, "Could not load credentials from any providers",
                "Put aws-actions/configure-aws-credentials before this step.");
  }
  const bool masks = Input("mask-password") != "false";
  TRY(const bool skips_logout, InputFlag("skip-logout"));
  TRY(const std::string answer, aws::Send(RequestFor(is_public, Split(Input("registries")))));
  TRY(const std::vector<RegistryLogin> logins, LoginsIn(answer, is_public));
  std::string done;
  for (const RegistryLogin& login : logins) {
    if (masks) Mask(login.password);
    std::cout << "Logging into registry " << login.registry << std::endl;
    TRY_OK(LogIn(login));
    done += (done.empty() ? "" : ",") + login.registry;
    if (!skips_logout) SaveState("registries", done);
    SetOutput(OutputName("username", login.registry), login.user);
    SetOutput(OutputName("password", login.registry), login.password);
  }
  if (logins.size() == 1) SetOutput("registry", logins.front().registry);
  return {};
}

}  // namespace

int EcrLogin(const std::string& stage) {
  if (stage == "post") {
    const std::vector<std::string> registries = Split(SavedState("registries"));
    if (registries.empty()) return 0;
    for (const std::string& registry : registries) std::cout << "Logging out of registry " << registry << std::endl;
    const Result<void> out = LogOut(registries);
    return out.has_value() ? 0 : FailStep(out.error());
  }
  const Result<void> in = Login();
  return in.has_value() ? 0 : FailStep(in.error());
}

}  // namespace tuesday::actions
