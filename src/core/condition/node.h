// SPDX-License-Identifier: Apache-2.0
// The syntax tree of a condition. Private to this folder.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/json.h"

namespace tuesday::condition {

struct Node {
  enum class Kind {
    kLiteral,  // value
    kArray,    // children
    kResult,   // the variable `result`
    kElement,  // `#` inside a closure
    kMember,   // children[0].text, or children[0]?.text when `optional`
    kIndex,    // children[0][children[1]]
    kSlice,    // children[0][children[1]:children[2]]; a missing bound is a null literal
    kUnary,    // text children[0]
    kBinary,   // children[0] text children[1]
    kTernary,  // children[0] ? children[1] : children[2]
    kCall,     // text(children...)
  };

  Kind kind = Kind::kLiteral;
  int column = 1;
  Json value;
  std::string text;
  bool optional = false;
  std::vector<std::shared_ptr<const Node>> children;
};

// A function that conditions may call. A closure is evaluated once for each element, with `#` bound to it.
struct Builtin {
  std::string_view name;
  int arguments_min;
  int arguments_max;
  bool closure;  // The second argument is a closure.
};

// nullptr when there is no such function.
const Builtin* FindBuiltin(std::string_view name);

}  // namespace tuesday::condition
