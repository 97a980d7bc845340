// SPDX-License-Identifier: Apache-2.0
// All rollouts that one tuesday looks after, and the one loop that each of them goes through: read state and world, ask
// the core, commit in one transaction, perform what is durable, take the answers in as inputs. Has no IO and no clock of
// its own. Every call and every callback is on the loop's thread. Dropping a Fleet at any moment is a crash and is safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "control/executor.h"
#include "control/judge.h"
#include "control/view.h"
#include "ports/artifact_store.h"
#include "ports/blob_store.h"
#include "ports/clock.h"
#include "ports/edge_feed.h"
#include "ports/images.h"
#include "ports/store.h"
#include "ports/traffic_router.h"
#include "ports/workloads.h"

namespace tuesday::control {

// All must outlive the fleet and every call that the executor still holds. `judge`, `analyses`, `observer` and `images` may be
// null: without a judge there is no evidence, without analyses a rollout that names one is refused, without images one whose
// image nobody bound is.
struct Ports {
  Store& store;
  Workloads& workloads;
  TrafficRouter& router;
  BlobStore& blobs;
  ArtifactStore& artifacts;
  const Clock& clock;
  Executor& executor;
  Judge* judge = nullptr;
  AnalysisRunner* analyses = nullptr;
  Observer* observer = nullptr;
  Images* images = nullptr;
};

struct FleetSettings {
  Duration instances_poll = std::chrono::milliseconds(250);
  Duration edge_poll = std::chrono::seconds(1);
  Duration edge_poll_in_flight = std::chrono::milliseconds(200);  // While an attempt is under way.
  Duration observe_deadline = std::chrono::seconds(5);            // After it, the other side is said not to answer.
  Duration perform_retry_least = std::chrono::milliseconds(200);  // Doubles up to the most.
  Duration perform_retry_most = std::chrono::seconds(5);
  Duration restate_after = std::chrono::seconds(5);  // A target that was acknowledged and is still not seen is asked again.
  Duration commit_retry = std::chrono::seconds(1);
  std::string revision_key;  // Secrets go into a revision's name by their HMAC with it; empty: by their digest.
  std::string url_base = "http://127.0.0.1:8080";  // The edge, for the URLs that people are shown.
};

// One file of an apply.
struct ManifestText {
  std::string file;  // As the user will find it in messages.
  std::string text;
};

// Whether who asks may touch an object. Called on the lane "apply", so it holds values only; empty: everything.
using Permit = std::function<Result<void>(const ObjectName&)>;

struct ApplyRequest {
  Namespace ns;  // Of objects that name none.
  std::vector<ManifestText> files;
  std::string by;
  Permit permit = {};
  // What the files were made from: kStale when it is another generation by then, or (none) when it exists by then.
  std::optional<std::pair<ObjectName, std::optional<Generation>>> made_from = {};
};

// What shall go: the objects that are named, and those that the files hold.
struct DeleteRequest {
  Namespace ns;  // Of objects that name none.
  std::vector<ManifestText> files;
  std::vector<ObjectName> objects;
  std::string by;
  std::string reason;
  Permit permit = {};
};

// What a rollback did.
struct RollbackReport {
  enum class Kind {
    kAborted,      // The canary was given up: stable serves everything.
    kSteppedBack,  // Out of the bake to the predecessor, in one step.
    kUndone,       // A new attempt brings the revision before back, without steps and pauses.
    kAlready,      // There was nothing to do.
  };
  Kind kind = Kind::kAlready;
  std::string message;  // A sentence.
};

// What Fleet::LetArtifactsGo took away.
struct ArtifactsLetGo {
  std::size_t bindings = 0;
  std::size_t artifacts = 0;
  std::uint64_t bytes = 0;
  bool is_all = true;  // False: there is more to let go; call again.
};

class FleetCore;

class Fleet {
 public:
  template <typename T>
  using Done = std::function<void(Result<T>)>;

