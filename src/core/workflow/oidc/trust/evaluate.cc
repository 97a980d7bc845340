// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/oidc/trust/evaluate.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "core/workflow/oidc/issuer.h"
#include "core/workflow/oidc/trust/conditions.h"

namespace tuesday::workflow {
namespace {

constexpr auto kConditionClaims = std::to_array<std::string_view>({"amr", "aud", "sub"});
constexpr std::string_view kProviderMark = ":oidc-provider/";

std::string TextOf(const Json::Object& claims, std::string_view name) {
  const auto found = claims.find(name);
  return found == claims.end() ? "" : found->second.StringOr("");
}

// What the request has for a condition's key.
struct Known {
  std::optional<std::string> value;
  std::string note;  // Why there is none.
};

Known ValueOf(const std::string& key, const Json::Object& claims, const std::string& provider) {
  const std::size_t colon = key.rfind(':');
  const std::string host = key.substr(0, colon == std::string::npos ? 0 : colon);
  const std::string name = colon == std::string::npos ? key : key.substr(colon + 1);
  if (!SameWithoutCase(host, provider)) {
    const bool is_of_others = host.contains('.') || host.contains('/');
    return {std::nullopt, is_of_others ? fmt::format("the key is of the issuer {}, the token of {}", host, provider)
                                       : "what AWS knows under this key is not known here"};
  }
  const auto known = std::ranges::find_if(kConditionClaims, [&](std::string_view one) { return SameWithoutCase(one, name); });
  if (known == kConditionClaims.end())
    return {std::nullopt, "AWS lets sub, aud and amr of an issuer like this one be conditions, and nothing else"};
  const auto claim = claims.find(*known);
  if (claim == claims.end()) return {std::nullopt, "the token has no such claim"};
  return {claim->second.StringOr(""), ""};
}

std::string HintOf(const TrustCondition& condition, const std::string& value) {
  for (const std::string& wanted : condition.values) {
    if (wanted != value && SameWithoutCase(wanted, value)) return " They differ in case only, and case counts.";
    const bool is_exact = condition.operation.contains("Equals");
    if (is_exact && wanted.contains('*') && MatchesLike(wanted, value))
      return " StringEquals takes * as a star; StringLike takes it as anything.";
  }
  const bool wants_ref = std::ranges::any_of(condition.values, [](const std::string& one) { return one.contains(":ref:"); });
  if (wants_ref && value.contains(":environment:")) return " The job's environment stands in sub instead of the ref.";
  const bool wants_environment =
      std::ranges::any_of(condition.values, [](const std::string& one) { return one.contains(":environment:"); });
  if (wants_environment && !value.contains(":environment:"))
    return " The job names no environment, or its run is not of a branch that may have secrets.";
  return "";
}

ConditionResult EvaluateOne(const TrustCondition& condition, const Json::Object& claims, const std::string& provider) {
  ConditionResult result{.condition = condition, .value = {}, .why = {}};
  const Known known = ValueOf(condition.key, claims, provider);
  result.value = known.value;
  const auto operation = ReadOperation(condition.operation);
  result.holds = operation.has_value() && Holds(*operation, condition.values, known.value);
  if (result.holds) return result;
  const std::string wanted = fmt::format("{}", fmt::join(condition.values, "\" or \""));
  if (known.value.has_value()) {
    result.why = fmt::format("{} {}: the policy has \"{}\", the token has \"{}\".{}", condition.operation, condition.key,
                             wanted, *known.value, HintOf(condition, *known.value));
  } else {
    result.why = fmt::format("{} {}: the policy has \"{}\", the token has nothing there: {}.", condition.operation,
                             condition.key, wanted, known.note);
  }
  return result;
}

bool NamesProvider(std::string_view federated, std::string_view provider) {
  const std::size_t mark = federated.find(kProviderMark);
  return mark != std::string_view::npos && federated.substr(mark + kProviderMark.size()) == provider;
}

StatementResult EvaluateStatement(const TrustStatement& statement, const Json::Object& claims, const std::string& provider) {
  StatementResult result{.statement = &statement, .problems = {}, .conditions = {}};
  if (std::ranges::none_of(statement.federated, [&](const PolicyText& one) { return NamesProvider(one.text, provider); })) {
    std::vector<std::string> named;
    for (const PolicyText& one : statement.federated) named.push_back(one.text);
    result.problems.push_back(fmt::format("Principal: the policy trusts {}, the token is of …{}{}.",
                                          named.empty() ? "no federated issuer" : fmt::format("{}", fmt::join(named, ", ")),
                                          kProviderMark, provider));
  }
  // Names of actions know no case.
  const auto names_action = [](const PolicyText& one) {
    std::string lower = one.text;
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return MatchesLike(lower, "sts:assumerolewithwebidentity");
  };
  if (std::ranges::none_of(statement.actions, names_action))
    result.problems.push_back(fmt::format("Action: the statement is not about {}.", kAssumeAction));
  for (const TrustCondition& condition : statement.conditions)
    result.conditions.push_back(EvaluateOne(condition, claims, provider));
  result.holds =
      result.problems.empty() && std::ranges::all_of(result.conditions, [](const ConditionResult& one) { return one.holds; });
  return result;
}

}  // namespace

TrustResult EvaluateTrust(const TrustPolicy& policy, const Json::Object& claims) {
  TrustResult result;
  const std::string issuer = TextOf(claims, "iss");
  bool allows = false;
  bool denies = false;
  for (const TrustStatement& statement : policy.statements) {
    result.statements.push_back(EvaluateStatement(statement, claims, ProviderOf(issuer)));
    if (!result.statements.back().holds) continue;
    (statement.effect == TrustEffect::kAllow ? allows : denies) = true;
  }
  result.is_allowed = allows && !denies;
  result.warnings = WarningsOf(policy, issuer);
  return result;
}

}  // namespace tuesday::workflow
