// SPDX-License-Identifier: Apache-2.0
// Splits traffic between the revisions of rollouts. Owns nothing: the routes are on disk and in the data plane, and survive us.
// May block; called on the effect runner's pool. A newer epoch supersedes a call that is under way.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "core/rollout/world.h"

namespace tuesday {

// One host and path prefix of the Ingress that leads to this rollout. An empty host matches every host.
struct IngressRule {
  std::string host;
  std::string path = "/";
  bool exact_path = false;
  int slot = -1;  // Requests of this rule go to this slot whatever the weight; -1: by the route.
  friend bool operator==(const IngressRule&, const IngressRule&) = default;
};

struct TlsRule {
  std::vector<std::string> hosts;
  std::string certificate_pem;  // Certificate and key; empty: self-signed, made and kept by the edge.
  friend bool operator==(const TlsRule&, const TlsRule&) = default;
};

struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// How the edge asks an instance whether it takes requests. Empty path: a TCP connect.
struct EdgeCheck {
  std::string http_path;
  friend bool operator==(const EdgeCheck&, const EdgeCheck&) = default;
};

// Everything that the edge must know of one rollout. The route's epoch orders calls: older ones fail with kStale.
struct RouteSpec {
  RolloutName rollout;
  rollout::Route route;
  std::vector<IngressRule> rules;
  std::vector<TlsRule> tls;
  std::map<InstanceId, Endpoint> endpoints;  // Of every instance that the route's slots name.
  EdgeCheck check;
  bool sticky = false;  // Annotation tuesday/sticky: a client keeps its side by a cookie.
  int back_slot = -1;   // Where a rollback by hand goes when there is no canary: the predecessor's slot; -1: nowhere.
  friend bool operator==(const RouteSpec&, const RouteSpec&) = default;
};

// What one server at the edge has been seen to do. Counters are since the edge's process began.
struct ServerSeen {
  InstanceId instance;
  int slot = 0;
  bool up = false;
  std::int64_t open = 0;  // Requests inside it now.
  std::int64_t queued = 0;
  std::int64_t total = 0;
};

struct EdgeSeen {
  std::map<RolloutName, rollout::RouteSeen> routes;
  std::map<RolloutName, std::vector<ServerSeen>> servers;
  std::int64_t process = 0;  // Pid of the worker that answered: counters belong to it.
};

class TrafficRouter {
 public:
  virtual ~TrafficRouter() = default;

  // Makes `spec` the route of its rollout and returns the epoch read back from the data plane. Asking twice for one epoch
  // is harmless; an older epoch than the one in force fails with kStale and changes nothing.
  virtual Result<Epoch> SetRoute(const RouteSpec& spec) = 0;

  // The rollout is gone: no request reaches it any more.
  virtual Result<void> RemoveRoute(const RolloutName& rollout) = 0;

  // Reads back what the data plane does now, for all rollouts.
  virtual Result<EdgeSeen> Observe() = 0;
};

}  // namespace tuesday
