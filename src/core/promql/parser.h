// SPDX-License-Identifier: Apache-2.0
// PromQL text to a typed tree and back. Errors carry byte offsets and Prometheus' own words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

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

// One thing wrong with a text, and where.
struct ParseProblem {
  PosRange pos;
  std::string message;
};

// What ParseExpr does, with every problem found; `expr` is null if there is one.
struct ParseReport {
  ExprPtr expr;
  std::vector<ParseProblem> problems;
};
ParseReport ParseWithReport(std::string_view text, const ParserOptions& options = {});

// `line:col` of a byte offset, both from 1.
std::string PositionText(std::string_view text, int offset);

// A duration such as `1h30m` in milliseconds: units y w d h m s ms in this order, each at most once. kInvalid otherwise.
Result<std::int64_t> ParseDuration(std::string_view text);

// `90000` as `1m30s`, in the units of Prometheus.
std::string DurationText(std::int64_t ms);

// The matchers of `name{a="b"}`: an expression that is a selector and nothing else.
Result<std::vector<metrics::LabelMatcher>> ParseSelector(std::string_view text);

// Canonical text; `ParseExpr(PrintExpr(e))` equals `e`.
std::string PrintExpr(const Expr& expr);

}  // namespace tuesday::promql
