// SPDX-License-Identifier: Apache-2.0
// The invariants of one simulated rollout, checked after every decision and every arrival. Knows the rules by its own words and
// shares no code with the machine. The table of invariants is in docs/architecture/simulation.md.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/rollout/reconcile.h"
#include "testing/sim/site.h"

namespace tuesday::sim {

class Watch {
 public:
  // A decision that became durable: from `before`, on `world`, to `outcome`.
  void OnDecision(const rollout::Spec& spec, const rollout::Status& before, const rollout::World& world,
                  const rollout::Outcome& outcome, Instant now);

  // An operator's request was taken.
  void OnRequest(rollout::Verb verb, const rollout::Status& after);

  // An operator deleted the rollout in this state.
  void OnDelete(const rollout::Status& before);

  // Something happened outside; `durable` is what the store holds.
  void OnEdge(const Site& site, const rollout::Status& durable, Instant now);

  void Violate(const std::string& invariant, const std::string& what, Instant now);

  // Everything has come to rest after the faults stopped.
  void OnRest(const rollout::Spec& spec, const rollout::Status& status, const Site& site, Instant now);

  // A branch that must be reached by some seed.
  void Sometimes(const std::string& branch) { reached_.insert(branch); }

  const std::vector<std::string>& violations() const { return violations_; }
  const std::set<std::string>& reached() const { return reached_; }

 private:
  void CheckRoute(const rollout::Spec& spec, const rollout::Status& before, const rollout::World& world,
                  const rollout::Outcome& outcome, Instant now);
  void CheckRaise(const rollout::Spec& spec, const rollout::Status& before, const rollout::World& world,
                  const rollout::Outcome& outcome, Instant now);
  void CheckPromotion(const rollout::Spec& spec, const rollout::Status& before, const rollout::World& world,
                      const rollout::Outcome& outcome, Instant now);
  void CheckCapacity(const rollout::Spec& spec, const rollout::Status& before, const rollout::World& world,
                     const rollout::Outcome& outcome, Instant now);
  void CheckRestarts(const rollout::Spec& spec, const rollout::Status& before, const rollout::World& world,
                     const rollout::Outcome& outcome, Instant now);
  void CheckPauses(const rollout::Spec& spec, const rollout::Status& before, const rollout::Outcome& outcome, Instant now);
  void CheckGone(const rollout::Status& status, const Site& site, Instant now);
  void CheckEntries(const rollout::Outcome& outcome, Instant now);
  void NoteBranches(const rollout::Status& before, const rollout::World& world, const rollout::Outcome& outcome);

  std::vector<std::string> violations_;
  std::set<std::string> reached_;
  std::set<std::string> told_;                  // "<attempt> <ending kind>", S13.
  std::set<AttemptId> ended_;                   // S4: never again under traffic.
  std::set<AttemptId> shown_;                   // Its gate passed since its approved weight last changed, S10.
  std::map<AttemptId, Instant> pause_entered_;  // S11, by the simulation's own clock.
  std::set<AttemptId> released_;                // An operator released a step, or all of them.
};

}  // namespace tuesday::sim
