// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/cli/oidc/explain.h"

namespace tuesday::cli {
namespace {

using workflow::ConditionResult;
using workflow::StatementResult;
using workflow::TokenPermission;
using workflow::TrustEffect;

std::string_view PermissionText(TokenPermission permission) {
  switch (permission) {
    case TokenPermission::kGiven: return "id-token: write stands in the file";
    case TokenPermission::kWithheld: return "the file's permissions leave id-token out";
    case TokenPermission::kUnsaid: return "the file says nothing of permissions";
  }
  return "";
}

std::string_view EffectText(TrustEffect effect) { return effect == TrustEffect::kAllow ? "Allow" : "Deny"; }

std::string StatementText(const StatementResult& result) {
  std::string text = fmt::format("  {} at line {}: {}\n", EffectText(result.statement->effect), result.statement->at.line,
                                 result.holds ? "holds" : "does not hold");
  for (const std::string& problem : result.problems) text += fmt::format("    no  {}\n", problem);
  for (const ConditionResult& one : result.conditions) {
    text += one.holds
                ? fmt::format("    ok  {} {}: \"{}\"\n", one.condition.operation, one.condition.key, one.value.value_or(""))
                : fmt::format("    no  {}\n", one.why);
  }
  return text;
}

Json TextsJson(const std::vector<std::string>& texts) {
  Json::Array list;
  for (const std::string& text : texts) list.emplace_back(text);
  return Json(std::move(list));
}

Json StatementJson(const StatementResult& result) {
  Json::Array conditions;
  for (const ConditionResult& one : result.conditions) {
    conditions.emplace_back(Json::Object{{"operator", one.condition.operation},
                                         {"key", one.condition.key},
                                         {"policy", TextsJson(one.condition.values)},
                                         {"token", one.value.has_value() ? Json(*one.value) : Json()},
                                         {"holds", one.holds},
                                         {"why", one.why}});
  }
  return Json(Json::Object{{"effect", EffectText(result.statement->effect)},
                           {"line", result.statement->at.line},
                           {"holds", result.holds},
                           {"problems", TextsJson(result.problems)},
                           {"conditions", Json(std::move(conditions))}});
}

}  // namespace

std::string RemarkOf(const Explanation& explanation) {
  if (!explanation.has_token && explanation.permission == TokenPermission::kWithheld)
    return "The job gets no token. Add `id-token: write` to its permissions.";
  if (!explanation.has_token) {
    return fmt::format(
        "The job gets no token. Add `permissions: {{id-token: write}}`, or let the operator grant it: tuesday repo set NAME "
        "--grant "
        "id-token={}",
        explanation.file.substr(explanation.file.rfind('/') + 1));
  }
  if (!explanation.environment.empty() && !explanation.claims.contains("environment")) {
    return fmt::format("The environment {} is not in the token: a run of {} is not one that may have the repository's secrets.",
                       explanation.environment, explanation.ref);
  }
  return "";
}

std::string ExplanationText(const Explanation& explanation) {
  std::string text = fmt::format("job {} of {}, {} of {}\npermission: {}\n", explanation.job, explanation.file,
                                 explanation.event, explanation.ref, PermissionText(explanation.permission));
  if (const std::string remark = RemarkOf(explanation); !remark.empty()) text += remark + "\n";
  if (!explanation.has_token) return text;
  text += "claims:\n";
  for (const auto& [name, value] : explanation.claims) text += fmt::format("  {:<22}{}\n", name, value.StringOr(""));
  if (!explanation.verdict.has_value()) return text;
  text += fmt::format("trust policy: {}\n", explanation.verdict->is_allowed ? "takes the token" : "refuses the token");
  for (const StatementResult& statement : explanation.verdict->statements) text += StatementText(statement);
  for (const Finding& warning : explanation.verdict->warnings) text += warning.Text() + "\n";
  return text;
}

Json ExplanationJson(const Explanation& explanation) {
  Json::Object object{{"job", explanation.job},
                      {"file", explanation.file},
                      {"event", explanation.event},
                      {"ref", explanation.ref},
                      {"permission", PermissionText(explanation.permission)},
                      {"token", explanation.has_token},
                      {"remark", RemarkOf(explanation)},
                      {"claims", explanation.has_token ? Json(explanation.claims) : Json()}};
  if (explanation.verdict.has_value()) {
    Json::Array statements;
    Json::Array warnings;
    for (const StatementResult& one : explanation.verdict->statements) statements.push_back(StatementJson(one));
    for (const Finding& one : explanation.verdict->warnings) warnings.emplace_back(one.Text());
    object["trust"] = Json(Json::Object{{"allowed", explanation.verdict->is_allowed},
                                        {"statements", Json(std::move(statements))},
                                        {"warnings", Json(std::move(warnings))}});
  }
  return Json(std::move(object));
}

}  // namespace tuesday::cli
