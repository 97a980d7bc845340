// SPDX-License-Identifier: Apache-2.0
#include "adapters/haproxy/edge/edge.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

namespace tuesday::haproxy {
namespace {

bool IsWord(std::string_view text, std::string_view more) {
  return !text.empty() && text.size() <= kNameBytesMax && std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || more.contains(c);
  });
}

Result<void> CheckRule(const EdgeRollout& rollout, const IngressRule& rule) {
  if (!rule.host.empty() && !IsWord(rule.host, "-.*")) {
    return Fail(ErrorCode::kInvalid,
                fmt::format("The host `{}` of rollout {} is no host name.", rule.host, rollout.name.Text()));
  }
  const bool clean =
      std::ranges::all_of(rule.path, [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '#' && c != '?'; });
  if (!rule.path.starts_with('/') || !clean || rule.path.size() > kNameBytesMax) {
    return Fail(ErrorCode::kInvalid, fmt::format("The path `{}` of rollout {} is no path.", rule.path, rollout.name.Text()),
                "A path begins with `/` and has no blank, `#` or `?`.");
  }
  return {};
}

Result<void> CheckSlots(const EdgeRollout& rollout) {
  std::set<int> seen;
  for (const EdgeSlot& slot : rollout.slots) {
    if (slot.slot < 0 || slot.slot >= rollout::kSlotsMax || !seen.insert(slot.slot).second) {
      return Fail(ErrorCode::kInvalid, fmt::format("Rollout {} has a wrong slot {}.", rollout.name.Text(), slot.slot));
    }
    if (slot.servers.size() > kServersMax) {
      return Fail(ErrorCode::kLimit, fmt::format("Slot {} of rollout {} has {} servers; {} are the most.", slot.slot,
                                                 rollout.name.Text(), slot.servers.size(), kServersMax));
    }
    for (const SlotServer& server : slot.servers) {
      // Hosts are numeric: a name would make HAProxy ask a resolver while it starts.
      if (!IsWord(server.instance.str(), "-_.") || !IsWord(server.endpoint.host, ".:") || server.endpoint.port == 0) {
        return Fail(ErrorCode::kInvalid,
                    fmt::format("The server `{}` at `{}:{}` of rollout {} is not one.", server.instance.str(),
                                server.endpoint.host, server.endpoint.port, rollout.name.Text()));
      }
    }
  }
  const auto in_range = [](int slot) { return slot >= 0 && slot < rollout::kSlotsMax; };
  if (!in_range(rollout.stable_slot) || !in_range(rollout.canary_slot) || rollout.back_slot >= rollout::kSlotsMax) {
    return Fail(ErrorCode::kInvalid,
                fmt::format("The route of rollout {} names a slot that is not there.", rollout.name.Text()));
  }
  return {};
}

Result<void> CheckRollout(const EdgeRollout& rollout) {
  if (!IsWord(rollout.name.ns.str(), "-") || !IsWord(rollout.name.name, "-.")) {
    return Fail(ErrorCode::kInvalid, fmt::format("The rollout's name `{}` cannot be a backend's name.", rollout.name.Text()));
  }
  if (rollout.rules.size() > kRulesMax) {
    return Fail(ErrorCode::kLimit, fmt::format("Rollout {} has {} hosts and paths; {} are the most.", rollout.name.Text(),
                                               rollout.rules.size(), kRulesMax));
  }
  for (const IngressRule& rule : rollout.rules) {
    TRY_OK(CheckRule(rollout, rule));
    if (rule.slot < -1 || rule.slot >= rollout::kSlotsMax) {
      return Fail(ErrorCode::kInvalid,
                  fmt::format("A host of rollout {} names a slot that is not there.", rollout.name.Text()));
    }
  }
  for (const TlsRule& rule : rollout.tls) {
    for (const std::string& host : rule.hosts) TRY_OK(CheckRule(rollout, IngressRule{host, "/", false}));
  }
  if (!rollout.check.http_path.empty()) TRY_OK(CheckRule(rollout, IngressRule{"", rollout.check.http_path, false}));
  return CheckSlots(rollout);
}

}  // namespace

