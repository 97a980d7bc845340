// SPDX-License-Identifier: Apache-2.0
// Letting artifacts and image bindings go: worked out in the queue of changes, so that nothing is taken in meanwhile, made
// durable with its entries, then done.
#include <utility>

#include "control/loop/fleet_core.h"
#include "wire/state/keys.h"

namespace tuesday::control {
namespace {

NewEntry Unbound(const state::ImageBinding& binding, WallTime at) {
  NewEntry entry;
  entry.at = at;
  entry.object = {Namespace(), "Image", binding.reference};
  entry.entry = {"image.unbound",
                 binding.reference + " stands for nothing any more: no version and no object needs it.",
                 {{"source", binding.source}, {"digest", binding.digest}, {"by", binding.by}}};
  return entry;
}

NewEntry LetGo(const std::vector<std::string>& digests, WallTime at) {
  Json::Array names;
  for (const std::string& digest : digests) names.emplace_back(digest);
  NewEntry entry;
  entry.at = at;
  entry.object = {Namespace(), "Artifact", "retention"};
  entry.entry = {"artifacts.let_go",
                 std::to_string(digests.size()) + (digests.size() == 1 ? " artifact is" : " artifacts are") +
                     " let go: no version that a rollout can go back to needs " + (digests.size() == 1 ? "it." : "them."),
                 {{"digests", std::move(names)}}};
  return entry;
}

}  // namespace

void FleetCore::LetArtifactsGo(WallTime before, std::set<std::string> also_needed, Done<ArtifactsLetGo> done) {
  if (!recovered_ || !instances_known_)
    return done(Fail(ErrorCode::kUnavailable, "The fleet is not loaded yet.", "Try again in a second."));
  QueueChange([this, before, also_needed = std::move(also_needed), done = ThenNextChange(std::move(done))] {
    if (!orphans_.empty() || restored_) return done(ArtifactsLetGo{});
    auto known = std::make_shared<Known>(KnownNow());
    Ask<LettingGo>(
        "apply",
        [&artifacts = ports_.artifacts, known, before, also_needed] {
          return WorkOutLettingGo(*known, before, also_needed, artifacts);
        },
        [this, done](Result<LettingGo> plan) {
          if (!plan) return done(std::unexpected(plan.error()));
          if (plan->IsEmpty()) return done(ArtifactsLetGo{});
          CommitLetGo(*std::move(plan), done);
        });
  });
}

void FleetCore::CommitLetGo(LettingGo plan, Done<ArtifactsLetGo> done) {
  Transaction transaction;
  for (const state::ImageBinding& binding : plan.bindings) {
    transaction.erase.emplace_back(state::kImageTable, binding.reference);
    transaction.entries.push_back(Unbound(binding, WallNow()));
  }
  if (!plan.artifacts.empty()) transaction.entries.push_back(LetGo(plan.artifacts, WallNow()));
  auto shared = std::make_shared<LettingGo>(std::move(plan));
  Ask<void>(
      "store", [&store = ports_.store, transaction] { return store.Commit(transaction); },
      [this, shared, done = std::move(done)](const Result<void>& committed) {
        if (!committed) return done(std::unexpected(committed.error()));
        for (const state::ImageBinding& binding : shared->bindings) images_.erase(binding.reference);
        Ask<ArtifactsLetGo>(
            "apply",
            [&artifacts = ports_.artifacts, shared]() -> Result<ArtifactsLetGo> {
              ArtifactsLetGo gone{.bindings = shared->bindings.size(), .is_all = shared->is_all};
              for (const std::string& digest : shared->artifacts) {
                TRY(const std::uint64_t bytes, artifacts.Remove(digest));
                gone.bytes += bytes;
                ++gone.artifacts;
              }
              return gone;
            },
            done);
      });
}

}  // namespace tuesday::control
