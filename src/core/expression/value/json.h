// SPDX-License-Identifier: Apache-2.0
// JSON into values that keep the order of members.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "core/expression/value/value.h"

namespace tuesday::expression {

inline constexpr int kJsonDepthMax = 100;

// One JSON value with nothing after it. Of two members with the same key, without regard to case, the last one's value counts.
Result<Value> ReadJson(std::string_view text);

// The value on one line, members in their order; ReadJson gives it back. NaN and infinities become null.
std::string WriteJsonLine(const Value& value);

}  // namespace tuesday::expression
