// SPDX-License-Identifier: Apache-2.0
// What `tuesday oidc explain` has found out, and how it is told. An internal header of this folder.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "core/workflow/oidc/permission.h"
#include "core/workflow/oidc/trust/evaluate.h"

namespace tuesday::cli {

struct Explanation {
  std::string job;
  std::string file;
  std::string event;
  std::string ref;
  std::string environment;  // As the job names it.
  workflow::TokenPermission permission = workflow::TokenPermission::kUnsaid;
  bool has_token = false;
  Json::Object claims;                          // Complete but for times and jti.
  std::optional<workflow::TrustPolicy> policy;  // Outlives the verdict.
  std::optional<workflow::TrustResult> verdict;
};

std::string ExplanationText(const Explanation& explanation);
Json ExplanationJson(const Explanation& explanation);

// Why there is no token, or which environment is left out; empty when there is nothing to say.
std::string RemarkOf(const Explanation& explanation);

}  // namespace tuesday::cli
