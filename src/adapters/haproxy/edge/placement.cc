// SPDX-License-Identifier: Apache-2.0
// The part of the configuration that a running HAProxy can be told: servers and map entries.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "adapters/haproxy/edge/config.h"

namespace tuesday::haproxy {
namespace {

std::string AddressText(const Endpoint& endpoint) {
  if (endpoint.host.contains(':')) return fmt::format("[{}]:{}", endpoint.host, endpoint.port);
  return fmt::format("{}:{}", endpoint.host, endpoint.port);
}

std::string HostKey(const IngressRule& rule) {
  std::string host = rule.host.empty() ? "*" : rule.host;
  std::ranges::transform(host, host.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return host;
}

// A prefix is of whole path elements: `/a` leads to `/a` and `/a/b`, not to `/ab`. The request's path gets a slash at its end.
std::string PrefixKey(const IngressRule& rule) {
  std::string path = rule.path;
  while (path.ends_with('/')) path.pop_back();
  return HostKey(rule) + path + "/";
}

// What a rule's map entry names: the rollout, or one slot of it whatever the weight ("default.api+s1").
std::string Destination(const EdgeRollout& rollout, const IngressRule& rule) {
  if (rule.slot < 0) return RolloutKey(rollout.name);
  return fmt::format("{}{}s{}", RolloutKey(rollout.name), kSlotMark, rule.slot);
}

}  // namespace

ServerName ParseServerName(std::string_view name) {
  const std::size_t colon = name.find(':');
  if (colon == std::string_view::npos) return {-1, name};
  ServerName out{-1, name.substr(colon + 1)};
  std::from_chars(name.data(), name.data() + colon, out.slot);
  return out;
}

std::vector<PlacedServer> PlaceServers(const Edge& edge) {
  std::vector<PlacedServer> out;
  for (const EdgeRollout& rollout : edge.rollouts) {
    for (const EdgeSlot& slot : rollout.slots) {
      for (const SlotServer& server : slot.servers) {
        out.push_back(
            {BackendName(rollout.name, slot.slot), server.instance.str(), AddressText(server.endpoint), ServerRole::kOwn});
      }
    }
    const auto stable = std::ranges::find(rollout.slots, rollout.stable_slot, &EdgeSlot::slot);
    if (stable == rollout.slots.end()) continue;
    for (const SlotServer& server : stable->servers) {
      const std::string name = fmt::format("{}:{}", rollout.stable_slot, server.instance.str());
      const std::string address = AddressText(server.endpoint);
      out.push_back({BackendName(rollout.name, rollout.stable_slot), name, address, ServerRole::kLastResort});
      if (rollout.canary_slot == rollout.stable_slot) continue;
      out.push_back({BackendName(rollout.name, rollout.canary_slot), name, address, ServerRole::kBackup});
    }
  }
  return out;
}

std::string ServerParameters(const PlacedServer& server) {
  switch (server.role) {
    case ServerRole::kLastResort: return "backup";
    case ServerRole::kBackup:
      // HAProxy refuses to track a server that was added at run time, so a backup has a check of its own.
      return "backup check inter 500ms rise 1 fall 3 observe layer4 error-limit 1 on-error mark-down";
    case ServerRole::kOwn: break;
  }
  // One refused connection takes a server out at once; one good check brings it back.
  return "check inter 200ms rise 1 fall 3 observe layer4 error-limit 1 on-error mark-down";
}

MapEntries RouteEntries(const Edge& edge) {
  MapEntries out;
  for (const EdgeRollout& rollout : edge.rollouts) {
    out[RolloutKey(rollout.name)] = RouteText(rollout);
    // For every slot: a host that is led from one to another finds both.
    if (std::ranges::none_of(rollout.rules, [](const IngressRule& rule) { return rule.slot >= 0; })) continue;
    for (int slot = 0; slot < rollout::kSlotsMax; ++slot) {
      out[Destination(rollout, {.slot = slot})] = fmt::format("0:{}:{}:0", slot, slot);
    }
  }
  return out;
}

MapEntries ExactEntries(const Edge& edge) {
  MapEntries out;
  for (const EdgeRollout& rollout : edge.rollouts) {
    for (const IngressRule& rule : rollout.rules) {
      if (rule.exact_path) out.emplace(HostKey(rule) + rule.path, Destination(rollout, rule));
    }
  }
  return out;
}

MapEntries PrefixEntries(const Edge& edge) {
  MapEntries out;
  for (const EdgeRollout& rollout : edge.rollouts) {
    for (const IngressRule& rule : rollout.rules) {
      if (!rule.exact_path) out.emplace(PrefixKey(rule), Destination(rollout, rule));
    }
  }
  return out;
}

std::string MapText(const MapEntries& entries) {
  std::string out;
  for (const auto& [key, value] : entries) out += fmt::format("{} {}\n", key, value);
  return out;
}

}  // namespace tuesday::haproxy
