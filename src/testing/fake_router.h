// SPDX-License-Identifier: Apache-2.0
// An edge in memory: keeps the newest route of each rollout and says what it does. Calls can fail, or be done and their
// acknowledgement be lost.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ports/traffic_router.h"

namespace tuesday::testing {

class FakeRouter : public TrafficRouter {
 public:
  // `is_up` is what the edge's own health check would find.
  explicit FakeRouter(std::function<bool(const InstanceId&)> is_up) : is_up_(std::move(is_up)) {}

  Result<Epoch> SetRoute(const RouteSpec& spec) override;
  Result<void> RemoveRoute(const RolloutName& rollout) override;
  Result<EdgeSeen> Observe() override;

  void FailCalls(std::optional<Error> error) { error_ = std::move(error); }
  void LoseNextAcknowledgement() { lose_next_ = true; }
  // The data plane started again with nothing on its disk.
  void Forget() { routes_.clear(); }
  // Somebody puts everything back to the revision `said.to` while no daemon is there.
  void PutBackByHand(const RolloutName& rollout, const rollout::ByHand& said);

  void ForgetHistory() { history_.clear(); }

  const RouteSpec* Find(const RolloutName& rollout) const;
  // Every route that has been in force, in order.
  const std::vector<RouteSpec>& history() const { return history_; }

 private:
  std::function<bool(const InstanceId&)> is_up_;
  std::map<RolloutName, RouteSpec> routes_;
  std::vector<RouteSpec> history_;
  std::map<RolloutName, std::pair<Epoch, rollout::ByHand>> by_hand_;
  std::optional<Error> error_;
  bool lose_next_ = false;
};

}  // namespace tuesday::testing
