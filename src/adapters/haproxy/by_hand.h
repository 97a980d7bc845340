// SPDX-License-Identifier: Apache-2.0
// Puts a rollout's route back without a daemon: asks the edge's supervisor what is in force and sends it the route before, with
// an epoch that no daemon's own count comes near. The next daemon adopts it (core/rollout/decide/by_hand.h). Blocks.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "adapters/haproxy/edge/edge.h"

namespace tuesday::haproxy {

// Who says it.
struct ByHandOrder {
  RolloutName rollout;
  std::string by;
  std::string reason;  // Empty: none yet.
  std::string at;      // RFC 3339.
};

struct TakenBack {
  enum class Kind {
    kCanary,       // The canary lost its share.
    kPredecessor,  // The version before serves everything again.
    kAlready,      // By hand, before; a reason that came now is noted.
  };
  Kind kind = Kind::kAlready;
  RevisionId from;
  RevisionId to;
};

// The decision, as a change of the route. `up` are the servers that the edge finds up. kConflict: there is nowhere to go back
// to, or nobody there who would answer; nothing is changed then.
Result<TakenBack> TurnBack(EdgeRollout& route, const ByHandOrder& order, const std::set<InstanceId>& up);

// The whole way, over the supervisor of the edge in `folder`, which `supervisor_argv` starts where there is none.
// kUnavailable: the edge does not answer, or does not know itself any more. kNotFound: it has no such rollout.
Result<TakenBack> TakeBackByHand(const std::string& folder, const std::vector<std::string>& supervisor_argv,
                                 const ByHandOrder& order);

}  // namespace tuesday::haproxy
