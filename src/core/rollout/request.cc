// SPDX-License-Identifier: Apache-2.0
// What an operator may say, and when it makes sense.
#include "core/rollout/decide/attempt.h"
#include "core/rollout/decide/turn.h"
#include "core/rollout/reconcile.h"

namespace tuesday::rollout {
namespace {

Json::Object SaidBy(const Request& request) { return {{"by", request.by}, {"reason", request.reason}}; }

std::string Sentence(const std::string& what, const Request& request) {
  const std::string by = request.by.empty() ? "" : " by " + request.by;
  return what + by + (request.reason.empty() ? "." : ": " + request.reason);
}

std::string NameOf(const Turn& turn) { return turn.spec.name.Text(); }

Result<void> Promote(Turn& turn, const Request& request) {
  Attempt* attempt = InFlight(turn.status);
  if (attempt == nullptr || IsInitial(*attempt)) {
    return Fail(ErrorCode::kConflict, "Rollout " + NameOf(turn) + " has no canary to promote.",
                "Apply a new version, or `retry` an aborted one.");
  }
  const bool inconclusive = attempt->pause.has_value() && attempt->pause->reason == PauseReason::kInconclusive;
  if (attempt->stage == Stage::kSwitching && !inconclusive && !turn.status.operator_paused) {
    return Fail(ErrorCode::kConflict, "All steps of rollout " + NameOf(turn) + " are done already.");
  }
  if (inconclusive) {
    ++attempt->analysis_round;
    attempt->pause.reset();
  } else if (attempt->stage == Stage::kStepping) {
    attempt->step_released = true;
  }
  turn.status.operator_paused = false;
  attempt->progressed_at = turn.now;
  Json::Object data = SaidBy(request);
  data.emplace("step", attempt->step);
  Tell(turn, "rollout.promote_requested", Sentence("Step " + std::to_string(attempt->step) + " was released", request),
       std::move(data));
  return {};
}

Result<void> PromoteFull(Turn& turn, const Request& request) {
  Attempt* attempt = InFlight(turn.status);
  if (attempt == nullptr || IsInitial(*attempt)) {
    return Fail(ErrorCode::kConflict, "Rollout " + NameOf(turn) + " has no canary to promote.",
                "Apply a new version, or `retry` an aborted one.");
  }
  attempt->full = true;
  attempt->pause.reset();
  attempt->evidence_due_from.reset();
  attempt->progressed_at = turn.now;
  turn.status.operator_paused = false;
  Tell(turn, "rollout.promote_requested", Sentence("Full promotion, without the remaining steps, was asked for", request),
       SaidBy(request));
  return {};
}

Result<void> Abort(Turn& turn, const Request& request) {
  if (!CanGiveUp(turn.status)) {
    return Fail(ErrorCode::kConflict, "Rollout " + NameOf(turn) + " has nothing in flight that could be aborted.",
                "A version whose bake is over is taken back by applying the one before it.");
  }
  GiveUp(turn, Sentence("aborted", request), SaidBy(request));
  return {};
}

Result<void> Retry(Turn& turn, const Request& request) {
  const std::optional<Attempt>& attempt = turn.status.attempt;
  const bool given_up = attempt.has_value() && (attempt->stage == Stage::kAborting || attempt->stage == Stage::kAborted);
  if (!given_up || attempt->revision != turn.spec.revision) {
    return Fail(ErrorCode::kConflict, "Rollout " + NameOf(turn) + " has no aborted version to retry.");
  }
  Tell(turn, "rollout.retry_requested", Sentence("A retry was asked for", request), SaidBy(request));
  BeginAttempt(turn, turn.spec.revision);
  return {};
}

Result<void> SetPaused(Turn& turn, const Request& request, Verb verb) {
  const bool pause = verb == Verb::kPause;
  if (turn.status.operator_paused == pause) {
    return Fail(ErrorCode::kConflict,
                "Rollout " + NameOf(turn) + (pause ? " is paused already." : " is not paused by an operator."));
  }
  turn.status.operator_paused = pause;
  if (Attempt* attempt = InFlight(turn.status); attempt != nullptr && !pause) attempt->progressed_at = turn.now;
  Tell(turn, pause ? "rollout.pause_requested" : "rollout.resume_requested", Sentence(pause ? "Paused" : "Resumed", request),
       SaidBy(request));
  return {};
}

Result<void> Restart(Turn& turn, const Request& request) {
  if (!turn.status.stable.has_value()) {
    return Fail(ErrorCode::kConflict, "Rollout " + NameOf(turn) + " has no version yet that could be restarted.");
  }
  const std::uint64_t asked = turn.status.restarts_asked.value_or(0);
  for (const RevisionState& revision : turn.status.revisions) {
    if (revision.restart.has_value() && revision.restart->round == asked) {
      return Fail(ErrorCode::kConflict, "Rollout " + NameOf(turn) + " is being restarted already.");
    }
  }
  turn.status.restarts_asked = asked + 1;
  Tell(turn, "rollout.restart_requested", Sentence("A restart of all instances was asked for", request), SaidBy(request));
  return {};
}

Result<void> Take(Turn& turn, const Request& request) {
  switch (request.verb) {
    case Verb::kPromote: return Promote(turn, request);
    case Verb::kPromoteFull: return PromoteFull(turn, request);
    case Verb::kAbort: return Abort(turn, request);
    case Verb::kRetry: return Retry(turn, request);
    case Verb::kRestart: return Restart(turn, request);
    case Verb::kPause:
    case Verb::kResume: return SetPaused(turn, request, request.verb);
  }
  return Fail(ErrorCode::kInvalid, "Unknown request.");
}

}  // namespace

Result<Outcome> Handle(const Spec& spec, Status status, const Request& request, Instant now) {
  const World nothing_seen;
  Turn turn{.spec = spec,
            .world = nothing_seen,
            .now = now,
            .status = std::move(status),
            .entries = {},
            .wake_at = {},
            .waiting_for = {}};
  if (spec.removal.has_value()) return Fail(ErrorCode::kConflict, "Rollout " + NameOf(turn) + " is being deleted.");
  // These two are about what was applied last, also in the moment before its attempt has begun.
  if (request.verb == Verb::kAbort || request.verb == Verb::kPromoteFull) AdoptSpec(turn);
  TRY_OK(Take(turn, request));
  return Outcome{.status = std::move(turn.status), .effects = {}, .entries = std::move(turn.entries), .wake_at = now};
}

}  // namespace tuesday::rollout
