// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "adapters/haproxy/edge/edge.h"

namespace tuesday::haproxy {
namespace {

constexpr std::int64_t kPortMax = 65535;
constexpr std::int64_t kPermilleMax = 1000;

const Json::Array& ArrayOf(const Json& json) {
  static const Json::Array kNone;
  return json.as_array() != nullptr ? *json.as_array() : kNone;
}

// Out of range becomes -1, which CheckEdge refuses.
int SlotOf(const Json& json) {
  const std::int64_t slot = json.IntOr(-1);
  return slot >= 0 && slot < rollout::kSlotsMax ? static_cast<int>(slot) : -1;
}

std::uint16_t PortOf(const Json& json) {
  const std::int64_t port = json.IntOr(0);
  return port > 0 && port <= kPortMax ? static_cast<std::uint16_t>(port) : std::uint16_t{0};
}

Json SlotsJson(const EdgeRollout& rollout) {
  Json::Array slots;
  for (const EdgeSlot& slot : rollout.slots) {
    Json::Array servers;
    for (const SlotServer& server : slot.servers) {
      servers.push_back(Json::Object{
          {"host", server.endpoint.host}, {"instance", server.instance.str()}, {"port", std::int64_t{server.endpoint.port}}});
    }
    slots.push_back(Json::Object{{"revision", slot.revision.str()}, {"servers", std::move(servers)}, {"slot", slot.slot}});
  }
  return slots;
}

Json ByHandJson(const rollout::ByHand& said) {
  return Json::Object{
      {"at", said.at}, {"by", said.by}, {"from", said.from.str()}, {"reason", said.reason}, {"to", said.to.str()}};
}

rollout::ByHand ParseByHand(const Json& json) {
  return {RevisionId(json.At("from").StringOr("")), RevisionId(json.At("to").StringOr("")), json.At("by").StringOr(""),
          json.At("reason").StringOr(""), json.At("at").StringOr("")};
}

Json RolloutJson(const EdgeRollout& rollout) {
  Json::Array rules;
  for (const IngressRule& rule : rollout.rules) {
    Json::Object written{{"exact", rule.exact_path}, {"host", rule.host}, {"path", rule.path}};
    if (rule.slot >= 0) written.emplace("slot", rule.slot);
    rules.push_back(std::move(written));
  }
  Json::Array tls;
  for (const TlsRule& rule : rollout.tls) {
    Json::Array hosts;
    for (const std::string& host : rule.hosts) hosts.push_back(host);
    tls.push_back(Json::Object{{"hosts", std::move(hosts)}, {"pem", rule.certificate_pem}});
  }
  Json::Object out{{"canary", rollout.canary_slot},
                   {"check", rollout.check.http_path},
                   {"epoch", static_cast<std::int64_t>(rollout.epoch.value)},
                   {"name", rollout.name.name},
                   {"namespace", rollout.name.ns.str()},
                   {"rules", std::move(rules)},
                   {"slots", SlotsJson(rollout)},
                   {"stable", rollout.stable_slot},
                   {"sticky", rollout.sticky},
                   {"tls", std::move(tls)},
                   {"weight", rollout.weight.permille()}};
  // Written only where they say something: a supervisor of an older version stays with what it knows.
  if (rollout.back_slot >= 0) out.emplace("back", rollout.back_slot);
  if (rollout.by_hand) out.emplace("by_hand", ByHandJson(*rollout.by_hand));
  return out;
}

Result<EdgeRollout> ParseRollout(const Json& json) {
  EdgeRollout out;
  out.name = {Namespace(json.At("namespace").StringOr("")), json.At("name").StringOr("")};
  const std::int64_t epoch = json.At("epoch").IntOr(-1);
  const std::int64_t weight = json.At("weight").IntOr(-1);
  if (epoch < 0 || weight < 0 || weight > kPermilleMax) {
    return Fail(ErrorCode::kInvalid, fmt::format("The route of rollout {} has no epoch or a wrong weight.", out.name.Text()));
  }
  out.epoch = Epoch{static_cast<std::uint64_t>(epoch)};
  out.weight = Weight::Permille(static_cast<int>(weight));
  out.stable_slot = SlotOf(json.At("stable"));
  out.canary_slot = SlotOf(json.At("canary"));
  out.check.http_path = json.At("check").StringOr("");
  out.sticky = json.At("sticky").BoolOr(false);
  out.back_slot = SlotOf(json.At("back"));
  if (json.At("by_hand").as_object() != nullptr) out.by_hand = ParseByHand(json.At("by_hand"));
  for (const Json& rule : ArrayOf(json.At("rules"))) {
    out.rules.push_back({rule.At("host").StringOr(""), rule.At("path").StringOr(""), rule.At("exact").BoolOr(false),
                         rule.At("slot").is_null() ? -1 : SlotOf(rule.At("slot"))});
    if (!rule.At("slot").is_null() && out.rules.back().slot < 0)
      return Fail(ErrorCode::kCorrupt, "A rule of the edge names a slot that there cannot be.");
  }
  for (const Json& rule : ArrayOf(json.At("tls"))) {
    TlsRule tls{{}, rule.At("pem").StringOr("")};
    for (const Json& host : ArrayOf(rule.At("hosts"))) tls.hosts.push_back(host.StringOr(""));
    out.tls.push_back(std::move(tls));
  }
  for (const Json& slot : ArrayOf(json.At("slots"))) {
    EdgeSlot use{SlotOf(slot.At("slot")), RevisionId(slot.At("revision").StringOr("")), {}};
    for (const Json& server : ArrayOf(slot.At("servers"))) {
      use.servers.push_back({InstanceId(server.At("instance").StringOr("")),
                             Endpoint{server.At("host").StringOr(""), PortOf(server.At("port"))}});
    }
    out.slots.push_back(std::move(use));
  }
  return out;
}

}  // namespace

Json EdgeJson(const Edge& edge) {
  Json::Array listeners;
  for (const Listener& listener : edge.listeners) {
    listeners.push_back(Json::Object{
        {"host", listener.host}, {"port", std::int64_t{listener.port}}, {"tls", listener.kind == ListenerKind::kTls}});
  }
  Json::Array rollouts;
  for (const EdgeRollout& rollout : edge.rollouts) rollouts.push_back(RolloutJson(rollout));
  return Json::Object{{"listeners", std::move(listeners)}, {"log_socket", edge.log_socket}, {"rollouts", std::move(rollouts)}};
}

Result<Edge> ParseEdge(const Json& json) {
  if (json.At("listeners").as_array() == nullptr || json.At("rollouts").as_array() == nullptr) {
    return Fail(ErrorCode::kInvalid, "The edge has no `listeners` or no `rollouts`.");
  }
  Edge edge;
  edge.log_socket = json.At("log_socket").StringOr("");
  for (const Json& listener : ArrayOf(json.At("listeners"))) {
    edge.listeners.push_back({listener.At("host").StringOr(""), PortOf(listener.At("port")),
                              listener.At("tls").BoolOr(false) ? ListenerKind::kTls : ListenerKind::kHttp});
  }
  for (const Json& rollout : ArrayOf(json.At("rollouts"))) {
    TRY(EdgeRollout parsed, ParseRollout(rollout));
    edge.rollouts.push_back(std::move(parsed));
  }
  TRY_OK(CheckEdge(edge));
  return edge;
}

}  // namespace tuesday::haproxy
