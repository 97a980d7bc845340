// SPDX-License-Identifier: Apache-2.0
// An expression as a server of others has to be asked it. The embedded store never needs this.
#pragma once

#include <string>

#include "base/result.h"
#include "core/promql/ast.h"

namespace tuesday::promql {

// The text that a Prometheus 2 answers as Prometheus 3 answers `expr`: windows without their left end, `.` of patterns for
// every sign, the old name of double_exponential_smoothing. kUnsupported names what version 2 does not have. (The window of
// instant selectors, five minutes, keeps its left end there: no text can change that.)
Result<std::string> ForPrometheus2(const Expr& expr);

// The roles of an attempt, for a server that stores our series without them.
struct RoleRevisions {
  std::string canary;
  std::string stable;
};

// `canary="true"` becomes `revision="<canary>"`, and `canary="false"` `revision="<stable>"`. kUnsupported for a pattern over
// `canary`: it cannot be told what it means.
Result<ExprPtr> RolesAsRevisions(const ExprPtr& expr, const RoleRevisions& roles);

}  // namespace tuesday::promql
