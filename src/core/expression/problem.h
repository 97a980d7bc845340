// SPDX-License-Identifier: Apache-2.0
// What is wrong with an expression, in GitHub's words and with the place in its text.
#pragma once

#include <cstddef>
#include <expected>
#include <string>

#include "base/result.h"

namespace tuesday::expression {

// Which part of the work found the problem.
enum class ProblemKind { kLexing, kParsing, kEvaluation };

// `message` is complete. `offset` counts bytes of the expression's text from 0; it is 0 where no place is to blame.
struct Problem {
  ProblemKind kind = ProblemKind::kParsing;
  std::string message;
  std::size_t offset = 0;
};

template <typename T>
using Outcome = std::expected<T, Problem>;

}  // namespace tuesday::expression
