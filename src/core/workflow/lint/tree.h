// SPDX-License-Identifier: Apache-2.0
// A workflow file as it is written: every node with its place, aliases pointing at what they name. The linter looks at this and
// not at the reader's tokens, because it has something to say about files that do not read.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/workflow/yaml/events.h"

namespace tuesday::workflow::lint {

enum class NodeKind { kScalar, kSequence, kMapping };

struct Node;
using NodePair = std::pair<const Node*, const Node*>;

// `tag` is a scalar's type ("!!str", "!!int", …). `style` is "Plain", "SingleQuoted", … Lines and columns count from 1.
struct Node {
  NodeKind kind = NodeKind::kScalar;
  int line = 0;
  int column = 0;
  std::string value;
  std::string_view tag;
  std::string_view style;
  std::vector<const Node*> items;
  std::vector<NodePair> members;
  std::size_t size = 1;  // Of the node with all aliases in it written out.
  int indent = 0;        // Of a block scalar's lines.

  bool IsScalar() const { return kind == NodeKind::kScalar; }
  bool IsSequence() const { return kind == NodeKind::kSequence; }
  bool IsMapping() const { return kind == NodeKind::kMapping; }
  bool IsNull() const { return IsScalar() && tag == "!!null"; }
  bool IsQuoted() const { return style == "SingleQuoted" || style == "DoubleQuoted"; }

  // The value of the member with this key, or null's address.
  const Node* Find(std::string_view key) const;
};

// The place of the character at `offset` of the scalar's value. In a folded text, or one with escapes, it is near.
std::pair<int, int> PlaceIn(const Node& node, std::size_t offset);

// The name of a node's kind in messages.
std::string_view NodeKindName(const Node& node);

// What is wrong with the YAML itself; line and column 0 where nothing can be named.
struct TreeProblem {
  int line = 0;
  int column = 0;
  std::string message;
};

// Owns the nodes. Not to be moved while somebody points into it, hence not at all.
class Tree {
 public:
  explicit Tree(std::string_view text);
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  // What the text was scanned into.
  const std::vector<YamlEvent>& events() const { return events_; }

  // Null when the file is empty or is not YAML.
  const Node* root() const { return root_; }
  const std::vector<TreeProblem>& problems() const { return problems_; }

  // Whether what is there can be looked at any further.
  bool IsWhole() const { return whole_; }

 private:
  friend class TreeBuilder;

  std::vector<YamlEvent> events_;
  std::deque<Node> nodes_;
  const Node* root_ = nullptr;
  std::vector<TreeProblem> problems_;
  bool whole_ = true;
};

}  // namespace tuesday::workflow::lint
