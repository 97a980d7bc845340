// SPDX-License-Identifier: Apache-2.0
#include "control/fleet.h"

#include <utility>

#include "control/loop/fleet_core.h"

namespace tuesday::control {

Fleet::Fleet(Ports ports, FleetSettings settings) : core_(std::make_shared<FleetCore>(ports, std::move(settings))) {}

Fleet::~Fleet() = default;

void Fleet::Recover(Done<void> done) { core_->Recover(std::move(done)); }

void Fleet::Apply(ApplyRequest request, Done<ApplyReport> done) {
  core_->Apply(std::move(request), ApplyMode::kApply, std::move(done));
}

void Fleet::Delete(DeleteRequest request, Done<ApplyReport> done) { core_->Delete(std::move(request), std::move(done)); }

void Fleet::Plan(ApplyRequest request, Done<ApplyReport> done) {
  core_->Apply(std::move(request), ApplyMode::kPlan, std::move(done));
}

void Fleet::BindImage(std::string reference, std::string source, std::string by, Done<state::ImageBinding> done) {
  core_->BindImage(std::move(reference), std::move(source), std::move(by), std::move(done));
}

std::vector<state::ImageBinding> Fleet::Images() const { return core_->Images(); }

void Fleet::Act(const RolloutName& rollout, rollout::Request request, Done<void> done) {
  core_->Act(rollout, std::move(request), std::move(done));
}

void Fleet::SetImage(const RolloutName& rollout, std::string container, std::string image, std::string by,
                     Done<ApplyReport> done) {
  core_->SetImage(rollout, std::move(container), std::move(image), std::move(by), std::move(done));
}

void Fleet::Undo(const RolloutName& rollout, std::optional<int> number, std::string by, Done<ApplyReport> done) {
  core_->Undo(rollout, number, std::move(by), std::move(done));
}

void Fleet::Rollback(const RolloutName& rollout, std::string by, std::string reason, Done<RollbackReport> done) {
  core_->Rollback(rollout, std::move(by), std::move(reason), std::move(done));
}

void Fleet::LetArtifactsGo(WallTime before, std::set<std::string> also_needed, Done<ArtifactsLetGo> done) {
  core_->LetArtifactsGo(before, std::move(also_needed), std::move(done));
}

Result<RolloutView> Fleet::Get(const RolloutName& rollout) const { return core_->Get(rollout); }
std::vector<RolloutView> Fleet::List(const std::optional<Namespace>& ns) const { return core_->List(ns); }
std::vector<state::ObjectRecord> Fleet::Objects(const std::optional<Namespace>& ns) const { return core_->Objects(ns); }
Health Fleet::GetHealth() const { return core_->GetHealth(); }

Fleet::Subscription Fleet::Subscribe(std::function<void(const RolloutName&)> changed) {
  return core_->Subscribe(std::move(changed));
}

void Fleet::Unsubscribe(Subscription subscription) { core_->Unsubscribe(subscription); }
void Fleet::OnInstances(std::vector<InstanceState> instances) { core_->OnInstances(std::move(instances)); }
void Fleet::OnEdge(EdgeSeen seen) { core_->OnEdge(std::move(seen)); }
void Fleet::OnBatch(EdgeBatch batch) { core_->OnBatch(batch); }
void Fleet::Tell(const RolloutName& rollout, std::vector<audit::Entry> entries) { core_->Tell(rollout, std::move(entries)); }
ClockJoin Fleet::Join() const { return core_->Join(); }
void Fleet::Tick() { core_->Tick(); }

}  // namespace tuesday::control
