// SPDX-License-Identifier: Apache-2.0
#include "base/yaml.h"

#include <fmt/format.h>
#include <yaml.h>

#include <map>
#include <set>

#include "base/check.h"

namespace tuesday {
namespace {

// Owns one libyaml event.
struct Event {
  yaml_event_t value{};
  ~Event() { yaml_event_delete(&value); }
};

std::string_view View(const yaml_char_t* text) {
  return text == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(text));
}

// Reads one stream. Recursion is bounded by `depth_max`, memory by `nodes_max`.
class Reader {
 public:
  Reader(std::string_view text, std::string_view file, YamlLimits limits) : file_(file), limits_(limits) {
    CHECK(yaml_parser_initialize(&parser_) != 0, "libyaml has no memory");
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  ~Reader() { yaml_parser_delete(&parser_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  Result<std::vector<YamlNode>> ReadStream() {
    std::vector<YamlNode> documents;
    while (true) {
      Event event;
      TRY_OK(Next(event));
      if (event.value.type == YAML_STREAM_END_EVENT) return documents;
      if (event.value.type != YAML_DOCUMENT_START_EVENT) continue;
      if (static_cast<int>(documents.size()) >= limits_.documents_max) {
        return At(event.value.start_mark, ErrorCode::kLimit,
                  fmt::format("There are more than {} documents.", limits_.documents_max));
      }
      anchors_.clear();
      Event first;
      TRY_OK(Next(first));
      TRY(YamlNode root, ReadNode(first.value, 0));
      documents.push_back(std::move(root));
    }
  }

 private:
  std::unexpected<Error> At(const yaml_mark_t& mark, ErrorCode code, const std::string& message, std::string hint = {}) const {
    const SourcePos at{file_, static_cast<int>(mark.line) + 1, static_cast<int>(mark.column) + 1};
    return Fail(code, at.Text() + ": " + message, std::move(hint));
  }

  Result<void> Next(Event& event) {
    if (yaml_parser_parse(&parser_, &event.value) != 0) return {};
    const std::string problem = parser_.problem == nullptr ? "unreadable" : parser_.problem;
    return At(parser_.problem_mark, ErrorCode::kInvalid, fmt::format("This is not YAML: {}.", problem),
              "Check the indentation and the quotes here.");
  }

  Result<YamlNode> ReadNode(const yaml_event_t& event, int depth) {
    if (depth > limits_.depth_max) {
      return At(event.start_mark, ErrorCode::kLimit, fmt::format("The document is nested deeper than {}.", limits_.depth_max));
    }
    if (++nodes_ > limits_.nodes_max) {
      return At(event.start_mark, ErrorCode::kLimit, fmt::format("The document has more than {} nodes.", limits_.nodes_max));
    }
    switch (event.type) {
      case YAML_ALIAS_EVENT: return ReadAlias(event);
      case YAML_SCALAR_EVENT: return ReadScalar(event);
      case YAML_SEQUENCE_START_EVENT: return ReadSequence(event, depth);
      case YAML_MAPPING_START_EVENT: return ReadMapping(event, depth);
      default: return At(event.start_mark, ErrorCode::kInvalid, "A value is missing here.");
    }
  }

  YamlNode Place(const yaml_event_t& event, YamlNode::Kind kind) const {
    YamlNode node;
    node.kind = kind;
    node.line = static_cast<int>(event.start_mark.line) + 1;
    node.column = static_cast<int>(event.start_mark.column) + 1;
    return node;
  }

  Result<YamlNode> ReadAlias(const yaml_event_t& event) {
    const auto found = anchors_.find(View(event.data.alias.anchor));
    if (found == anchors_.end()) {
      return At(event.start_mark, ErrorCode::kInvalid,
                fmt::format("The alias *{} has no anchor.", View(event.data.alias.anchor)));
    }
    nodes_ += found->second.second;  // What it copies counts again: a bomb ends at the limit before it is built.
    if (nodes_ > limits_.nodes_max) {
      return At(event.start_mark, ErrorCode::kLimit, fmt::format("Aliases expand to more than {} nodes.", limits_.nodes_max));
    }
    return found->second.first;
  }

  // Only the core schema's own tags: another would ask for a type that we do not have.
  Result<void> CheckTag(const yaml_event_t& event, const yaml_char_t* tag) const {
    static constexpr std::string_view kCore = "tag:yaml.org,2002:";
    const std::string_view text = View(tag);
    if (text.empty() || text == "!") return {};
    static const std::set<std::string_view> kKnown = {"str", "int", "float", "bool", "null", "map", "seq"};
    if (text.starts_with(kCore) && kKnown.contains(text.substr(kCore.size()))) return {};
    return At(event.start_mark, ErrorCode::kUnsupported, fmt::format("The tag {} is not known.", text), "Remove it.");
  }

  Result<YamlNode> ReadScalar(const yaml_event_t& event) {
    TRY_OK(CheckTag(event, event.data.scalar.tag));
    YamlNode node = Place(event, YamlNode::Kind::kScalar);
    node.text.assign(reinterpret_cast<const char*>(event.data.scalar.value), event.data.scalar.length);
    node.plain = event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !View(event.data.scalar.tag).ends_with(":str");
    const bool null_text =
        node.text.empty() || node.text == "~" || node.text == "null" || node.text == "Null" || node.text == "NULL";
    if (node.plain && null_text) node.kind = YamlNode::Kind::kNull;
    Remember(event.data.scalar.anchor, node, 1);
    return node;
  }

  Result<YamlNode> ReadSequence(const yaml_event_t& start, int depth) {
    TRY_OK(CheckTag(start, start.data.sequence_start.tag));
    const int nodes_before = nodes_;
    YamlNode node = Place(start, YamlNode::Kind::kSequence);
    while (true) {
      Event event;
      TRY_OK(Next(event));
      if (event.value.type == YAML_SEQUENCE_END_EVENT) break;
      TRY(YamlNode item, ReadNode(event.value, depth + 1));
      node.items.push_back(std::move(item));
    }
    Remember(start.data.sequence_start.anchor, node, nodes_ - nodes_before + 1);
    return node;
  }

  Result<YamlNode> ReadMapping(const yaml_event_t& start, int depth) {
    TRY_OK(CheckTag(start, start.data.mapping_start.tag));
    const int nodes_before = nodes_;
    YamlNode node = Place(start, YamlNode::Kind::kMapping);
    std::set<std::string> keys;
    while (true) {
      Event key_event;
      TRY_OK(Next(key_event));
      if (key_event.value.type == YAML_MAPPING_END_EVENT) break;
      TRY(YamlNode key, ReadNode(key_event.value, depth + 1));
      if (key.IsSequence() || key.IsMapping()) {
        return At(key_event.value.start_mark, ErrorCode::kInvalid, "A key must be a single word or text.");
      }
      if (!keys.insert(key.text).second) {
        return At(key_event.value.start_mark, ErrorCode::kInvalid, fmt::format("The key \"{}\" appears twice.", key.text),
                  "Keep one of the two.");
      }
      Event value_event;
      TRY_OK(Next(value_event));
      TRY(YamlNode value, ReadNode(value_event.value, depth + 1));
      node.members.emplace_back(std::move(key), std::move(value));
    }
    Remember(start.data.mapping_start.anchor, node, nodes_ - nodes_before + 1);
    return node;
  }

  void Remember(const yaml_char_t* anchor, const YamlNode& node, int size) {
    if (anchor != nullptr) anchors_.insert_or_assign(std::string(View(anchor)), std::pair(node, size));
  }

  yaml_parser_t parser_{};
  std::string file_;
  YamlLimits limits_;
  int nodes_ = 0;
  std::map<std::string, std::pair<YamlNode, int>, std::less<>> anchors_;
};

}  // namespace

Result<std::vector<YamlNode>> ParseYamlStream(std::string_view text, std::string_view file, YamlLimits limits) {
  if (text.size() > limits.bytes_max) {
    return Fail(ErrorCode::kLimit,
                fmt::format("{}: The file has {} bytes; the limit is {}.", file, text.size(), limits.bytes_max));
  }
  // A byte order mark would count as a column of the first line, and so indent its key.
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  Reader reader(text, file, limits);
  return reader.ReadStream();
}

Result<YamlNode> ParseYaml(std::string_view text, std::string_view file, YamlLimits limits) {
  TRY(std::vector<YamlNode> documents, ParseYamlStream(text, file, limits));
  if (documents.empty()) return YamlNode();
  if (documents.size() > 1) {
    return Fail(ErrorCode::kInvalid, fmt::format("{}:{}: There is more than one document.", file, documents[1].line));
  }
  return std::move(documents.front());
}

const YamlNode* YamlNode::Find(std::string_view key) const {
  for (const auto& [name, value] : members) {
    if (name.text == key) return &value;
  }
  return nullptr;
}

}  // namespace tuesday
