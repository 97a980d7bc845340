// SPDX-License-Identifier: Apache-2.0
// Which functions PromQL has, what they take and what they give. Prometheus 3.14, promql/parser/functions.go.
#pragma once

#include <string_view>
#include <vector>

#include "core/promql/ast.h"

namespace tuesday::promql {

inline constexpr int kAnyNumber = -1;

struct Signature {
  std::string_view name;
  std::vector<ValueType> arguments;
  int optional = 0;  // How many of the last arguments may be left out or, beyond the list, added; kAnyNumber: no end.
  ValueType result = ValueType::kVector;
  bool experimental = false;
};

// Null for an unknown name.
const Signature* FindSignature(std::string_view name);

}  // namespace tuesday::promql
