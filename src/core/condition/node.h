// SPDX-License-Identifier: Apache-2.0
// The syntax tree of a condition. Private to this folder.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace tuesday::condition {

struct Node {
  enum class Kind {
    kLiteral,   // value
    kArray,     // children
    kResult,    // the variable `result`
    kElement,   // `#` inside a closure; `#index` and `#acc` by `text`
    kMap,       // {value[i]: children[i]}
    kLet,       // let text = children[0]; children[1]
    kVariable,  // text, of a `let` around it
    kMember,    // children[0].text, or children[0]?.text when `optional`
    kIndex,     // children[0][children[1]], or children[0]?.[children[1]] when `optional`
    kSlice,     // children[0][children[1]:children[2]]; a missing bound is a null literal
    kUnary,     // text children[0]
    kBinary,    // children[0] text children[1]
    kTernary,   // children[0] ? children[1] : children[2]
    kCall,      // text(children...)
  };

  Kind kind = Kind::kLiteral;
  int column = 1;
  Json value;
  std::string text;
  bool optional = false;
  std::vector<std::shared_ptr<const Node>> children;
};

// What a value can be, before there is one.
enum class Type { kAny, kNil, kBool, kNumber, kString, kArray, kMap };

// A function that conditions may call. A closure is evaluated once for each element, with `#` bound to it.
struct Builtin {
  std::string_view name;
  int arguments_min;
  int arguments_max;
  bool closure;  // The second argument is a closure.
  Type gives;
  std::string_view says;  // For the guide.
};

// In the order of the guide.
std::span<const Builtin> Builtins();

// nullptr when there is no such function.
const Builtin* FindBuiltin(std::string_view name);

// The type of what the tree gives. An error where no value could make it work: `1 && true`, `"a" < 2`, a bad pattern.
Result<Type> TypeOf(const Node& node);

}  // namespace tuesday::condition