Result<EdgeRollout> RolloutOf(const RouteSpec& spec) {
  EdgeRollout out{.name = spec.rollout,
                  .epoch = spec.route.epoch,
                  .stable_slot = spec.route.stable_slot,
                  .canary_slot = spec.route.canary_slot,
                  .weight = spec.route.weight,
                  .slots = {},
                  .rules = spec.rules,
                  .tls = {},
                  .check = spec.check,
                  .sticky = spec.sticky,
                  .back_slot = spec.back_slot};
  // Neither a host nor a certificate: what the edge offers by default does.
  std::ranges::copy_if(spec.tls, std::back_inserter(out.tls),
                       [](const TlsRule& rule) { return !rule.hosts.empty() || !rule.certificate_pem.empty(); });
  for (const rollout::SlotUse& use : spec.route.slots) {
    EdgeSlot slot{use.slot, use.revision, {}};
    for (const InstanceId& instance : use.instances) {
      const auto endpoint = spec.endpoints.find(instance);
      if (endpoint == spec.endpoints.end()) {
        return Fail(ErrorCode::kInvalid, fmt::format("Slot {} of rollout {} names the instance {}, which has no endpoint.",
                                                     use.slot, spec.rollout.Text(), instance.str()));
      }
      slot.servers.push_back({instance, endpoint->second});
    }
    std::ranges::sort(slot.servers, {}, &SlotServer::instance);
    out.slots.push_back(std::move(slot));
  }
  std::ranges::sort(out.slots, {}, &EdgeSlot::slot);
  return out;
}

rollout::Route RouteOf(const EdgeRollout& rollout) {
  rollout::Route route{rollout.epoch, rollout.stable_slot, rollout.canary_slot, rollout.weight, {}};
  for (const EdgeSlot& slot : rollout.slots) {
    rollout::SlotUse use{slot.slot, slot.revision, {}};
    for (const SlotServer& server : slot.servers) use.instances.push_back(server.instance);
    route.slots.push_back(std::move(use));
  }
  return route;
}

std::string RolloutKey(const RolloutName& name) { return name.ns.str() + "." + name.name; }

RolloutName RolloutOfKey(std::string_view key) {
  const std::size_t dot = key.find('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == key.size()) return {};
  return {Namespace(std::string(key.substr(0, dot))), std::string(key.substr(dot + 1))};
}

std::string BackendName(const RolloutName& name, int slot) { return fmt::format("{}.s{}", RolloutKey(name), slot); }

std::string RouteText(const EdgeRollout& rollout) {
  return fmt::format("{}:{}:{}:{}{}", rollout.epoch.value, rollout.stable_slot, rollout.canary_slot, rollout.weight.permille(),
                     rollout.sticky ? ":sticky" : "");
}

Result<void> CheckEdge(const Edge& edge) {
  if (edge.listeners.size() > kListenersMax || edge.rollouts.size() > kRolloutsMax) {
    return Fail(ErrorCode::kLimit,
                fmt::format("The edge takes {} listeners and {} rollouts at most.", kListenersMax, kRolloutsMax));
  }
  for (const Listener& listener : edge.listeners) {
    if (!IsWord(listener.host, ".:") || listener.port == 0) {
      return Fail(ErrorCode::kInvalid, fmt::format("The edge cannot listen on `{}:{}`.", listener.host, listener.port),
                  "Give a numeric address and a port.");
    }
  }
  const bool plain = std::ranges::all_of(edge.log_socket, [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '#'; });
  if (!plain) return Fail(ErrorCode::kInvalid, fmt::format("The log socket `{}` has a blank in its path.", edge.log_socket));
  std::set<RolloutName> seen;
  for (const EdgeRollout& rollout : edge.rollouts) {
    if (!seen.insert(rollout.name).second) {
      return Fail(ErrorCode::kInvalid, fmt::format("Rollout {} is there twice.", rollout.name.Text()));
    }
    TRY_OK(CheckRollout(rollout));
  }
  return {};
}

}  // namespace tuesday::haproxy
