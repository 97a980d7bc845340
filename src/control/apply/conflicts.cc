// SPDX-License-Identifier: Apache-2.0
#include "control/apply/conflicts.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "control/apply/resolve.h"

namespace tuesday::control {

namespace {

// What the edge tells apart: the host without its case, and of a prefix its path elements.
using RouteKey = std::tuple<std::string, std::string, bool>;

RouteKey KeyOf(const state::Exposure::Rule& rule) {
  std::string host = rule.host;
  std::ranges::transform(host, host.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  std::string path = rule.path;
  while (!rule.exact_path && path.ends_with('/')) path.pop_back();
  if (!rule.exact_path) path += "/";
  return {std::move(host), std::move(path), rule.exact_path};
}

std::set<RouteKey> KeysOf(const state::Exposure& exposure) {
  std::set<RouteKey> keys;
  for (const state::Exposure::Rule& rule : exposure.rules) keys.insert(KeyOf(rule));
  return keys;
}

struct Claim {
  RolloutName rollout;
  state::Exposure::Rule rule;
  bool is_new = false;  // This apply brings it.
  SourcePos at;
};

// Where an Ingress as given says `rule`; the object itself when that cannot be told.
SourcePos PosOfRule(const manifest::Object& ingress, const state::Exposure::Rule& rule) {
  const YamlNode* spec = ingress.raw == nullptr ? nullptr : ingress.raw->Find("spec");
  const YamlNode* rules = spec == nullptr ? nullptr : spec->Find("rules");
  for (const YamlNode& item : rules == nullptr ? std::vector<YamlNode>{} : rules->items) {
    const YamlNode* host = item.Find("host");
    if ((host == nullptr ? "" : host->text) != rule.host) continue;
    const YamlNode* http = item.Find("http");
    const YamlNode* paths = http == nullptr ? nullptr : http->Find("paths");
    for (const YamlNode& path : paths == nullptr ? std::vector<YamlNode>{} : paths->items) {
      const YamlNode* text = path.Find("path");
      if ((text == nullptr ? "/" : text->text) == rule.path) return {ingress.at.file, path.line, path.column};
    }
  }
  return ingress.at;
}

class Places {
 public:
  Places(const std::vector<manifest::Object>& given, const Namespace& ns) : given_(given), ns_(ns) {}

  // The given Ingress that says it, else the given Rollout, else whatever is given.
  SourcePos Of(const RolloutName& rollout, const std::string& service, const state::Exposure::Rule& rule) const {
    SourcePos at = given_.empty() ? SourcePos{} : given_.front().at;
    for (const manifest::Object& object : given_) {
      const ObjectName name = FullName(object, ns_);
      if (name.ns != rollout.ns) continue;
      if (name.kind == "Rollout" && name.name == rollout.name) at = object.at;
      const auto* ingress = std::get_if<manifest::Ingress>(&object.body);
      if (ingress != nullptr && std::ranges::any_of(ingress->paths, [&](const manifest::IngressPath& path) {
            return path.service == service && path.host == rule.host && path.path == rule.path && path.exact == rule.exact_path;
          })) {
        return PosOfRule(object, rule);
      }
    }
    return at;
  }

 private:
  const std::vector<manifest::Object>& given_;
  const Namespace& ns_;
};

std::string Words(const state::Exposure::Rule& rule) {
  return (rule.host.empty() ? "Every host" : "Host " + rule.host) + (rule.exact_path ? ", exact path " : ", path ") + rule.path;
}

void Refuse(const std::vector<Claim>& claims, std::vector<Finding>& findings) {
  // Who has it keeps it; of those that are new, the one that stands first.
  const Claim* keeper = &claims.front();
  for (const Claim& claim : claims) {
    if (std::tuple(claim.is_new, claim.at) < std::tuple(keeper->is_new, keeper->at)) keeper = &claim;
  }
  for (const Claim& claim : claims) {
    if (&claim == keeper || !claim.is_new) continue;
    findings.push_back({claim.at, Severity::kError, "route-conflict",
                        Words(claim.rule) + " of the rollout " + claim.rollout.Text() +
                            (keeper->is_new ? " is also given to the rollout " : " leads to the rollout ") +
                            keeper->rollout.Text() + (keeper->is_new ? "." : " already."),
                        "Give one of them another host or path."});
  }
}

}  // namespace

std::vector<Finding> RouteConflicts(const TypedObjects& typed, const std::vector<manifest::Object>& given, const Namespace& ns,
                                    const std::map<RolloutName, state::RolloutRecord>& rollouts) {
  const Places places(given, ns);
  std::map<RouteKey, std::vector<Claim>> claims;
  for (const auto& [name, object] : typed) {
    const auto* rollout = std::get_if<manifest::Rollout>(&object.body);
    if (rollout == nullptr) continue;
    const RolloutName owner{name.ns, name.name};
    const auto known = rollouts.find(owner);
    const std::set<RouteKey> had = known == rollouts.end() ? std::set<RouteKey>{} : KeysOf(known->second.exposure);
    const state::Exposure exposure = ResolveExposure(owner, *rollout, typed);
    std::set<RouteKey> seen;
    for (const state::Exposure::Rule& rule : exposure.rules) {
      const RouteKey key = KeyOf(rule);
      if (!seen.insert(key).second) continue;
      claims[key].push_back({owner, rule, !had.contains(key), places.Of(owner, exposure.stable_service, rule)});
    }
  }
  std::vector<Finding> findings;
  for (const auto& [key, owners] : claims) {
    if (owners.size() > 1) Refuse(owners, findings);
  }
  std::ranges::sort(findings, {}, &Finding::at);
  return findings;
}

}  // namespace tuesday::control
