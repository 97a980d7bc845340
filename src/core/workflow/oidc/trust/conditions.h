// SPDX-License-Identifier: Apache-2.0
// One condition of a policy against the value that a request has for its key. An internal header of this folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/workflow/oidc/trust/policy.h"

namespace tuesday::workflow {

// An operator taken apart: "ForAnyValue:StringLikeIfExists".
struct TrustOperation {
  enum class Set { kNone, kAnyValue, kAllValues };
  enum class Compare { kEquals, kEqualsIgnoreCase, kLike, kNull };
  Set set = Set::kNone;
  Compare compare = Compare::kEquals;
  bool is_negated = false;
  bool if_exists = false;
};

// Nothing for an operator that no claim of a token can be compared by: numbers, dates, addresses.
std::optional<TrustOperation> ReadOperation(std::string_view name);

// `value` is nothing when the request has none for the key.
bool Holds(const TrustOperation& operation, const std::vector<std::string>& wanted, const std::optional<std::string>& value);

// IAM's wildcards: `*` for any text, `?` for one character; `${*}`, `${?}` and `${$}` are these characters themselves.
bool MatchesLike(std::string_view pattern, std::string_view text);

bool SameWithoutCase(std::string_view one, std::string_view other);

}  // namespace tuesday::workflow
