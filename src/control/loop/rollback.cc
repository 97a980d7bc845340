// SPDX-License-Identifier: Apache-2.0
// `rollback`: one word for whoever is in a hurry. It takes the shortest way back that the rollout has at this moment.
#include <algorithm>
#include <utility>

#include "control/loop/fleet_core.h"

namespace tuesday::control {

namespace {

using rollout::Stage;

bool IsOnTheWay(const rollout::Attempt& attempt) {
  return attempt.stage == Stage::kStepping || attempt.stage == Stage::kSwitching;
}

bool IsGivenUp(const rollout::Attempt& attempt) {
  return attempt.stage == Stage::kAborting || attempt.stage == Stage::kAborted;
}

std::string RevText(const Entity& entity, const RevisionId& id) {
  const auto& revisions = entity.stored.status.revisions;
  const auto found = std::ranges::find(revisions, id, &rollout::RevisionState::id);
  return found == revisions.end() ? id.str() : "rev " + std::to_string(found->number);
}

std::string StableText(const Entity& entity) {
  const std::optional<RevisionId>& stable = entity.stored.status.stable;
  return stable ? RevText(entity, *stable) : "nothing";
}

// The revision that the present one replaced, if it is kept; else the newest other one.
std::optional<RevisionId> Predecessor(const Entity& entity) {
  const rollout::Status& status = entity.stored.status;
  if (status.attempt && status.attempt->baseline && entity.revisions.contains(*status.attempt->baseline)) {
    return status.attempt->baseline;
  }
  std::optional<rollout::RevisionState> newest;
  for (const rollout::RevisionState& revision : status.revisions) {
    if (revision.id == entity.record.spec.revision || !entity.revisions.contains(revision.id)) continue;
    if (!newest || revision.number > newest->number) newest = revision;
  }
  return newest ? std::optional(newest->id) : std::nullopt;
}

// Who wants to go on further back must name a revision: the one before a rollback is the one that was left.
std::string FurtherHint(const Entity& entity) {
  return "To go further back: `tuesday rollout history " + entity.name().name + "`, then `tuesday rollout undo " +
         entity.name().name + " --to-revision N`.";
}

}  // namespace

bool FleetCore::IsPinned(const Entity& entity) const {
  const auto object = objects_.find({entity.name().ns, "Rollout", entity.name().name});
  return object != objects_.end() && !object->second.pinned.empty() && object->second.pinned == entity.record.spec.revision;
}

void FleetCore::Rollback(const RolloutName& rollout, std::string by, std::string reason, Done<RollbackReport> done) {
  if (!recovered_) return done(Fail(ErrorCode::kUnavailable, "The fleet is not loaded yet.", "Try again in a second."));
  const Entity* entity = Find(rollout);
  if (entity == nullptr) return done(Fail(ErrorCode::kNotFound, "There is no rollout " + rollout.Text() + "."));
  rollout::Request said{.verb = rollout::Verb::kAbort, .by = std::move(by), .reason = std::move(reason)};
  const std::optional<rollout::Attempt>& attempt = entity->stored.status.attempt;
  const bool begun = attempt && attempt->revision == entity->record.spec.revision;
  if (begun && IsGivenUp(*attempt)) {
    NoteReason(rollout, attempt->revision, said);
    return done(RollbackReport{RollbackReport::Kind::kAlready, RevText(*entity, attempt->revision) +
                                                                   " was taken back already: " + StableText(*entity) +
                                                                   " serves everything. " + FurtherHint(*entity)});
  }
  if (IsPinned(*entity)) return AnswerRolledBack(*entity, std::move(said), std::move(done));
  const bool has_fallback = !begun || attempt->baseline.has_value();
  const bool under_way = !begun || IsOnTheWay(*attempt) || attempt->stage == Stage::kBaking;
  if (has_fallback && under_way) return AbortFor(*entity, std::move(said), std::move(done));
  const std::optional<RevisionId> to = Predecessor(*entity);
  if (!to) {
    return done(Fail(ErrorCode::kConflict, rollout.Text() + " is at its first version: there is none to go back to.",
                     "Apply a version that works."));
  }
  UndoFor(*entity, *to, std::move(said), std::move(done));
}

// A reason may come when there is time for one.
void FleetCore::NoteReason(const RolloutName& rollout, const RevisionId& revision, const rollout::Request& said) {
  if (said.reason.empty()) return;
  const Entity* entity = Find(rollout);
  Tell(rollout, {{"rollout.rollback_reason",
                  "Why " + RevText(*entity, revision) + " was taken back, by " + said.by + ": " + said.reason,
                  {{"by", said.by}, {"reason", said.reason}, {"revision", revision.str()}}}});
}

void FleetCore::AbortFor(const Entity& entity, rollout::Request said, Done<RollbackReport> done) {
  const bool baking = entity.stored.status.attempt && entity.stored.status.attempt->stage == Stage::kBaking;
  const RolloutName name = entity.name();
  const RevisionId left = entity.record.spec.revision;
  said.verb = rollout::Verb::kAbort;
  Act(name, std::move(said), [this, name, left, baking, done = std::move(done)](const Result<void>& acted) {
    if (!acted) return done(std::unexpected(acted.error()));
    const Entity* now = Find(name);
    if (now == nullptr) return done(Fail(ErrorCode::kNotFound, "There is no rollout " + name.Text() + " any more."));
    done(RollbackReport{baking ? RollbackReport::Kind::kSteppedBack : RollbackReport::Kind::kAborted,
                        RevText(*now, left) + " is taken back: " + StableText(*now) + " serves everything."});
  });
}

void FleetCore::UndoFor(const Entity& entity, const RevisionId& to, rollout::Request said, Done<RollbackReport> done) {
  const RolloutName name = entity.name();
  const std::string from = RevText(entity, entity.record.spec.revision);
  const std::string back = RevText(entity, to);
  Tell(name, {{"rollout.rollback_requested",
               "Back from " + from + " to " + back + ", by " + said.by + (said.reason.empty() ? "." : ": " + said.reason),
               {{"by", said.by}, {"reason", said.reason}, {"to", to.str()}}}});
  said.verb = rollout::Verb::kPromoteFull;
  UndoTo(name, to, said.by, [this, name, from, back, said, done = std::move(done)](const Result<ApplyReport>& undone) {
    if (!undone) return done(std::unexpected(undone.error()));
    Act(name, said, [from, back, done](const Result<void>& acted) {
      // A conflict: it was there at once, and needs no hurry any more.
      if (!acted && acted.error().code != ErrorCode::kConflict) return done(std::unexpected(acted.error()));
      done(RollbackReport{RollbackReport::Kind::kUndone, back + " comes back in place of " + from +
                                                             ", without steps and pauses: as soon as its instances are up."});
    });
  });
}

// The present version is one that a rollback or an undo brought back. Said twice in a hurry, it must not lead forward again.
void FleetCore::AnswerRolledBack(const Entity& entity, rollout::Request said, Done<RollbackReport> done) {
  const RevisionId revision = entity.record.spec.revision;
  const std::optional<rollout::Attempt>& attempt = entity.stored.status.attempt;
  const bool under_way = !attempt || attempt->revision != revision || IsOnTheWay(*attempt);
  const std::string itself = RevText(entity, revision) + " is itself what a rollback brought back.";
  if (!under_way && attempt->stage == Stage::kBaking) {
    NoteReason(entity.name(), revision, said);
    return done(RollbackReport{RollbackReport::Kind::kAlready, itself + " " + FurtherHint(entity)});
  }
  if (!under_way) return done(Fail(ErrorCode::kConflict, itself, FurtherHint(entity)));
  const std::string message = RevText(entity, revision) + " is on its way back already.";
  NoteReason(entity.name(), revision, said);
  if (attempt && attempt->revision == revision && attempt->full)
    return done(RollbackReport{RollbackReport::Kind::kAlready, message});
  said.verb = rollout::Verb::kPromoteFull;
  Act(entity.name(), std::move(said), [message, done = std::move(done)](const Result<void>& acted) {
    if (!acted && acted.error().code != ErrorCode::kConflict) return done(std::unexpected(acted.error()));
    done(RollbackReport{RollbackReport::Kind::kAlready, message});
  });
}

}  // namespace tuesday::control
