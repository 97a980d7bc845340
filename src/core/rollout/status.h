// SPDX-License-Identifier: Apache-2.0
// What the machine remembers between two decisions: all of it is stored, none of it is derived from the world.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/time.h"
#include "core/rollout/spec.h"
#include "core/rollout/world.h"

namespace tuesday::rollout {

// Argo's words for a rollout as a whole.
enum class Phase { kHealthy, kProgressing, kPaused, kDegraded };

// The way of one attempt. Forward only, but for kStepping <-> kPaused inside `paused_for`.
enum class Stage {
  kStepping,   // Goes through the steps (an initial deploy has none).
  kSwitching,  // All steps done: full weight on the new revision, and it must be seen serving.
  kBaking,     // It is stable; its rules still watch, and its predecessor stands by.
  kDone,       // Nothing more to judge.
  kAborting,   // Given up: the route goes back to stable, then its instances go.
  kAborted,    // Weight 0 was acknowledged and its instances are gone or due to go.
};

enum class PauseReason { kStep, kInconclusive, kNoEvidence, kOperator };

struct PauseState {
  PauseReason reason = PauseReason::kStep;
  Instant since;
  friend bool operator==(const PauseState&, const PauseState&) = default;
};

// How an attempt ended, for history and `why`.
enum class Ending { kNone, kPromoted, kAborted, kRolledBack, kSuperseded };

struct Attempt {
  AttemptId id;
  std::uint64_t ordinal = 0;  // 1 for the first of this rollout.
  RevisionId revision;
  std::optional<RevisionId> baseline;  // The stable one when it began; none on an initial deploy.
  Stage stage = Stage::kStepping;
  Instant started_at;
  int step = 0;  // Index of the step under way; steps.size() when all are done.
  Instant step_started_at;
  Instant progressed_at;       // The progress deadline counts from here.
  bool full = false;           // promote --full: pauses, analyses and the remaining steps are skipped.
  bool step_released = false;  // Somebody promoted the step under way.
  int analysis_round = 0;
  std::optional<PauseState> pause;
  std::optional<Instant> evidence_due_from;  // When the step would have ended but for missing evidence.
  std::optional<Instant> switched_at;        // All requests were seen to go to it.
  std::optional<Instant> promoted_at;
  std::optional<Instant> aborted_at;
  Ending ending = Ending::kNone;
  std::string reason;                       // Why it ended, in one sentence.
  std::optional<std::uint64_t> steps_hash;  // Of the steps that it goes through: other ones begin at step 0.
  friend bool operator==(const Attempt&, const Attempt&) = default;
};

// A restart of one revision, batch by batch in the order of ordinals: those below `renewed` have been started anew, those
// from there to `batch_end` leave the route, stop, and start again.
struct RestartState {
  std::uint64_t round = 0;  // Which of Status::restarts_asked it is.
  int renewed = 0;
  int batch_end = 0;
  bool stopping = false;  // The edge was seen without the batch: it shall not run.
  friend bool operator==(const RestartState&, const RestartState&) = default;
};

struct RevisionState {
  RevisionId id;
  int number = 0;                          // Counts for people: rev 7.
  int slot = -1;                           // -1: holds none.
  int desired = 0;                         // Instances asked for.
  std::optional<Instant> scale_down_at;    // Kept until then, after it lost its last traffic.
  std::optional<std::uint64_t> restarted;  // The last restart that is through, or that was asked before it began.
  std::optional<RestartState> restart;     // Under way.
  friend bool operator==(const RevisionState&, const RevisionState&) = default;
};

// How far a deleted rollout has come: first its route goes, then, when open requests had their time, its instances.
struct RemovalState {
  Instant began;
  std::optional<Instant> unrouted_at;  // The edge was seen without its route; again each time that it had come back.
  std::optional<Instant> gone_at;      // Neither route nor instance is left.
  friend bool operator==(const RemovalState&, const RemovalState&) = default;
};

struct Status {
  Generation observed;                   // The spec's generation at the last decision.
  std::vector<RevisionState> revisions;  // By number. The newest is last.
  std::optional<RevisionId> stable;
  std::optional<Attempt> attempt;  // The last one, ended or not.
  std::uint64_t attempts_begun = 0;
  Route route;  // The last one asked for.
  Phase phase = Phase::kProgressing;
  std::string message;                            // Why the phase is what it is; empty when healthy.
  bool operator_paused = false;                   // `pause` was said; `resume` takes it back.
  std::optional<std::uint64_t> restarts_asked;    // By `restart` and by Spec::restart_at, so far.
  std::optional<WallTime> restart_at_taken;       // The last Spec::restart_at that has come.
  std::optional<std::uint64_t> restart_at_round;  // Which of restarts_asked it became, if any instance was older.
  std::optional<RemovalState> removal;
  friend bool operator==(const Status&, const Status&) = default;
};

}  // namespace tuesday::rollout
