// SPDX-License-Identifier: Apache-2.0
#include "app/actions/aws/sts.h"

#include <fmt/format.h>

namespace tuesday::actions::aws {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

Fields FieldsOf(const std::string& action, const AssumeRole& asked) {
  Fields fields = {{"Action", action},
                   {"Version", "2011-06-15"},
                   {"RoleArn", asked.role},
                   {"RoleSessionName", asked.session_name},
                   {"DurationSeconds", std::to_string(asked.seconds)}};
  if (!asked.inline_policy.empty()) fields.emplace_back("Policy", asked.inline_policy);
  for (std::size_t i = 0; i < asked.managed_policies.size(); ++i)
    fields.emplace_back(fmt::format("PolicyArns.member.{}.arn", i + 1), asked.managed_policies[i]);
  return fields;
}

Result<std::string> Call(const Sts& sts, const Fields& fields, const Credentials& by) {
  return Send({.service = {.name = "sts", .host = "sts", .region = sts.region},
               .headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}, {"Accept", "text/xml"}},
               .body = FormOf(fields),
               .credentials = by,
               .way = sts.way,
               .tries_max = sts.tries_max});
}

Result<Credentials> CredentialsIn(const std::string& xml) {
  Credentials credentials{XmlText(xml, "AccessKeyId"), XmlText(xml, "SecretAccessKey"), XmlText(xml, "SessionToken"),
                          XmlText(xml, "Expiration")};
  if (credentials.key_id.empty() || credentials.secret.empty() || credentials.session.empty())
    return Fail(ErrorCode::kInvalid, "The answer of STS has no credentials.");
  return credentials;
}

}  // namespace

Result<Credentials> AssumeWithToken(const Sts& sts, const AssumeRole& asked, const std::string& token) {
  Fields fields = FieldsOf("AssumeRoleWithWebIdentity", asked);
  fields.emplace_back("WebIdentityToken", token);
  TRY(const std::string xml, Call(sts, fields, {}));
  return CredentialsIn(xml);
}

Result<Credentials> Assume(const Sts& sts, const AssumeRole& asked, const Credentials& by) {
  Fields fields = FieldsOf("AssumeRole", asked);
  if (!asked.external_id.empty()) fields.emplace_back("ExternalId", asked.external_id);
  for (std::size_t i = 0; i < asked.tags.size(); ++i) {
    fields.emplace_back(fmt::format("Tags.member.{}.Key", i + 1), asked.tags[i].first);
    fields.emplace_back(fmt::format("Tags.member.{}.Value", i + 1), asked.tags[i].second);
  }
  TRY(const std::string xml, Call(sts, fields, by));
  return CredentialsIn(xml);
}

Result<Identity> WhoseAre(const Sts& sts, const Credentials& credentials) {
  TRY(const std::string xml, Call(sts, {{"Action", "GetCallerIdentity"}, {"Version", "2011-06-15"}}, credentials));
  Identity identity{XmlText(xml, "Account"), XmlText(xml, "Arn")};
  if (identity.account.empty()) return Fail(ErrorCode::kInvalid, "The answer of STS names no account.");
  return identity;
}

}  // namespace tuesday::actions::aws
