// SPDX-License-Identifier: Apache-2.0
// How a Witness follows the shape of an expression: planned before the evaluation, filled after it. Private to the engine.
#pragma once

#include "core/promql/engine.h"
#include "core/promql/eval/eval_state.h"

namespace tuesday::promql {

// The tree of outermost comparisons of `expr`; tells the recorder which nodes to keep.
Witness PlanWitness(const Expr& expr, Recorder& recorder);

// Moves what was recorded into the planned tree.
void FillWitness(Witness& witness, Recorder& recorder);

}  // namespace tuesday::promql
