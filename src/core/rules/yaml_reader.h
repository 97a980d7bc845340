// SPDX-License-Identifier: Apache-2.0
// Strict reading of a mapping: every key is either known or reported with the nearest known one. Shared by the readers of
// rule files and of their unit tests.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"
#include "base/time.h"
#include "base/yaml.h"

namespace tuesday::rules {

// Collects findings about one file.
class FindingSink {
 public:
  explicit FindingSink(std::string_view file) : file_(file) {}

  SourcePos At(const YamlNode& node) const { return {file_, node.line, node.column}; }
  void Error(const YamlNode& node, std::string rule, std::string message, std::string mend = {});

  const std::string& file() const { return file_; }
  int errors() const { return errors_; }
  std::vector<Finding> Take() { return std::move(findings_); }

 private:
  std::string file_;
  std::vector<Finding> findings_;
  int errors_ = 0;
};

// A mapping with its merge keys (`<<: *anchor`) resolved: a key of its own wins over one that is merged in.
class Fields {
 public:
  // A node that is no mapping is reported, unless it is null: then there are no fields.
  Fields(const YamlNode& node, std::string_view type, FindingSink& sink);

  // Reports every key that is not among `known`, in promtool's words: "field annotation not found in type rulefmt.Rule".
  void RefuseOthers(const std::vector<std::string_view>& known) const;

  const YamlNode* Find(std::string_view key) const;

  // The value of a key, or the empty one; one of another type is reported.
  std::string Text(std::string_view key) const;
  std::optional<Duration> Length(std::string_view key) const;
  std::map<std::string, std::string> TextMap(std::string_view key) const;
  std::vector<const YamlNode*> Items(std::string_view key) const;

  const YamlNode& node() const { return *node_; }

 private:
  void Merge(const YamlNode& node);

  const YamlNode* node_;
  std::string type_;
  FindingSink& sink_;
  std::vector<std::pair<const YamlNode*, const YamlNode*>> members_;
};

}  // namespace tuesday::rules
