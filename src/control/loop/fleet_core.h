// SPDX-License-Identifier: Apache-2.0
// What is behind `Fleet`: all entities, and the steps of the loop as member functions, a file for each: recover, observe,
// consider (decide and commit), perform, apply, view. Loop thread only. Calls under way hold it weakly, so that dropping
// it is a crash: their answers fall to the ground.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "control/apply/letting_go.h"
#include "control/apply/prepare.h"
#include "control/fleet.h"
#include "control/loop/entity.h"
#include "wire/state/restored.h"

namespace tuesday::control {

class FleetCore : public std::enable_shared_from_this<FleetCore> {
 public:
  template <typename T>
  using Done = std::function<void(Result<T>)>;

  FleetCore(Ports ports, FleetSettings settings) : ports_(ports), settings_(std::move(settings)) {}

  // recover.cc
  void Recover(Done<void> done);

  // applying.cc
  void Apply(ApplyRequest request, ApplyMode mode, Done<ApplyReport> done);
  void Delete(DeleteRequest request, Done<ApplyReport> done);
  void BindImage(std::string reference, std::string source, std::string by, Done<state::ImageBinding> done);
  void LetArtifactsGo(WallTime before, std::set<std::string> also_needed, Done<ArtifactsLetGo> done);
  void SetImage(const RolloutName& rollout, std::string container, std::string image, std::string by, Done<ApplyReport> done);
  void Undo(const RolloutName& rollout, std::optional<int> number, std::string by, Done<ApplyReport> done);

  void UndoTo(const RolloutName& rollout, const RevisionId& revision, std::string by, Done<ApplyReport> done);

  // rollback.cc
  void Rollback(const RolloutName& rollout, std::string by, std::string reason, Done<RollbackReport> done);

  // consider.cc
  void Act(const RolloutName& rollout, rollout::Request request, Done<void> done);
  void Tell(const RolloutName& rollout, std::vector<audit::Entry> entries);
  ClockJoin Join() const { return join_; }

  // observe.cc
  void OnInstances(std::vector<InstanceState> instances);
  void OnEdge(EdgeSeen seen);
  void OnBatch(const EdgeBatch& batch);
  void Tick();

  // views.cc
  Result<RolloutView> Get(const RolloutName& rollout) const;
  std::vector<RolloutView> List(const std::optional<Namespace>& ns) const;
  std::vector<state::ObjectRecord> Objects(const std::optional<Namespace>& ns) const;
  std::vector<state::ImageBinding> Images() const;
  Health GetHealth() const;
  Fleet::Subscription Subscribe(std::function<void(const RolloutName&)> changed);
  void Unsubscribe(Fleet::Subscription subscription) { subscribers_.erase(subscription); }

 private:
  struct Loaded;

  // Gives `work` away; `then` is called with the answer while this object still lives.
  template <typename T>
  void Ask(std::string lane, std::function<Result<T>()> work, std::function<void(Result<T>)> then) {
    auto answer = std::make_shared<std::optional<Result<T>>>();
    ports_.executor.Run(
        std::move(lane), [answer, work = std::move(work)] { answer->emplace(work()); },
        [answer, then = std::move(then), weak = weak_from_this()] {
          if (weak.lock()) then(std::move(**answer));
        });
  }
  void At(Instant when, std::function<void()> call);
  Entity* Find(const RolloutName& name);
  Instant Now() const { return ports_.clock.Now(); }
  WallTime WallNow() const { return join_.ToWall(Now()); }
  void Notify(Entity& entity);
  JudgedRollout AsJudged(const Entity& entity) const;
  bool InFlight() const;

  // recover.cc
  static Result<Loaded> Load(Store& store);
  Result<void> TakeOver(Loaded loaded);
  void Begin(Done<void> done);
  void ReadRules();

  // observe.cc
  void PollInstances();
  void PollEdge();
  void PollInstancesForEver();
  void PollEdgeForEver();

  // orphans.cc
  void TakeOrphans(std::map<RolloutName, std::vector<InstanceState>> orphans);
  void TakeOrphanRoutes(const EdgeSeen& seen);
  void StopOrphans(const state::RemovedRecord& removed, const std::vector<InstanceState>& instances);
  void Leave(const RolloutName& name, const state::RemovedRecord& removed);
  void DropOldest(Transaction& transaction);

  // restored.cc
  void BeginTakingOver(const state::RestoredRecord& restored);
  Result<void> MayPerform(const Entity& entity, const Target& target) const;
  Result<void> MayRoute(const Entity& entity, const rollout::Route& route, bool withdraws) const;
  void LookAfterRestore(Entity& entity);
  void OnTakenOver(Entity& entity);
  void EndTakingOver();
  void ForgetRemovedThatLive(const std::vector<RolloutName>& seen);

