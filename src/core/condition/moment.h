// SPDX-License-Identifier: Apache-2.0
// Instants as a template writes them: `now() - duration("1h")`. The part of expr-lang (v1.17) that computes with time; the
// clock is an argument.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace tuesday::condition {

// Of now(), date("2026-11-24T14:00:00Z") and duration("1h30m"), joined by + and -, with parentheses. Milliseconds since 1970
// UTC. kInvalid names the column: what is no such expression, and what gives a length instead of an instant.
Result<std::int64_t> EvaluateMoment(std::string_view text, std::int64_t now_ms);

inline constexpr std::size_t kMomentBytesMax = 512;
inline constexpr int kMomentDepthMax = 16;

}  // namespace tuesday::condition
