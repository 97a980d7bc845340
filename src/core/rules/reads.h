// SPDX-License-Identifier: Apache-2.0
// What an expression reads: its selectors, and through the recording rules of its group, theirs. Static: no sample is needed.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/promql/ast.h"
#include "core/rules/file.h"

namespace tuesday::rules {

// Calls `visit` for the expression and everything below it, parents first.
void Visit(const promql::Expr& expr, const std::function<void(const promql::Expr&)>& visit);

// One selector where it stands. `range_ms` is set for a range selector.
struct SelectorUse {
  const promql::VectorSelector* selector = nullptr;
  std::optional<std::int64_t> range_ms;
  promql::PosRange pos;
};
std::vector<SelectorUse> SelectorsOf(const promql::Expr& expr);

// The metric that a selector names with `=`, or "".
std::string_view MetricOf(const promql::VectorSelector& selector);

// Whether the rules' group records a metric of that name.
bool IsRecorded(const Group& group, std::string_view metric);

// The indices of `rule` itself and of every recording rule of its group that it reads, also through others. Sorted.
std::set<std::size_t> WithDependencies(const Group& group, std::size_t rule);

// How long before an evaluation of the group the oldest sample can lie that decides it: its longest range, and behind it the
// longest ranges of the recording rules that feed it. None where the expressions do not say so (subqueries, `@`).
std::optional<std::int64_t> ReachMsOf(const Group& group);

// The outermost comparisons of an expression, as the witness has them: below parentheses and set operators.
std::vector<const promql::BinaryExpr*> OutermostComparisons(const promql::Expr& expr);

}  // namespace tuesday::rules
