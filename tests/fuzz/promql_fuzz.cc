// SPDX-License-Identifier: Apache-2.0
// Any text may be given as an expression or a series, and what parses prints to something that parses to the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/metrics/batch.h"
#include "core/metrics/chunk.h"
#include "core/promql/parser.h"
#include "core/promql/series_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace tuesday;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  if (size < 4096) (void)promql::ParseSeriesText(text);
  (void)metrics::DecodeChunk(text);
  (void)metrics::DecodeBatch(text);
  const Result<promql::ExprPtr> expr = promql::ParseExpr(text, {.experimental = true});
  if (!expr) return 0;
  const std::string printed = promql::PrintExpr(**expr);
  const Result<promql::ExprPtr> again = promql::ParseExpr(printed, {.experimental = true});
  if (!again || promql::PrintExpr(**again) != printed) std::abort();
  return 0;
}
