// SPDX-License-Identifier: Apache-2.0
// The simulated daemon: the order of control with the real Reconcile and Handle. (1) read state and world, (2) decide, (3) one
// durable commit of state, entries and outbox, (4) perform only then, (5) take answers as inputs. It can die between any two.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "core/rollout/reconcile.h"
#include "testing/sim/life.h"
#include "testing/sim/site.h"
#include "testing/sim/watch.h"

namespace tuesday::sim {

class Daemon {
 public:
  Daemon(const Faults& faults, Random random, Show show) : faults_(faults), random_(random), show_(show) {}

  // `first` is how its first version behaves; drawn where none is given.
  void Add(rollout::Spec spec, Random random, std::optional<Quality> first = std::nullopt);

  // Every rollout gets a new version that is well, at once.
  void ReleaseAll(Instant now);
  // Attempts that have a baseline and have not ended.
  int InFlight() const;

  // Lets a second pass: sites tick, messages arrive, the daemon decides.
  void RunUntil(Instant now);

  // What people and the machine do to it: requests, changes of the spec, restarts of the edge.
  void Perturb(Instant now);

  void Heal(Instant now);
  void ActAsPatientOperator(Instant now);

  // Whether anything was decided since the last call.
  bool TakeRestlessness();
  void CheckRest(Instant now);
  LifeReport Report() const;

 private:
  // What belongs to one rollout: outside, durable, and in the daemon's memory.
  struct Charge {
    rollout::Spec spec;
    Site site;
    Watch watch;
    Random random;
    int revisions_made = 0;
    rollout::Status durable;
    std::uint64_t order = 0;              // Durable: counts commits, and orders targets.
    std::vector<rollout::Effect> outbox;  // Durable.
    std::uint64_t journal_entries = 0;    // Durable.
    rollout::World sight;                 // In memory.
    Instant look_at;                      // In memory: when to decide next.
    std::optional<Instant> delete_at;     // When an operator deletes it.
  };
  struct Message {
    Instant at;
    std::uint64_t tie = 0;
    std::size_t charge = 0;
    std::uint64_t order = 0;
    rollout::Effect effect;
    friend bool operator>(const Message& left, const Message& right) {
      return std::pair(left.at, left.tie) > std::pair(right.at, right.tie);
    }
  };
  enum class Commit { kDone, kFailed, kUnknown };

  bool MayCrash(Instant now);
  void Crash(Instant now);
  void Look(Charge& charge, Instant now);
  void Decide(std::size_t index, Instant now);
  Commit Store(Charge& charge, const rollout::Outcome& outcome, Instant now);
  void Perform(std::size_t index, Instant now);
  void Send(std::size_t index, const rollout::Effect& effect, std::uint64_t order, Instant now);
  void Deliver(const Message& message, Instant now);
  void Say(Charge& charge, rollout::Verb verb, Instant now);
  void ChangeSpec(Charge& charge, Instant now);
  void Delete(Charge& charge, Instant now);
  RevisionId NewRevision(Charge& charge);
  void Trace(const Charge& charge, const rollout::Outcome& outcome, Instant now);

  Faults faults_;
  Random random_;
  Show show_;
  std::vector<std::unique_ptr<Charge>> charges_;
  std::priority_queue<Message, std::vector<Message>, std::greater<>> wire_;
  Instant alive_at_;
  bool restless_ = false;
  std::uint64_t hash_ = 1469598103934665603U;
  std::uint64_t decisions_ = 0;
};

}  // namespace tuesday::sim
