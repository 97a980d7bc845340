// SPDX-License-Identifier: Apache-2.0
// Reads an expression into a tree. Names of contexts and functions are checked here, also in branches that are never taken.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/expression/problem.h"
#include "core/expression/tree.h"

namespace tuesday::expression {

inline constexpr std::size_t kExpressionLengthMax = 21'000;  // UTF-16 code units, as GitHub counts.
inline constexpr int kExpressionDepthMax = 50;
inline constexpr int kParametersMax = 255;

struct FunctionSignature {
  std::string name;
  int parameters_min = 0;
  int parameters_max = 0;
};

enum class UnknownNames { kRefused, kAllowed };
enum class ParameterCounts { kChecked, kFree };  // What is not checked must not be evaluated.

// The names that an expression may use where it stands, beside the functions that are known everywhere.
struct Vocabulary {
  std::vector<std::string> named_values;
  std::vector<FunctionSignature> functions;
  UnknownNames unknown = UnknownNames::kRefused;
  ParameterCounts parameter_counts = ParameterCounts::kChecked;
};

// contains, startsWith, endsWith, format, join, toJSON, fromJSON and case.
const std::vector<FunctionSignature>& BuiltInFunctions();

// The tree, or nothing for an expression of nothing but space. The first problem from the left is told.
Outcome<std::optional<Node>> ParseExpression(std::string_view expression, const Vocabulary& vocabulary);

}  // namespace tuesday::expression
