// SPDX-License-Identifier: Apache-2.0
#include "core/manifest/read/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/manifest/unsupported.h"

namespace tuesday::manifest {
namespace {

constexpr std::size_t kTextMax = 40;  // Of an offending value, in a message.

std::string Shortened(const std::string& text) { return text.size() <= kTextMax ? text : text.substr(0, kTextMax) + "..."; }

// One nearest key is a mend that can be made without asking; one that is there already, or two that are as near, are not.
std::string MendOfKey(const YamlNode& node, const std::string& key, std::vector<std::string_view> names) {
  const std::string nearest = NearestWord(key, names);
  if (nearest.empty()) return "Remove it.";
  if (node.Find(nearest) != nullptr) return fmt::format("`{}` is there already: keep one.", nearest);
  std::erase(names, nearest);
  const std::string second = NearestWord(key, names);
  const bool as_near = !second.empty() && NearestWord(key, {nearest, second}) != NearestWord(key, {second, nearest});
  return as_near ? fmt::format("Did you mean `{}` or `{}`?", nearest, second) : fmt::format("Did you mean `{}`?", nearest);
}

}  // namespace

std::string NodeText(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull: return "nothing";
    case YamlNode::Kind::kSequence: return "a list";
    case YamlNode::Kind::kMapping: return "a mapping";
    case YamlNode::Kind::kScalar: break;
  }
  if (node.AsBool()) return fmt::format("the boolean {}", node.text);
  if (node.AsDouble()) return fmt::format("the number {}", Shortened(node.text));
  return fmt::format("the text \"{}\"", Shortened(node.text));
}

void Notes::Add(Finding finding) {
  if (finding.severity == Severity::kError) ++errors_;
  findings_.push_back(std::move(finding));
}

void Notes::Error(const YamlNode& at, std::string_view rule, std::string message, std::string mend) {
  Add({At(at), Severity::kError, std::string(rule), std::move(message), std::move(mend)});
}

void Notes::Warn(const YamlNode& at, std::string_view rule, std::string message, std::string mend) {
  Add({At(at), Severity::kWarning, std::string(rule), std::move(message), std::move(mend)});
}

void Notes::Note(const YamlNode& at, std::string_view rule, std::string message, std::string mend) {
  Add({At(at), Severity::kNote, std::string(rule), std::move(message), std::move(mend)});
}

void Notes::Refuse(const YamlNode& at, std::string_view name, std::string_view path) {
  Add(UnsupportedFinding(name, path, At(at)));
}

Fields::Fields(Notes& notes, const YamlNode& node, std::string path, Keys keys)
    : notes_(notes), node_(node), path_(std::move(path)) {
  if (node_.IsMapping()) {
    CheckKeys(keys);
  } else if (!node_.IsNull()) {
    WrongType(node_, path_, "a mapping");
  }
}

void Fields::CheckKeys(Keys keys) {
  for (const auto& [key, value] : node_.members) {
    const auto found = std::find_if(keys.begin(), keys.end(), [&key](const Key& known) { return known.name == key.text; });
    if (found == keys.end()) {
      std::vector<std::string_view> names;
      for (const Key& known : keys) names.push_back(known.name);
      notes_.Error(
          key, "unknown-key",
          fmt::format("`{}` is not a key of {}.", Shortened(key.text), path_.empty() ? "this object" : "`" + path_ + "`"),
          MendOfKey(node_, key.text, std::move(names)));
      continue;
    }
    if (value.IsNull()) continue;
    if (found->use == KeyUse::kRefused) notes_.Refuse(key, found->name, PathOf(key.text));
    if (found->use == KeyUse::kNoEffect) {
      notes_.Warn(key, "no-effect", fmt::format("`{}` has no effect on one machine.", PathOf(key.text)));
    }
  }
}

