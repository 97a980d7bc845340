// SPDX-License-Identifier: Apache-2.0
// What people may call repositories and branches, and where a push for review goes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "core/workflow/repository/refs.h"

namespace tuesday::workflow {

inline constexpr std::size_t kRepositoryNameMax = 63;

// Small letters, digits, `-`, `_` and `.`, with a letter or digit at both ends; never "x.git", which addresses add.
Result<void> CheckRepositoryName(std::string_view name);

// Where "refs/for/<branch>" and "refs/for/<branch>/<topic>" lead. Branches may have slashes: the longest that is there counts.
struct ReviewTarget {
  std::string branch;
  std::string topic;
};
std::optional<ReviewTarget> ReviewTargetOf(std::string_view ref, const Refs& refs);

}  // namespace tuesday::workflow
