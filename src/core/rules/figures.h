// SPDX-License-Identifier: Apache-2.0
// The numbers of a verdict's sentence: "5.1 % > 1 % (61 of 1,196; stable 0.0 %)".
#pragma once

#include <string>
#include <vector>

#include "core/gate/verdict.h"
#include "core/metrics/source.h"
#include "core/rules/alert.h"

namespace tuesday::rules {

// The left sides of `expr`'s comparisons that pick the canary by its label, over the stable side.
StableSides StableSidesOf(const promql::Expr& expr);

// Both sides and how they compare, then what stands behind a ratio, and the same expression over the stable side. Counts
// that it asked `source` for are added to `evidence`. With no comparison, what the expression gave.
std::string FiguresOf(const Rule& rule, const RuleResult& result, const metrics::Source& source,
                      std::vector<gate::Evidence>& evidence);

// What an expression gives at an instant: the elements of a vector, or one without labels for a scalar; empty on an error.
promql::Vector VectorAt(const promql::Expr& expr, const metrics::Source& source, std::int64_t time_ms);

// What a part of a rule's expression gave in the evaluation that `result` is of; asks `source` only for what was not kept.
promql::Vector PartOf(const promql::Expr& part, const RuleResult& result, const metrics::Source& source);

// The comparison of `rule` that the witness' comparison was made by, or nullptr.
const promql::BinaryExpr* ComparisonBehind(const Rule& rule, const promql::ComparisonWitness& witness);

// The witness of the comparison to speak of: one that held, else the first.
const promql::ComparisonWitness* LeadingComparison(const promql::Witness& witness);

}  // namespace tuesday::rules
