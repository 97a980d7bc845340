// SPDX-License-Identifier: Apache-2.0
#include "core/lint/baseline.h"

#include <fmt/format.h>

#include "base/json.h"

namespace tuesday::lint {
namespace {

constexpr int kListDepthMax = 8;
constexpr int kFormat = 1;

std::string TextAt(const YamlNode& node, std::string_view key) {
  const YamlNode* found = node.Find(key);
  return found == nullptr ? std::string() : found->text;
}

}  // namespace

FindingPlaces::FindingPlaces(std::string_view text, std::string_view file, std::string_view ns) : file_(file), ns_(ns) {
  const Result<std::vector<YamlNode>> documents = ParseYamlStream(text, file);
  if (!documents.has_value()) return;
  for (const YamlNode& document : *documents) WalkDocument(document, 0);
}

void FindingPlaces::WalkDocument(const YamlNode& node, int depth) {
  const YamlNode* items = node.Find("items");
  if (TextAt(node, "kind") == "List" && items != nullptr && depth < kListDepthMax) {
    for (const YamlNode& item : items->items) WalkDocument(item, depth + 1);
    return;
  }
  const YamlNode* metadata = node.Find("metadata");
  const std::string name = metadata == nullptr ? std::string() : TextAt(*metadata, "name");
  const std::string ns = metadata == nullptr ? std::string() : TextAt(*metadata, "namespace");
  Walk(node, {name.empty() ? file_ : fmt::format("{} {}/{}", TextAt(node, "kind"), ns.empty() ? ns_ : ns, name), ""});
}

void FindingPlaces::Walk(const YamlNode& node, const Place& place) {
  // The first of several at one place is the outermost: a list's entry and its first key begin together.
  places_.try_emplace({node.line, node.column}, place);
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const std::string name = TextAt(node.items[i], "name");
    Walk(node.items[i], {place.object, fmt::format("{}[{}]", place.path, name.empty() ? std::to_string(i) : name)});
  }
  for (const YamlMember& member : node.members) {
    const Place inner{place.object, place.path.empty() ? member.first.text : place.path + "." + member.first.text};
    places_.try_emplace({member.first.line, member.first.column}, inner);
    Walk(member.second, inner);
  }
}

FindingKey FindingPlaces::KeyOf(const Finding& finding) const {
  const auto found = places_.find({finding.at.line, finding.at.column});
  if (found == places_.end()) return {finding.rule, file_, ""};
  return {finding.rule, found->second.object, found->second.path};
}

std::string BaselineText(const Baseline& baseline) {
  Json::Array entries;
  for (const auto& [key, count] : baseline) {
    Json::Object entry{{"rule", key.rule}, {"object", key.object}, {"path", key.path}};
    if (count != 1) entry["count"] = count;
    entries.emplace_back(std::move(entry));
  }
  return PrettyJson(Json(Json::Object{{"format", kFormat}, {"findings", std::move(entries)}})) + "\n";
}

Result<Baseline> ReadBaseline(std::string_view text) {
  TRY(const Json json, ParseJson(text));
  if (json.At("format").IntOr(0) != kFormat || json.At("findings").as_array() == nullptr) {
    return Fail(ErrorCode::kInvalid, "This is no baseline.",
                "Write one with `tuesday check --write-baseline --baseline FILE`.");
  }
  Baseline baseline;
  for (const Json& entry : *json.At("findings").as_array()) {
    const FindingKey key{entry.At("rule").StringOr(""), entry.At("object").StringOr(""), entry.At("path").StringOr("")};
    baseline[key] += static_cast<int>(entry.At("count").IntOr(1));
  }
  return baseline;
}

bool TakeKnown(Baseline& baseline, const FindingKey& key) {
  const auto found = baseline.find(key);
  if (found == baseline.end()) return false;
  if (--found->second <= 0) baseline.erase(found);
  return true;
}

}  // namespace tuesday::lint
