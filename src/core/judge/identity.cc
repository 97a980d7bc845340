// SPDX-License-Identifier: Apache-2.0
// A group's identity is a digest of everything that decides what it says.
#include <utility>

#include "base/digest.h"
#include "base/json.h"
#include "core/judge/attempt_case.h"

namespace tuesday::judge {
namespace {

Json TextsJson(const std::map<std::string, std::string>& texts) {
  Json::Object object;
  for (const auto& [name, value] : texts) object.emplace(name, value);
  return Json(std::move(object));
}

Json RuleJson(const rules::Rule& rule) {
  return Json(Json::Object{{"kind", Json(rule.kind == rules::RuleKind::kAlert ? "alert" : "record")},
                           {"name", Json(rule.name)},
                           {"expr", Json(rule.expr_text)},
                           {"for", Json(static_cast<std::int64_t>(rule.hold.count()))},
                           {"keep_firing_for", Json(static_cast<std::int64_t>(rule.keep_firing_for.count()))},
                           {"labels", TextsJson(rule.labels)},
                           {"annotations", TextsJson(rule.annotations)}});
}

std::string IdentityOf(const rules::Group& group, rules::ObjectAsks asks) {
  Json::Array rules;
  for (const rules::Rule& rule : group.rules) rules.push_back(RuleJson(rule));
  const Json json(
      Json::Object{{"name", Json(group.name)},
                   {"interval", Json(static_cast<std::int64_t>(group.interval.value_or(rules::kDefaultInterval).count()))},
                   {"query_offset", Json(static_cast<std::int64_t>(group.query_offset.count()))},
                   {"limit", Json(static_cast<std::int64_t>(group.limit))},
                   {"asks", Json(asks == rules::ObjectAsks::kYes)},
                   {"rules", Json(std::move(rules))}});
  return Sha256Hex(CanonicalJson(json));
}

}  // namespace

RuleGroup MakeRuleGroup(rules::Group group, rules::ObjectAsks asks) {
  RuleGroup made;
  made.asks = asks;
  made.identity = IdentityOf(group, asks);
  for (std::size_t i = 0; i < group.rules.size(); ++i) made.reads_restarts.push_back(rules::ReadsRestarts(group, i));
  made.group = std::move(group);
  return made;
}

}  // namespace tuesday::judge
