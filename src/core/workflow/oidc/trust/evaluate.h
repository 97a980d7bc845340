// SPDX-License-Identifier: Apache-2.0
// What AWS would say to a token: each statement of a role's trust policy against its claims, condition by condition. Pure.
//
// AWS itself answers one opaque sentence to everything that does not hold; here both sides of each comparison are told.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "core/workflow/oidc/trust/policy.h"

namespace tuesday::workflow {

inline constexpr std::string_view kAssumeAction = "sts:AssumeRoleWithWebIdentity";

struct ConditionResult {
  TrustCondition condition;
  std::optional<std::string> value;  // What the request has for the key; nothing: none.
  bool holds = false;
  std::string why;  // When it does not hold: a sentence with both values.
};

struct StatementResult {
  const TrustStatement* statement = nullptr;
  bool holds = false;                 // All of it: an Allow that holds allows, a Deny refuses.
  std::vector<std::string> problems;  // Of principal and action.
  std::vector<ConditionResult> conditions;
};

struct TrustResult {
  bool is_allowed = false;
  std::vector<StatementResult> statements;
  std::vector<Finding> warnings;  // What is allowed more widely, or works less, than it looks.
};

// `claims` are complete (with iss and aud). `policy` must outlive the result. Of an issuer that is none of AWS's own four only
// `sub`, `aud` and `amr` can be conditions; other keys of it are taken as absent, as AWS does.
TrustResult EvaluateTrust(const TrustPolicy& policy, const Json::Object& claims);

// The part of EvaluateTrust that looks at the policy alone.
std::vector<Finding> WarningsOf(const TrustPolicy& policy, std::string_view issuer);

}  // namespace tuesday::workflow
