// SPDX-License-Identifier: Apache-2.0
// The schema layer: one mapping of a manifest, read by the table of its keys. It owns nothing; findings go to the caller's
// list. A key is read, accepted without effect (warned about by name), refused by name, or unknown (an error with the
// nearest known key). Used by one thread for one text.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"
#include "base/time.h"
#include "base/yaml.h"
#include "core/manifest/rollout.h"

namespace tuesday::manifest {

enum class KeyUse {
  kRead,      // Typed, and used.
  kSilent,    // Known, says nothing to one machine and changes nothing that a user could miss.
  kNoEffect,  // Known, but without effect on one machine: a warning names it.
  kRefused,   // Known, and refused by name until it exists here.
};

struct Key {
  std::string_view name;
  KeyUse use = KeyUse::kRead;
};
using Keys = std::span<const Key>;

// Collects what there is to say about one text.
class Notes {
 public:
  explicit Notes(std::string_view file) : file_(file) {}

  SourcePos At(const YamlNode& node) const { return {file_, node.line, node.column}; }
  void Error(const YamlNode& at, std::string_view rule, std::string message, std::string mend = {});
  void Warn(const YamlNode& at, std::string_view rule, std::string message, std::string mend = {});
  void Note(const YamlNode& at, std::string_view rule, std::string message, std::string mend = {});

  // Refuses `name` (an entry of UnsupportedNames()) at `path`.
  void Refuse(const YamlNode& at, std::string_view name, std::string_view path);

  int errors() const { return errors_; }
  const std::string& file() const { return file_; }
  std::vector<Finding> Take() { return std::move(findings_); }
  void Add(Finding finding);

 private:
  std::string file_;
  std::vector<Finding> findings_;
  int errors_ = 0;
};

// Bounds of a number, both inclusive.
struct Range {
  std::int64_t low = 0;
  std::int64_t high = std::numeric_limits<std::int32_t>::max();
};

// A mapping under `path` ("spec.strategy.canary"). Construction reports every key that is unknown, refused or without
// effect. The readers below leave their target as it is when the key is absent, null, or wrong (which they report).
class Fields {
 public:
  Fields(Notes& notes, const YamlNode& node, std::string path, Keys keys);

  // The value of `key`; nullptr when absent or null.
  const YamlNode* Find(std::string_view key) const;
  // As Find; an absence is reported.
  const YamlNode* Require(std::string_view key);
  // Find, and the node is of that kind; otherwise reported and nullptr.
  const YamlNode* FindMapping(std::string_view key);
  const YamlNode* FindSequence(std::string_view key);

  bool Read(std::string_view key, std::string& out);
  bool Read(std::string_view key, bool& out);
  bool Read(std::string_view key, int& out, Range range = {});
  bool Read(std::string_view key, std::map<std::string, std::string>& out);
  bool Read(std::string_view key, std::vector<std::string>& out);
  // Whole seconds.
  bool ReadSeconds(std::string_view key, Duration& out, Range range = {});
  bool ReadSeconds(std::string_view key, std::optional<Duration>& out, Range range = {});
  // Kubernetes' IntOrString as text: a number, a name, or a template like "{{args.x}}".
  bool ReadIntOrText(std::string_view key, std::string& out);
  // Argo's IntOrString for maxSurge and maxUnavailable: 2, "25%", or "25", which Argo reads as percent.
  bool ReadIntOrPercent(std::string_view key, std::optional<IntOrPercent>& out);

  // Calls `read` for each item of the sequence `key`, with the item's path.
  void Each(std::string_view key, const std::function<void(const YamlNode&, const std::string&)>& read);

  std::string PathOf(std::string_view key) const;
  const std::string& path() const { return path_; }
  const YamlNode& node() const { return node_; }
  Notes& notes() { return notes_; }
  bool is_mapping() const { return node_.IsMapping(); }

 private:
  void CheckKeys(Keys keys);
  bool WrongType(const YamlNode& node, std::string_view path, std::string_view wanted);

  Notes& notes_;
  const YamlNode& node_;
  std::string path_;
};

// "a text", "the number 3", "a list": what a node is, for messages.
std::string NodeText(const YamlNode& node);

}  // namespace tuesday::manifest
