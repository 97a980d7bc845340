// SPDX-License-Identifier: Apache-2.0
#include "core/promql/parser.h"

namespace tuesday::promql {

Result<ExprPtr> ParseExpr(std::string_view, const ParserOptions&) {
  return Fail(ErrorCode::kUnsupported, "The parser is not there yet.");
}

}  // namespace tuesday::promql
