// SPDX-License-Identifier: Apache-2.0
// Gives an expression its value. Contexts and the functions that need the world (hashFiles, success, …) come from the host.
#pragma once

#include <string_view>
#include <vector>

#include "core/expression/problem.h"
#include "core/expression/tree.h"
#include "core/expression/value/value.h"

namespace tuesday::expression {

inline constexpr std::size_t kMemoryBytesMax = 1 << 20;  // Of all results of one expression together.

// What an expression reads beside itself. Both may be asked any number of times; names come as written.
class Host {
 public:
  virtual ~Host() = default;

  // The context of this name, without regard to case; null for one that is not there.
  virtual Value NamedValue(std::string_view name) const = 0;

  // A function that is not one of BuiltInFunctions(), with its parameters evaluated.
  virtual Outcome<Value> Call(std::string_view name, const std::vector<Value>& parameters) const = 0;
};

// `&&`, `||`, case() and format() evaluate no more than they need. The problem's words are GitHub's.
Outcome<Value> Evaluate(const Node& root, const Host& host, std::size_t memory_bytes_max = kMemoryBytesMax);

}  // namespace tuesday::expression