std::string Fields::PathOf(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

bool Fields::WrongType(const YamlNode& node, std::string_view path, std::string_view wanted) {
  std::string mend;
  if (wanted == "a text" && node.IsScalar()) mend = fmt::format("Put it in quotes: \"{}\".", Shortened(node.text));
  if (wanted == "a whole number" && node.IsScalar() && !node.plain) mend = "Write it without quotes.";
  notes_.Error(node, "wrong-type", fmt::format("`{}` is {}, not {}.", path, NodeText(node), wanted), std::move(mend));
  return false;
}

const YamlNode* Fields::Find(std::string_view key) const {
  const YamlNode* value = node_.Find(key);
  return value == nullptr || value->IsNull() ? nullptr : value;
}

const YamlNode* Fields::Require(std::string_view key) {
  const YamlNode* value = Find(key);
  if (value == nullptr && (node_.IsMapping() || node_.IsNull())) {
    notes_.Error(node_, "missing-field", fmt::format("`{}` is missing.", PathOf(key)), fmt::format("Add `{}:`.", key));
  }
  return value;
}

const YamlNode* Fields::FindMapping(std::string_view key) {
  const YamlNode* value = Find(key);
  if (value == nullptr || value->IsMapping()) return value;
  WrongType(*value, PathOf(key), "a mapping");
  return nullptr;
}

const YamlNode* Fields::FindSequence(std::string_view key) {
  const YamlNode* value = Find(key);
  if (value == nullptr || value->IsSequence()) return value;
  WrongType(*value, PathOf(key), "a list");
  return nullptr;
}

bool Fields::Read(std::string_view key, std::string& out) {
  const YamlNode* value = Find(key);
  if (value == nullptr) return false;
  if (!value->IsScalar() || value->AsBool() || value->AsDouble()) return WrongType(*value, PathOf(key), "a text");
  out = value->text;
  return true;
}

bool Fields::Read(std::string_view key, bool& out) {
  const YamlNode* value = Find(key);
  if (value == nullptr) return false;
  const std::optional<bool> read = value->AsBool();
  if (!read) return WrongType(*value, PathOf(key), "true or false");
  out = *read;
  return true;
}

bool Fields::Read(std::string_view key, int& out, Range range) {
  const YamlNode* value = Find(key);
  if (value == nullptr) return false;
  const std::optional<std::int64_t> read = value->AsInt();
  if (!read) return WrongType(*value, PathOf(key), "a whole number");
  if (*read < range.low || *read > range.high) {
    notes_.Error(*value, "out-of-range", fmt::format("`{}` is {}.", PathOf(key), *read),
                 fmt::format("It must be between {} and {}.", range.low, range.high));
    return false;
  }
  out = static_cast<int>(*read);
  return true;
}

bool Fields::Read(std::string_view key, std::map<std::string, std::string>& out) {
  const YamlNode* value = FindMapping(key);
  if (value == nullptr) return false;
  for (const auto& [name, item] : value->members) {
    const bool text = item.IsNull() || (item.IsScalar() && !item.AsBool() && !item.AsDouble());
    if (text) {
      out.emplace(name.text, item.IsNull() ? "" : item.text);
    } else {
      WrongType(item, fmt::format("{}[\"{}\"]", PathOf(key), Shortened(name.text)), "a text");
    }
  }
  return true;
}

bool Fields::Read(std::string_view key, std::vector<std::string>& out) {
  const YamlNode* value = FindSequence(key);
  if (value == nullptr) return false;
  for (std::size_t i = 0; i < value->items.size(); ++i) {
    const YamlNode& item = value->items[i];
    if (item.IsScalar() && !item.AsBool() && !item.AsDouble()) {
      out.push_back(item.text);
    } else {
      WrongType(item, fmt::format("{}[{}]", PathOf(key), i), "a text");
    }
  }
  return true;
}

bool Fields::ReadSeconds(std::string_view key, Duration& out, Range range) {
  int seconds = 0;
  if (!Read(key, seconds, range)) return false;
  out = std::chrono::seconds(seconds);
  return true;
}

bool Fields::ReadSeconds(std::string_view key, std::optional<Duration>& out, Range range) {
  Duration read{};
  if (!ReadSeconds(key, read, range)) return false;
  out = read;
  return true;
}

bool Fields::ReadIntOrText(std::string_view key, std::string& out) {
  const YamlNode* value = Find(key);
  if (value == nullptr) return false;
  const bool fraction = value->AsDouble() && !value->AsInt();
  if (!value->IsScalar() || value->AsBool() || fraction) return WrongType(*value, PathOf(key), "a whole number or a text");
  out = value->text;
  return true;
}

bool Fields::ReadIntOrPercent(std::string_view key, std::optional<IntOrPercent>& out) {
  constexpr int kPercentMax = 100'000;  // More is a slip; less than a number's limit keeps sums exact.
  const YamlNode* value = Find(key);
  if (value == nullptr) return false;
  IntOrPercent read;
  std::string_view digits = value->text;
  read.percent = !value->plain || digits.ends_with('%');
  if (digits.ends_with('%')) digits.remove_suffix(1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), read.value);
  const bool whole = !digits.empty() && error == std::errc() && end == digits.data() + digits.size();
  if (!value->IsScalar() || !whole) return WrongType(*value, PathOf(key), "a whole number or a percentage like \"25%\"");
  if (read.value < 0 || (read.percent && read.value > kPercentMax)) {
    notes_.Error(*value, "out-of-range", fmt::format("`{}` is {}.", PathOf(key), value->text), "It must not be negative.");
    return false;
  }
  out = read;
  return true;
}

void Fields::Each(std::string_view key, const std::function<void(const YamlNode&, const std::string&)>& read) {
  const YamlNode* value = FindSequence(key);
  if (value == nullptr) return;
  for (std::size_t i = 0; i < value->items.size(); ++i) read(value->items[i], fmt::format("{}[{}]", PathOf(key), i));
}

}  // namespace tuesday::manifest
