// SPDX-License-Identifier: Apache-2.0
// The whole edge as one value: what HAProxy shall listen on, where each host and path leads, and every rollout's route.
// One supervisor receives it, one pure function renders it, and it is the file that a cold start loads
// (docs/formats/edge.md). Values only: no IO, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/json.h"
#include "base/result.h"
#include "core/rollout/spec.h"
#include "ports/traffic_router.h"

namespace tuesday::haproxy {

enum class ListenerKind { kHttp, kTls };

// An address that the edge accepts connections on. Numeric addresses only.
struct Listener {
  std::string host;
  std::uint16_t port = 0;
  ListenerKind kind = ListenerKind::kHttp;
  friend auto operator<=>(const Listener&, const Listener&) = default;
};

struct SlotServer {
  InstanceId instance;
  Endpoint endpoint;
  friend bool operator==(const SlotServer&, const SlotServer&) = default;
};

struct EdgeSlot {
  int slot = 0;
  RevisionId revision;              // Kept so that a read-back can name it.
  std::vector<SlotServer> servers;  // Sorted by instance.
  friend bool operator==(const EdgeSlot&, const EdgeSlot&) = default;
};

// One rollout at the edge. `canary_slot` equals `stable_slot` when there is no canary.
struct EdgeRollout {
  RolloutName name;
  Epoch epoch;
  int stable_slot = 0;
  int canary_slot = 0;
  Weight weight;
  std::vector<EdgeSlot> slots;  // Sorted by slot.
  std::vector<IngressRule> rules;
  std::vector<TlsRule> tls;
  EdgeCheck check;
  bool sticky = false;
  int back_slot = -1;                                     // Of the predecessor that stands by; -1: none does.
  std::optional<rollout::ByHand> by_hand = std::nullopt;  // This route is somebody's, not the daemon's.
  friend bool operator==(const EdgeRollout&, const EdgeRollout&) = default;
};

struct Edge {
  std::vector<Listener> listeners;    // Sorted.
  std::vector<EdgeRollout> rollouts;  // Sorted by name.
  std::string log_socket;             // Unix stream socket of the feed; empty: no log.
  friend bool operator==(const Edge&, const Edge&) = default;
};

constexpr int kListenersMax = 8;
constexpr int kRolloutsMax = 1000;
constexpr int kRulesMax = 64;  // Of one rollout.
constexpr int kServersMax = rollout::kReplicasMax;
constexpr std::size_t kEdgeBytesMax = 8 << 20;
constexpr std::size_t kNameBytesMax = 253;

// The edge's part of one rollout's route. Fails with kInvalid when a slot names an instance without an endpoint.
Result<EdgeRollout> RolloutOf(const RouteSpec& spec);

// What the machine is told when `rollout` is in force.
rollout::Route RouteOf(const EdgeRollout& rollout);

// "namespace.name": the rollout's key in the maps, the beginning of its backends and what its log lines carry.
std::string RolloutKey(const RolloutName& name);

// The inverse; a namespace holds no dot. An empty name for text that is no key.
RolloutName RolloutOfKey(std::string_view key);

// The name of one slot's backend: "namespace.name.s3".
std::string BackendName(const RolloutName& name, int slot);

// The one map entry that is the whole route: "EPOCH:STABLE:CANARY:WEIGHT", with ":sticky" when clients keep their side.
std::string RouteText(const EdgeRollout& rollout);

// Refuses names, hosts and paths that would not be one word of HAProxy's configuration, and what is over a limit.
Result<void> CheckEdge(const Edge& edge);

Json EdgeJson(const Edge& edge);

// Reads what EdgeJson wrote and checks it.
Result<Edge> ParseEdge(const Json& json);

}  // namespace tuesday::haproxy
