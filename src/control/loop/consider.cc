// SPDX-License-Identifier: Apache-2.0
// The middle of the loop: read state and world, decide, commit; then take what was decided as true.
#include <algorithm>
#include <utility>

#include "control/loop/decide.h"
#include "control/loop/fleet_core.h"
#include "wire/state/codec.h"
#include "wire/state/keys.h"

namespace tuesday::control {

namespace {

constexpr Duration kWakeLeast = std::chrono::milliseconds(10);
constexpr Duration kAcksLinger = std::chrono::seconds(1);
constexpr std::size_t kRequestsMax = 16;  // Waiting operators of one rollout.
constexpr std::size_t kToldMax = 200;     // Verdicts that wait for a store that does not write.

// On the store's lane. A commit whose answer was an error may have been done: the row is read back before it is believed.
Result<void> CommitOn(Store& store, BlobStore& blobs, Decision decision) {
  for (std::size_t i = 0; i < decision.samples.size(); ++i) {
    Json::Object& data = decision.transaction.entries[decision.samples_of[i]].entry.data;
    const Result<std::string> digest = blobs.Put(decision.samples[i]);
    if (digest) {
      data.insert_or_assign("samples", Json(*digest));
    } else {
      data.insert_or_assign("samples_lost", Json(digest.error().message));
    }
  }
  Result<void> committed = store.Commit(decision.transaction);
  if (committed) return committed;
  for (const Row& row : decision.transaction.put) {
    if (row.table != state::kStatusTable && row.table != state::kRemovedTable) continue;
    const Result<std::optional<std::string>> stored = store.Get(row.table, row.key);
    if (stored && *stored == row.value) return {};
  }
  return committed;
}

}  // namespace

void FleetCore::Act(const RolloutName& rollout, rollout::Request request, Done<void> done) {
  if (!recovered_) return done(Fail(ErrorCode::kUnavailable, "The fleet is not loaded yet.", "Try again in a second."));
  Entity* entity = Find(rollout);
  if (entity == nullptr) return done(Fail(ErrorCode::kNotFound, "There is no rollout " + rollout.Text() + "."));
  if (entity->requests.size() >= kRequestsMax) {
    return done(Fail(ErrorCode::kLimit, "Too many requests for " + rollout.Text() + " wait already."));
  }
  entity->requests.push_back({std::move(request), std::move(done)});
  Consider(rollout);
}

void FleetCore::Tell(const RolloutName& rollout, std::vector<audit::Entry> entries) {
  Entity* entity = Find(rollout);
  if (entity == nullptr) return;
  for (audit::Entry& entry : entries) entity->told.push_back({std::move(entry), ""});
  // Never from inside the decision that may have caused it.
  At(Now(), [this, rollout] { Consider(rollout); });
}

void FleetCore::AskJudge(Entity& entity, Instant now) {
  if (ports_.observer != nullptr) ports_.observer->OnRollout(AsJudged(entity));
  if (ports_.judge == nullptr) return;
  for (Judged& judged : ports_.judge->Look(AsJudged(entity), now)) entity.told.push_back(std::move(judged));
  if (entity.told.size() > kToldMax) {
    entity.told.erase(entity.told.begin(), entity.told.end() - static_cast<std::ptrdiff_t>(kToldMax));
  }
}

void FleetCore::Consider(const RolloutName& name) {
  Entity* entity = Find(name);
  if (entity == nullptr || !recovered_ || !instances_known_) return;
  if (entity->committing || entity->owed) {
    entity->dirty = true;
    return;
  }
  const Instant now = Now();
  AskJudge(*entity, now);
  std::optional<PendingRequest> request;
  if (!entity->requests.empty()) {
    request = std::move(entity->requests.front());
    entity->requests.pop_front();
    entity->dirty = !entity->requests.empty();
  }
  const rollout::World world = WorldOf(*entity, ports_.judge, ports_.analyses, join_);
  const DecideAt at{.now = now,
                    .wall = WallNow(),
                    .boot_id = ports_.clock.BootId(),
                    .restate_after = settings_.restate_after,
                    .judge = ports_.judge == nullptr ? nullptr : ports_.judge->MemoryOf(name),
                    .analyses = ports_.analyses == nullptr ? nullptr : ports_.analyses->MemoryOf(name)};
  Result<Decision> decision = Decide(*entity, world, request ? &request->request : nullptr, at);
  ++health_.decisions;
  if (!decision) {
    request->done(std::unexpected(decision.error()));
    return At(now, [this, name] { Consider(name); });
  }
  for (const rollout::AnalysisTarget& target : decision->analyses) {
    if (ports_.analyses != nullptr) ports_.analyses->Target(AsJudged(*entity), target);
  }
  for (const std::string& restated : decision->restated) entity->targets[restated].state = Target::State::kOwed;
  PerformOwed(*entity);
  WakeAt(*entity, decision->wake_at);
  if (decision->IsOnlyAcks() && now < entity->acks_since.value_or(now) + kAcksLinger) {
    WakeAt(*entity, entity->acks_since.value_or(now) + kAcksLinger);
    if (!request) return;
  }
  if (decision->IsEmpty()) {
    if (request) request->done({});
    if (std::exchange(entity->dirty, false)) At(now, [this, name] { Consider(name); });
    return;
  }
  Commit(*entity, *std::move(decision), std::move(request));
}

void FleetCore::Commit(Entity& entity, Decision decision, std::optional<PendingRequest> request) {
  entity.committing = true;
  const RolloutName name = entity.name();
  auto shared = std::make_shared<Decision>(std::move(decision));
  auto asked = std::make_shared<std::optional<PendingRequest>>(std::move(request));
  Ask<void>(
      "store", [&store = ports_.store, &blobs = ports_.blobs, shared] { return CommitOn(store, blobs, *shared); },
      [this, name, shared, asked](const Result<void>& result) { OnCommitted(name, std::move(*shared), *asked, result); });
}

void FleetCore::OnCommitted(const RolloutName& name, Decision decision, const std::optional<PendingRequest>& request,
                            const Result<void>& result) {
  Entity* entity = Find(name);
  if (entity == nullptr) return;
  entity->committing = false;
  if (!result) return OnCommitFailed(*entity, std::move(decision), request, result.error());
  ++health_.commits;
  health_.store.clear();
  entity->trouble.clear();
  if (decision.left) {
    if (request) request->done({});
    return Leave(name, *decision.left);
  }
  const bool was_owed = entity->owed.has_value();
  entity->owed.reset();
  entity->dirty = false;
  entity->stored = std::move(decision.status);
  if (decision.closed) entity->attempts[decision.closed->attempt.ordinal] = *decision.closed;
  entity->remembered = decision.remembered;
  if (decision.attempt) entity->attempts[decision.attempt->attempt.ordinal] = *decision.attempt;
  if (decision.forgotten) entity->attempts.erase(*decision.forgotten);
  for (const RevisionId& gone : decision.gone) entity->revisions.erase(gone);
  ForgetCounts(*entity);
  const auto told = std::min(decision.told, entity->told.size());
  entity->told.erase(entity->told.begin(), entity->told.begin() + static_cast<std::ptrdiff_t>(told));
  entity->acks.erase(entity->acks.begin(), entity->acks.begin() + static_cast<std::ptrdiff_t>(decision.acks));
  entity->acks_since.reset();
  if (!entity->acks.empty()) entity->acks_since = Now();
  for (auto& [target_name, target] : decision.targets) {
    // What was performed ahead of its commit may be acknowledged by now.
    const auto known = entity->targets.find(target_name);
    if (was_owed && known != entity->targets.end() && known->second.generation == target.generation) continue;
    entity->targets[target_name] = std::move(target);
  }
  if (request) request->done({});
  Notify(*entity);
  PerformOwed(*entity);
  Consider(name);
}

// The receiver said yes to "none" and the revision is gone: nothing will be asked of it again.
void FleetCore::ForgetCounts(Entity& entity) {
  std::erase_if(entity.targets, [&](const auto& item) {
    const auto* count = std::get_if<rollout::CountTarget>(&item.second.what);
    if (count == nullptr || count->count > 0 || item.second.state != Target::State::kAcked) return false;
    return !entity.revisions.contains(count->revision) &&
           std::ranges::find(entity.instances, count->revision, &InstanceState::revision) == entity.instances.end();
  });
}

void FleetCore::OnCommitFailed(Entity& entity, Decision decision, const std::optional<PendingRequest>& request,
                               const Error& error) {
  ++health_.commits_failed;
  health_.store = "The store does not write: " + error.message;
  entity.trouble = health_.store;
  const RolloutName name = entity.name();
  const Instant again = Now() + settings_.commit_retry;
  if (decision.withdraws) {
    // Taking traffic away cannot do harm, waiting for a disk can. The decision stays owed until it is durable.
    for (auto& [target_name, target] : decision.targets) {
      if (!target.withdraws) continue;
      const auto known = entity.targets.find(target_name);
      if (known != entity.targets.end() && known->second.generation == target.generation) continue;
      entity.targets[target_name] = target;
    }
    PerformOwed(entity);
    if (request) {
      request->done(
          Fail(ErrorCode::kUnavailable,
               "The traffic of " + name.Text() + " is being withdrawn, but that could not be recorded yet: " + error.message,
               "Make room for the store; it is tried again every second."));
    }
    auto owed = std::make_shared<Decision>(std::move(decision));
    entity.owed = *owed;
    At(again, [this, name, owed] {
      if (Entity* found = Find(name); found != nullptr && found->owed && !found->committing) {
        Commit(*found, *owed, std::nullopt);
      }
    });
  } else {
    if (request) request->done(std::unexpected(error));
    At(again, [this, name] { Consider(name); });
  }
  Notify(entity);
}

void FleetCore::WakeAt(Entity& entity, std::optional<Instant> when) {
  if (ports_.judge != nullptr) {
    const std::optional<Instant> judge = ports_.judge->WakeAt(entity.name());
    if (judge && (!when || *judge < *when)) when = judge;
  }
  if (!when) return;
  // What is due now was decided just now; asking again in the same instant would give the same answer for ever.
  when = std::max(*when, Now() + kWakeLeast);
  if ((entity.timer_at && *entity.timer_at <= *when && *entity.timer_at > Now())) {
    return;
  }
  entity.timer_at = when;
  At(*when, [this, name = entity.name(), at = *when] {
    Entity* found = Find(name);
    if (found == nullptr) return;
    if (found->timer_at == at) found->timer_at.reset();
    Consider(name);
  });
}

}  // namespace tuesday::control
