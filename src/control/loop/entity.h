// SPDX-License-Identifier: Apache-2.0
// One rollout as its loop holds it: what is stored, what has been seen, and how far its last decision has come.
// Private to the loop; a value without behaviour.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "control/judge.h"
#include "core/rollout/reconcile.h"
#include "ports/store.h"
#include "ports/traffic_router.h"
#include "wire/state/records.h"

namespace tuesday::control {

// A target on its way to the receiver.
struct Target {
  enum class State {
    kOwed,   // Durable in the outbox, to be asked as soon as the lane is free.
    kAsked,  // A call is under way.
    kAcked,  // The receiver has it, with this generation.
  };
  Generation generation;
  std::variant<rollout::Route, rollout::CountTarget> what;
  State state = State::kOwed;
  Instant acked_at;
  Duration retry{};                 // Before the next try, after a failure.
  std::optional<Instant> retry_at;  // Not before then.
  bool withdraws = false;           // Takes traffic away from a canary: goes by the lane "abort".
};

struct PendingRequest {
  rollout::Request request;
  std::function<void(Result<void>)> done;
};

// How far the memories of judge and analyses are stored, by their versions.
struct Remembered {
  std::uint64_t judge = 0;
  std::uint64_t analyses = 0;
};

// What one decision wants to make durable.
struct Decision {
  state::StatusRecord status;
  Transaction transaction;
  std::vector<std::string> samples;  // Blobs to put first; `samples_of[i]` is the entry that names samples[i].
  std::vector<std::size_t> samples_of;
  std::map<std::string, Target> targets;  // New ones, by name.
  std::vector<std::string> restated;      // Known ones that shall be asked again.
  std::vector<rollout::AnalysisTarget> analyses;
  std::optional<state::AttemptRecord> attempt;  // The attempt's row, when it changed.
  std::optional<state::AttemptRecord> closed;   // The row of the attempt before, when a newer one took its place.
  std::vector<RevisionId> gone;                 // Revisions whose rows go.
  std::optional<std::uint64_t> forgotten;       // The attempt whose row goes.
  std::optional<state::RemovedRecord> left;     // Nothing of the rollout is left: all its rows go.
  std::optional<Instant> wake_at;
  Remembered remembered;   // Once it is stored.
  std::size_t told = 0;    // How many of the judge's entries are in the transaction.
  std::size_t acks = 0;    // How many of the acknowledgements are.
  bool withdraws = false;  // Must reach the edge even when it cannot be stored.

  bool IsEmpty() const {
    return transaction.put.empty() && transaction.erase.empty() && transaction.entries.empty() &&
           transaction.outbox_put.empty() && transaction.outbox_done.empty();
  }
  // Acknowledgements alone can wait for company: a row that is performed twice does no harm.
  bool IsOnlyAcks() const {
    return transaction.put.empty() && transaction.erase.empty() && transaction.entries.empty() &&
           transaction.outbox_put.empty() && !transaction.outbox_done.empty();
  }
};

struct Entity {
  // Durable.
  state::RolloutRecord record;
  state::StatusRecord stored;
  std::map<RevisionId, state::RevisionRecord> revisions;
  std::map<std::uint64_t, state::AttemptRecord> attempts;  // By ordinal.

  // Seen.
  std::vector<InstanceState> instances;
  std::optional<rollout::RouteSeen> route;
  std::optional<RouteSpec> performed;  // The last one that the edge acknowledged.

  // Under way.
  std::map<std::string, Target> targets;
  std::vector<std::pair<std::string, Generation>> acks;  // To be taken out of the outbox with the next commit.
  std::optional<Instant> acks_since;
  Remembered remembered;
  std::vector<Judged> told;  // Of the judge, to go into the next commit.
  std::deque<PendingRequest> requests;
  bool committing = false;
  bool dirty = false;            // Something came in between the decision and the commit's answer.
  std::optional<Decision> owed;  // An abort that was performed and could not be stored yet.
  std::optional<Instant> timer_at;
  std::string trouble;
  std::uint64_t version = 0;
  std::optional<Instant> taking_over_since;  // After a restore, until the edge has a route of ours: restored.cc.
  bool told_of_restore = false;

  const RolloutName& name() const { return record.spec.name; }
};

// "namespace/name" and the names of its targets.
std::string RouteTargetName(const RolloutName& rollout);
std::string CountTargetName(const RolloutName& rollout, const RevisionId& revision);

}  // namespace tuesday::control
