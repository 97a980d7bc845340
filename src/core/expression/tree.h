// SPDX-License-Identifier: Apache-2.0
// An expression as a tree. Who asks about an expression without evaluating it (does this `if` name a status function?) walks
// it.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/expression/value/value.h"

namespace tuesday::expression {

enum class NodeKind {
  kLiteral,
  kNamedValue,
  kWildcard,
  kIndex,  // parts: what is indexed, then the key; `a.b`, `a['b']`, `a.*` and `a[*]` alike.
  kCall,
  kNot,
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kAnd,  // Two or more parts: chains are one node.
  kOr,
};

// `name` is the function or the context as written. `offset` counts bytes in the expression. `height` is 1 for a leaf. `dotted`
// tells `a.b` from `a['b']`.
struct Node {
  NodeKind kind = NodeKind::kLiteral;
  std::string name;
  Value literal;
  std::vector<Node> parts;
  std::size_t offset = 0;
  int height = 1;
  bool dotted = false;
};

// Calls `visit` for the node and everything below it, from the left to the right, parents first.
void Walk(const Node& node, const std::function<void(const Node&)>& visit);

// Whether a function of this name is called anywhere in it, without regard to case.
bool CallsAny(const Node& node, const std::vector<std::string_view>& functions);

// Whether success(), failure(), always() or cancelled() is called: an `if` without one means `success() && (…)`.
bool CallsStatusFunction(const Node& node);

// The expression in GitHub's normal form, as its messages quote it.
std::string PrintExpression(const Node& node);

}  // namespace tuesday::expression
