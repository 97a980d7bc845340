// SPDX-License-Identifier: Apache-2.0
// The legs of a job's matrix: product of the vectors, less what is excluded, with what is included, in GitHub's order.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "core/expression/value/value.h"
#include "core/workflow/read.h"

namespace tuesday::workflow {

inline constexpr std::size_t kMatrixLegsMax = 256;
inline constexpr std::size_t kLegIdLengthMax = 25;
inline constexpr std::size_t kLegNameLengthMax = 100;

// `id` is unique among the legs; `values` is the `matrix` context, null when the strategy has no matrix. `name` is what is
// shown.
struct MatrixLeg {
  std::string id;
  std::string name;
  expression::Value values;
};

struct Strategy {
  bool fail_fast = true;
  int parallel_max = 0;  // 0: all at once.
  std::vector<MatrixLeg> legs;
};

// Expands a strategy without expressions. What is wrong is added to `problems` with GitHub's sentence; there are no legs then.
Result<Strategy> ExpandStrategy(const Token& strategy, std::string_view job_name, std::vector<WorkflowProblem>& problems);

}  // namespace tuesday::workflow