  // consider.cc
  void Consider(const RolloutName& name);
  void AskJudge(Entity& entity, Instant now);
  void Commit(Entity& entity, Decision decision, std::optional<PendingRequest> request);
  void OnCommitted(const RolloutName& name, Decision decision, const std::optional<PendingRequest>& request,
                   const Result<void>& result);
  void OnCommitFailed(Entity& entity, Decision decision, const std::optional<PendingRequest>& request, const Error& error);
  static void ForgetCounts(Entity& entity);
  void WakeAt(Entity& entity, std::optional<Instant> when);

  // rollback.cc
  void NoteReason(const RolloutName& rollout, const RevisionId& revision, const rollout::Request& said);
  void AbortFor(const Entity& entity, rollout::Request said, Done<RollbackReport> done);
  void UndoFor(const Entity& entity, const RevisionId& to, rollout::Request said, Done<RollbackReport> done);
  void AnswerRolledBack(const Entity& entity, rollout::Request said, Done<RollbackReport> done);
  bool IsPinned(const Entity& entity) const;

  // perform.cc
  void PerformOwed(Entity& entity);
  void Perform(Entity& entity, const std::string& target_name);
  void PerformRoute(Entity& entity, const std::string& target_name, Target& target);
  void PerformNoRoute(const Entity& entity, const std::string& target_name, const Target& target);
  void PerformCount(Entity& entity, const std::string& target_name, Target& target);
  void OnPerformed(const RolloutName& name, const std::string& target_name, Generation generation, Result<void> result);
  void OnStale(Entity& entity, const std::string& target_name, Target& target);
  RouteSpec RouteSpecOf(const Entity& entity, const rollout::Route& route) const;
  void RestateRouteIfChanged(Entity& entity);

  // applying.cc
  // `work` is called on the lane "apply".
  using ChangeWork = std::function<Result<Prepared>(const Known&)>;
  struct Change {
    ChangeWork work;
    std::function<Result<void>()> may_begin;  // Asked each time before the work.
    ApplyMode mode = ApplyMode::kApply;
    Done<ApplyReport> done;
    Pins pins;
    int rounds = 0;
    std::map<RolloutName, std::optional<Generation>> pinned_for;  // As they were when their images were asked for.
  };
  void BeginChange(std::shared_ptr<Change> change);
  void WorkOut(const std::shared_ptr<Change>& change);
  std::optional<Generation> GenerationOf(const RolloutName& rollout) const;
  Result<void> CheckUnchanged(const Change& change) const;
  void Pin(const std::shared_ptr<Change>& change, const std::map<std::string, ImageAsk>& asks);
  void QueueChange(std::function<void()> change);
  void NextChange();
  void CommitChange(Prepared prepared, Done<ApplyReport> done);
  void CommitLetGo(LettingGo plan, Done<ArtifactsLetGo> done);
  void CommitBinding(const state::ImageBinding& binding, Done<state::ImageBinding> done);
  void TakePrepared(const Prepared& prepared);
  Known KnownNow() const;
  Result<void> CheckMadeFrom(const ApplyRequest& request) const;
  template <typename T>
  Done<T> ThenNextChange(Done<T> done) {
    return [this, done = std::move(done)](Result<T> result) {
      change_under_way_ = false;
      done(std::move(result));
      NextChange();
    };
  }

  Ports ports_;
  FleetSettings settings_;
  ClockJoin join_;
  bool recovered_ = false;
  bool instances_known_ = false;

  std::map<RolloutName, Entity> entities_;
  std::map<ObjectName, state::ObjectRecord> objects_;
  std::map<std::string, state::ImageBinding> images_;
  std::map<RolloutName, state::RemovedRecord> removed_;
  std::map<RolloutName, std::vector<InstanceState>> orphans_;  // Instances of rollouts that are not known.
  std::vector<RolloutName> orphan_routes_;
  std::uint64_t first_release_ = 1;  // Whose row is kept.
  std::uint64_t last_release_ = 0;
  std::optional<state::RestoredRecord> restored_;  // This state was restored, and the world may be ahead of it.

  std::deque<std::function<void()>> changes_;  // Applies and bindings, one after the other.
  bool change_under_way_ = false;
  std::size_t pinning_ = 0;  // Changes that wait for their images.

  std::optional<Instant> instances_asked_;  // Set while a call is under way.
  std::optional<Instant> edge_asked_;
  bool edge_asked_again_ = false;  // A route was acknowledged meanwhile: look once more.

  std::map<Fleet::Subscription, std::function<void(const RolloutName&)>> subscribers_;
  Fleet::Subscription next_subscription_ = 1;
  Health health_;
};

}  // namespace tuesday::control
