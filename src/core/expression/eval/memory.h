// SPDX-License-Identifier: Apache-2.0
// Counts what the results of one evaluation take, as GitHub's runner does: a text 26 bytes and two for each UTF-16 unit,
// anything else 24, a pointer 8. An internal header of this folder.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/expression/problem.h"
#include "core/expression/tree.h"
#include "core/expression/value/value.h"

namespace tuesday::expression {

std::size_t TextBytes(std::string_view text);
std::size_t ValueBytes(const Value& value);

inline constexpr std::size_t kObjectBytes = 24;
inline constexpr std::size_t kPointerBytes = 8;

// The problem of an expression whose results take too much.
Problem TooMuchMemory(const Node& node);

// The bytes that one function's result takes while it is built.
class ByteCount {
 public:
  ByteCount(const Node& node, std::size_t bytes_max) : node_(node), bytes_max_(bytes_max) {}

  Outcome<void> Add(std::size_t bytes);
  Outcome<void> Add(std::string_view text) { return Add(TextBytes(text)); }
  std::size_t bytes() const { return bytes_; }

 private:
  const Node& node_;
  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
};

// The bytes of the results at each depth of the tree. A primitive result lets go of those below it.
class DepthCount {
 public:
  DepthCount(const Node& root, std::size_t bytes_max) : root_(root), bytes_max_(bytes_max) {}

  enum class Below { kKept, kReleased };
  Outcome<void> Add(std::size_t depth, std::size_t bytes, Below below);

 private:
  const Node& root_;
  std::size_t bytes_max_;
  std::vector<std::size_t> depths_;
  std::size_t total_ = 0;
};

}  // namespace tuesday::expression
