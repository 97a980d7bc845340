// SPDX-License-Identifier: Apache-2.0
// YAML 1.2 core schema as a tree of nodes that know their line and column. The scanner behind it is libyaml's.
// `on`, `yes` and `no` are strings; duplicate keys, unknown tags, and more than the stated depth or aliases are errors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/source.h"

namespace tuesday {

struct YamlMember;

// One node. Scalars keep their text as written; `plain` says whether it stood without quotes, which decides its type.
struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMapping };

  Kind kind = Kind::kNull;
  int line = 0;
  int column = 0;
  std::string text;
  bool plain = false;
  std::vector<YamlNode> items;
  std::vector<YamlMember> members;  // In the order of the file.

  bool IsNull() const { return kind == Kind::kNull; }
  bool IsScalar() const { return kind == Kind::kScalar; }
  bool IsSequence() const { return kind == Kind::kSequence; }
  bool IsMapping() const { return kind == Kind::kMapping; }

  // The value of `key`, or nullptr.
  const YamlNode* Find(std::string_view key) const;

  // The scalar read by the core schema, when it is one of that type. Quoted scalars are strings only.
  std::optional<bool> AsBool() const;
  std::optional<std::int64_t> AsInt() const;
  std::optional<double> AsDouble() const;
};

// A key and its value. No std::pair: clang cannot complete a pair of the class that holds a vector of it.
struct YamlMember {
  YamlNode first;
  YamlNode second;
};

struct YamlLimits {
  std::size_t bytes_max = 1 << 20;
  int depth_max = 64;
  int nodes_max = 200'000;  // After aliases are expanded: a bomb ends here.
  int documents_max = 1'000;
};

// All documents of a stream. An error names `file:line:column`.
Result<std::vector<YamlNode>> ParseYamlStream(std::string_view text, std::string_view file, YamlLimits limits = {});

// Exactly one document; an empty text is a null node.
Result<YamlNode> ParseYaml(std::string_view text, std::string_view file, YamlLimits limits = {});

// The tree by the core schema's types, without positions. Mapping keys become strings.
Json YamlToJson(const YamlNode& node);

}  // namespace tuesday
