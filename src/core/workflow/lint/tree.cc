// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/lint/tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/expression/value/text.h"
#include "core/workflow/read.h"
#include "core/workflow/yaml/events.h"

namespace tuesday::workflow::lint {

const Node* Node::Find(std::string_view key) const {
  for (const NodePair& member : members) {
    if (member.first->IsScalar() && member.first->value == key) return member.second;
  }
  return nullptr;
}

std::pair<int, int> PlaceIn(const Node& node, std::size_t offset) {
  const std::string_view before = std::string_view(node.value).substr(0, offset);
  const int characters = static_cast<int>(expression::Utf16Length(before));
  if (node.style != "Literal" && node.style != "Folded")
    return {node.line, node.column + (node.IsQuoted() ? 1 : 0) + characters};
  const std::size_t newline = before.rfind('\n');
  const std::string_view in_line = newline == std::string_view::npos ? before : before.substr(newline + 1);
  const int lines = static_cast<int>(std::count(before.begin(), before.end(), '\n'));
  return {node.line + 1 + lines, node.indent + 1 + static_cast<int>(expression::Utf16Length(in_line))};
}

std::string_view NodeKindName(const Node& node) {
  switch (node.kind) {
    case NodeKind::kScalar: return "scalar";
    case NodeKind::kSequence: return "sequence";
    case NodeKind::kMapping: return "mapping";
  }
  return "";
}

constexpr std::size_t kMembersRoom = 4;  // Most mappings have so many members or fewer.

class TreeBuilder {
 public:
  TreeBuilder(Tree& tree, std::string_view text) : tree_(tree), text_(text), events_(tree.events_) {}

  void Build() {
    if (const auto broken = FindBroken(); broken != events_.end()) return Give(0, 0, "This is not YAML: " + broken->value);
    if (events_.size() < 3 || events_[1].kind != EventKind::kDocumentStart) return;
    at_ = 2;
    const Node* root = ReadNode(0);
    if (!tree_.whole_) return;
    if (root->size > static_cast<std::size_t>(kYamlNodesMax)) {
      return Give(0, 0, fmt::format("The file has more than {} nodes when its aliases are written out.", kYamlNodesMax));
    }
    for (const Anchor& anchor : anchors_) {
      if (anchor.used) continue;
      tree_.problems_.push_back({anchor.line, anchor.column, fmt::format("The anchor \"{}\" is not used.", anchor.name)});
    }
    tree_.root_ = root;
  }

 private:
  struct Anchor {
    std::string name;
    const Node* node = nullptr;  // Null while it is being read.
    int line = 0;
    int column = 0;
    bool used = false;
  };

  std::vector<YamlEvent>::const_iterator FindBroken() const {
    return std::find_if(events_.begin(), events_.end(), [](const YamlEvent& each) { return each.kind == EventKind::kBroken; });
  }

  // Nothing can be made of the file.
  void Give(int line, int column, std::string message) {
    if (tree_.whole_) tree_.problems_.push_back({line, column, std::move(message)});
    tree_.whole_ = false;
  }

  Node& Make(const YamlEvent& event, NodeKind kind) {
    Node& node = tree_.nodes_.emplace_back();
    node.kind = kind;
    node.line = event.line;
    node.column = event.column;
    return node;
  }

  const Node* ReadNode(int depth) {
    const YamlEvent& event = events_[at_++];
    if (event.kind == EventKind::kAlias) return ReadAlias(event);
    if (event.kind != EventKind::kScalar && depth >= kTokenDepthMax) {
      Give(event.line, event.column, fmt::format("The file is nested deeper than {}.", kTokenDepthMax));
      return Nothing(event);
    }
    const std::size_t anchor = anchors_.size();
    if (!event.anchor.empty()) {
      anchors_.push_back({event.anchor, nullptr, event.line, event.column, false});
      latest_[event.anchor] = anchor;
    }
    const Node* node = event.kind == EventKind::kScalar ? ReadScalar(event) : ReadCollection(event, depth);
    if (!event.anchor.empty()) anchors_[anchor].node = node;
    return node;
  }

  const Node* Nothing(const YamlEvent& event) {
    Node& node = Make(event, NodeKind::kScalar);
    node.tag = "!!null";
    node.style = "Plain";
    return &node;
  }

  const Node* ReadAlias(const YamlEvent& event) {
    const auto found = latest_.find(event.value);
    if (found == latest_.end()) {
      Give(0, 0, fmt::format("There is no anchor for the alias \"{}\".", event.value));
      return Nothing(event);
    }
    Anchor& anchor = anchors_[found->second];
    anchor.used = true;
    if (anchor.node != nullptr) return anchor.node;
    tree_.problems_.push_back(
        {event.line, event.column, fmt::format("The alias \"{}\" stands within its own anchor.", event.value)});
    return Nothing(event);
  }

  const Node* ReadScalar(const YamlEvent& event) {
    Node& node = Make(event, NodeKind::kScalar);
    node.value = event.value;
    node.tag = ScalarTag(event);
    node.style = event.style;
    if (event.style == "Literal" || event.style == "Folded") node.indent = IndentBelow(event.line);
    return &node;
  }

  // The blanks before the first line with something in it, from the line below `line` on.
  int IndentBelow(int line) {
    if (lines_.empty()) {
      lines_.push_back(0);
      for (std::size_t end = text_.find('\n'); end != std::string_view::npos; end = text_.find('\n', end + 1)) {
        lines_.push_back(end + 1);
      }
    }
    for (std::size_t i = static_cast<std::size_t>(line); i < lines_.size(); ++i) {
      const std::size_t first = text_.find_first_not_of(' ', lines_[i]);
      if (first == std::string_view::npos) return 0;
      if (text_[first] != '\n' && text_[first] != '\r') return static_cast<int>(first - lines_[i]);
    }
    return 0;
  }

  const Node* ReadCollection(const YamlEvent& start, int depth) {
    const bool mapping = start.kind == EventKind::kMappingStart;
    Node& node = Make(start, mapping ? NodeKind::kMapping : NodeKind::kSequence);
    if (mapping) node.members.reserve(kMembersRoom);
    while (tree_.whole_ && events_[at_].kind != EventKind::kMappingEnd && events_[at_].kind != EventKind::kSequenceEnd) {
      const Node* first = ReadNode(depth + 1);
      const Node* second = mapping && tree_.whole_ ? ReadNode(depth + 1) : nullptr;
      node.size += first->size + (second == nullptr ? 0 : second->size);
      if (node.size > static_cast<std::size_t>(kYamlNodesMax)) node.size = static_cast<std::size_t>(kYamlNodesMax) + 1;
      if (second != nullptr) {
        node.members.emplace_back(first, second);
      } else if (!mapping) {
        node.items.push_back(first);
      }
    }
    ++at_;
    return &node;
  }

  Tree& tree_;
  std::string_view text_;
  const std::vector<YamlEvent>& events_;
  std::vector<std::size_t> lines_;  // Where each begins; filled when first needed.
  std::size_t at_ = 0;
  std::vector<Anchor> anchors_;  // A name can be given again; the latest one counts.
  std::map<std::string, std::size_t> latest_;
};

Tree::Tree(std::string_view text) : events_(ScanYaml(text)) { TreeBuilder(*this, text).Build(); }

}  // namespace tuesday::workflow::lint