  explicit Fleet(Ports ports, FleetSettings settings = {});
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  // Loads the state, looks at what runs, takes it over and performs what the outbox still owes; from then on the fleet
  // keeps itself going with timers. An error leaves the fleet empty. Everything else fails with kUnavailable before.
  void Recover(Done<void> done);

  // All or nothing: an error of any object (its message holds every finding, a line each) changes nothing.
  void Apply(ApplyRequest request, Done<ApplyReport> done);

  // The same without effect. Artifacts named by the manifests themselves are taken in, which nobody can see.
  void Plan(ApplyRequest request, Done<ApplyReport> done);

  // All or nothing too. Answers when it is durable; a rollout is gone later, when neither its route nor an instance is seen.
  // kNotFound: there is none of them. What another object still needs is kept, with an error.
  void Delete(DeleteRequest request, Done<ApplyReport> done);

  // Takes the artifact in and binds the reference to it from now on; running revisions keep what they have.
  void BindImage(std::string reference, std::string source, std::string by, Done<state::ImageBinding> done);
  std::vector<state::ImageBinding> Images() const;

  // Lets artifacts and image bindings go that were last taken in before `before` and that nothing needs: no revision of a
  // rollout, no object, none of `also_needed` (digests). Bindings go with their entries in one transaction, then artifacts;
  // killed anywhere, the next call goes on. Nothing goes while something runs that no rollout owns: what that needs is not
  // known.
  void LetArtifactsGo(WallTime before, std::set<std::string> also_needed, Done<ArtifactsLetGo> done);

  // The operator's verbs. Answers when the decision is durable. kNotFound, kConflict, or kUnavailable when the store
  // cannot be written; an abort's traffic is withdrawn even then.
  void Act(const RolloutName& rollout, rollout::Request request, Done<void> done);

  // Entries of somebody who looks at the rollout from outside the loop (analyses), told with its next decision, which comes
  // at once.
  void Tell(const RolloutName& rollout, std::vector<audit::Entry> entries);

  // A new revision with another image for one container ("*" is all).
  void SetImage(const RolloutName& rollout, std::string container, std::string image, std::string by, Done<ApplyReport> done);

  // Back to a revision that is kept, by the strategy like any other: to `number`, or to the one before the present. kNotFound
  // when there is none, kConflict when it is the present one.
  void Undo(const RolloutName& rollout, std::optional<int> number, std::string by, Done<ApplyReport> done);

  // Takes the present version back by the shortest way that there is, whatever the rollout is doing, and waits for nobody: see
  // RollbackReport. A reason that comes later is noted in the journal. kConflict: the version has no predecessor, or is
  // itself one that a rollback brought back.
  void Rollback(const RolloutName& rollout, std::string by, std::string reason, Done<RollbackReport> done);

  Result<RolloutView> Get(const RolloutName& rollout) const;
  std::vector<RolloutView> List(const std::optional<Namespace>& ns) const;
  std::vector<state::ObjectRecord> Objects(const std::optional<Namespace>& ns) const;
  Health GetHealth() const;

  // `changed` is called after every change of a rollout that can be seen. Must not call back into the fleet's verbs.
  using Subscription = std::uint64_t;
  Subscription Subscribe(std::function<void(const RolloutName&)> changed);
  void Unsubscribe(Subscription subscription);

  // Inputs, for those who push: the fleet's own polls end here too.
  void OnInstances(std::vector<InstanceState> instances);
  void OnEdge(EdgeSeen seen);
  void OnBatch(EdgeBatch batch);

  // How the two clocks of this boot are joined; good once Recover has answered.
  ClockJoin Join() const;

  // Looks at everything once. Never needed for correctness of timing; harmless at any moment.
  void Tick();

 private:
  std::shared_ptr<FleetCore> core_;  // Calls under way hold it weakly.
};

}  // namespace tuesday::control
