// SPDX-License-Identifier: Apache-2.0
// SARIF 2.1.0 (OASIS, 3.x): one run, the rules that were broken, one result a finding.
#include <algorithm>
#include <set>

#include "app/cli/lint/check_files.h"
#include "base/json.h"
#include "core/lint/rule_table.h"

namespace tuesday::cli {
namespace {

constexpr const char* kVersion = "0.1.0";

// A relative reference (RFC 3986, 4.2): bytes that it may not have are escaped.
std::string UriOf(const std::string& path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "-._~/!$&'()*+,;=@";
  std::string uri;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || kPlain.find(c) != std::string_view::npos;
    uri += plain ? std::string(1, c) : std::string{'%', kHex[byte >> 4], kHex[byte & 15]};
  }
  return path.starts_with('/') ? "file://" + uri : uri;
}

Json TextJson(std::string_view text) { return Json(Json::Object{{"text", text}}); }

Json RuleJson(const std::string& name) {
  Json::Object rule{{"id", name}};
  const lint::RuleText* text = lint::FindRule(name);
  if (text != nullptr) {
    rule["shortDescription"] = TextJson(text->sentence);
    if (!text->why.empty()) rule["fullDescription"] = TextJson(text->why);
    if (!text->mend.empty()) rule["help"] = TextJson(text->mend);
    rule["defaultConfiguration"] = Json(Json::Object{{"level", SeverityName(text->severity)}});
    rule["properties"] = Json(Json::Object{{"tags", Json::Array{lint::RuleGroupName(text->group)}}});
  }
  return Json(std::move(rule));
}

}  // namespace

std::string SarifText(const std::vector<Finding>& findings) {
  std::set<std::string> names;
  for (const Finding& finding : findings) names.insert(finding.rule);
  Json::Array rules;
  for (const std::string& name : names) rules.push_back(RuleJson(name));
  Json::Array results;
  for (const Finding& finding : findings) {
    const Json region(
        Json::Object{{"startLine", std::max(1, finding.at.line)}, {"startColumn", std::max(1, finding.at.column)}});
    const Json artifact(Json::Object{{"uri", UriOf(finding.at.file)}});
    const Json location(Json::Object{{"physicalLocation", Json::Object{{"artifactLocation", artifact}, {"region", region}}}});
    results.emplace_back(
        Json::Object{{"ruleId", finding.rule},
                     {"ruleIndex", static_cast<int>(std::distance(names.begin(), names.find(finding.rule)))},
                     {"level", SeverityName(finding.severity)},
                     {"message", TextJson(finding.mend.empty() ? finding.message : finding.message + " " + finding.mend)},
                     {"locations", Json::Array{location}}});
  }
  const Json driver(Json::Object{{"name", "tuesday"}, {"version", kVersion}, {"rules", std::move(rules)}});
  const Json run(Json::Object{{"tool", Json::Object{{"driver", driver}}}, {"results", std::move(results)}});
  return PrettyJson(Json(Json::Object{
      {"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"version", "2.1.0"}, {"runs", Json::Array{run}}}));
}

}  // namespace tuesday::cli
