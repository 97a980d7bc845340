// SPDX-License-Identifier: Apache-2.0
// The trust policy of an AWS role as it was read (IAM's JSON, version 2012-10-17). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/source.h"

namespace tuesday::workflow {

inline constexpr std::size_t kTrustPolicyBytesMax = 64 << 10;  // AWS itself takes 4 KiB at most.

// A text of the policy with its place.
struct PolicyText {
  std::string text;
  SourcePos at;
};

// One key under one operator: "StringEquals" and "token.example.com:sub". Any of the values will do.
struct TrustCondition {
  std::string operation;  // As written, with its prefix and suffix.
  std::string key;
  std::vector<std::string> values;
  SourcePos at;
};

enum class TrustEffect { kAllow, kDeny };

struct TrustStatement {
  SourcePos at;
  std::string id;  // `Sid`, may be empty.
  TrustEffect effect = TrustEffect::kAllow;
  std::vector<PolicyText> federated;  // Of `Principal`; others than federated ones are left out.
  std::vector<PolicyText> actions;
  std::vector<TrustCondition> conditions;
};

struct TrustPolicy {
  std::vector<TrustStatement> statements;
};

struct ReadTrust {
  TrustPolicy policy;
  std::vector<Finding> findings;  // With an error among them the policy is not whole.
};

// Everything that is wrong with it at once. Elements that a trust policy cannot have (`Resource`, `NotPrincipal`) and
// operators that are unknown are errors.
ReadTrust ReadTrustPolicy(std::string_view text, std::string_view file);

}  // namespace tuesday::workflow
