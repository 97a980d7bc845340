// SPDX-License-Identifier: Apache-2.0
// PromQL text to a typed tree and back. Errors carry byte offsets and Prometheus' own words.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "core/promql/ast.h"

namespace tuesday::promql {

struct ParserOptions {
  bool experimental = false;
  std::size_t bytes_max = 64 << 10;
  int depth_max = 200;
};

// Parses and type-checks. The message reads `line:col: parse error: ...`.
Result<ExprPtr> ParseExpr(std::string_view text, const ParserOptions& options = {});

// Canonical text; `ParseExpr(PrintExpr(e))` equals `e`.
std::string PrintExpr(const Expr& expr);

}  // namespace tuesday::promql
