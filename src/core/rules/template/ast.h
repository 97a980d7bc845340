// SPDX-License-Identifier: Apache-2.0
// A parsed Go text/template: the tree that the interpreter walks. Positions are byte offsets into the text.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tuesday::rules::text {

struct Node;
using NodePtr = std::unique_ptr<Node>;

enum class NodeKind {
  kText,    // `word` is the text.
  kList,    // `parts` in order.
  kAction,  // {{pipe}}: parts[0].
  kIf,      // parts: pipe, body, else (which may be null); the same for the next two.
  kRange,
  kWith,
  kTemplate,  // `word` is the name; parts[0] the pipe, or none.
  kBreak,
  kContinue,
  kPipe,        // `names` declared or assigned, parts are commands.
  kCommand,     // parts are operands.
  kIdentifier,  // A function: `word`.
  kField,       // .A.B: `names`.
  kVariable,    // $x.A.B: `names`, the first with its dollar.
  kChain,       // (pipe).A.B: parts[0] and `names`.
  kDot,
  kNil,
  kBool,
  kNumber,
  kString,  // `word` is the value, `source` as written.
};

struct Node {
  NodeKind kind = NodeKind::kText;
  std::size_t at = 0;
  std::string word;
  std::string source;  // As written, of literals.
  std::vector<std::string> names;
  std::vector<NodePtr> parts;
  bool assigns = false;  // Of a pipe: `=` rather than `:=`.
  bool boolean = false;
  bool is_int = false;  // Of a number.
  bool is_float = false;
  std::int64_t integer = 0;
  double number = 0;
};

// A text with everything that it defines. `defined` holds the bodies of {{define}} and {{block}}.
struct Template {
  std::string text;
  NodePtr root;
  std::map<std::string, NodePtr, std::less<>> defined;
};

// The node as Go prints it in messages.
std::string NodeText(const Node& node);

}  // namespace tuesday::rules::text
