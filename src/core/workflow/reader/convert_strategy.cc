// SPDX-License-Identifier: Apache-2.0
// A strategy as far as it holds no expression: with none at all its legs are built, and thrown away, for their problems.
#include <fmt/format.h>

#include <algorithm>

#include "core/workflow/matrix.h"
#include "core/workflow/reader/convert.h"

namespace tuesday::workflow {
namespace {

Result<void> CheckMatrixInPart(const Token& matrix, ReadState& state) {
  bool has_vector = false;
  bool has_include = false;
  for (const auto& [key, value] : matrix.members) {
    if (key.text == "exclude") continue;
    const bool include = key.text == "include";
    (include ? has_include : has_vector) |= !include || HasExpression(value) || !value.items.empty();
    if (include || key.IsExpression() || HasExpression(value)) continue;
    TRY_OK(Expect(value, TokenKind::kSequence, "matrix vector value"));
    if (value.items.empty()) state.Add(value.at, fmt::format("Matrix vector '{}' does not contain any values", key.text));
  }
  if (!has_vector && !has_include) state.Add(matrix.at, "Matrix must define at least one vector");
  return {};
}

}  // namespace

Result<void> CheckStrategy(const Token& token, ReadState& state) {
  if (token.IsExpression()) return {};
  TRY_OK(Expect(token, TokenKind::kMapping, "strategy"));
  if (!HasExpression(token)) {
    std::vector<WorkflowProblem> problems;
    TRY_OK(ExpandStrategy(token, "", problems));
    for (const WorkflowProblem& problem : problems) state.Add(problem.at, problem.message);
    return {};
  }
  for (const auto& [key, value] : token.members) {
    if (key.IsExpression() || value.IsExpression()) continue;
    if (key.text == "fail-fast") TRY_OK(Expect(value, TokenKind::kBoolean, "strategy fail-fast"));
    if (key.text == "max-parallel") TRY_OK(Expect(value, TokenKind::kNumber, "strategy max-parallel"));
    if (key.text != "matrix") continue;
    TRY_OK(Expect(value, TokenKind::kMapping, "matrix"));
    TRY_OK(CheckMatrixInPart(value, state));
  }
  return {};
}

}  // namespace tuesday::workflow
