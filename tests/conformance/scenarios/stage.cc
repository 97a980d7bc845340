// SPDX-License-Identifier: Apache-2.0
#include "stage.h"

#include "base/check.h"

namespace tuesday::scenarios {
namespace {

constexpr Duration kAnswerLimit = std::chrono::seconds(30);
constexpr Duration kEdgePoll = std::chrono::milliseconds(250);

}  // namespace

Stage::Stage() {
  fleet_ = std::make_unique<control::Fleet>(control::Ports{.store = store_,
                                                           .workloads = instances_,
                                                           .router = router_,
                                                           .blobs = blobs_,
                                                           .artifacts = artifacts_,
                                                           .clock = clock_,
                                                           .executor = executor_,
                                                           .judge = &judge_,
                                                           .analyses = &analyses_},
                                            control::FleetSettings{.edge_poll = kEdgePoll, .edge_poll_in_flight = kEdgePoll});
  bool recovered = false;
  fleet_->Recover([&](const Result<void>& result) { recovered = result.has_value(); });
  CHECK(executor_.RunUntilHolds([&] { return recovered; }, kAnswerLimit), "an empty fleet recovers");
}

Result<void> Stage::Bind(const std::string& image) {
  if (image.empty() || !bound_.insert(image).second) return {};
  const std::string source = "dir:/images/" + image;
  artifacts_.SetContent(source, 1);
  std::optional<Result<state::ImageBinding>> answer;
  fleet_->BindImage(image, source, "upstream", [&](Result<state::ImageBinding> result) { answer.emplace(std::move(result)); });
  CHECK(executor_.RunUntilHolds([&] { return answer.has_value(); }, kAnswerLimit), "a binding is answered");
  if (!answer->has_value()) return std::unexpected(answer->error());
  return {};
}

Result<void> Stage::Apply() {
  for (const std::string& image : objects_.Images()) TRY_OK(Bind(image));
  std::optional<Result<control::ApplyReport>> answer;
  fleet_->Apply({Namespace("default"), {{"scenario.yaml", objects_.Text()}}, "upstream"},
                [&](Result<control::ApplyReport> report) { answer.emplace(std::move(report)); });
  CHECK(executor_.RunUntilHolds([&] { return answer.has_value(); }, kAnswerLimit), "an apply is answered");
  if (!answer->has_value()) return std::unexpected(answer->error());
  return {};
}

Result<void> Stage::Act(rollout::Verb verb) {
  std::optional<Result<void>> answer;
  fleet_->Act(Name(), {verb, "upstream", "a scenario"}, [&](Result<void> result) { answer.emplace(std::move(result)); });
  CHECK(executor_.RunUntilHolds([&] { return answer.has_value(); }, kAnswerLimit), "a verb is answered");
  return *answer;
}

Result<void> Stage::Undo(std::optional<int> number) {
  std::optional<Result<control::ApplyReport>> answer;
  fleet_->Undo(Name(), number, "upstream", [&](Result<control::ApplyReport> result) { answer.emplace(std::move(result)); });
  CHECK(executor_.RunUntilHolds([&] { return answer.has_value(); }, kAnswerLimit), "an undo is answered");
  if (!answer->has_value()) return std::unexpected(answer->error());
  return {};
}

void Stage::MarkReady(int number, int count) {
  for (const rollout::RevisionState& revision : View().status.revisions) {
    if (revision.number == number) instances_.MarkReady(revision.id, count);
  }
}

control::RolloutView Stage::View() const {
  Result<control::RolloutView> view = fleet_->Get(Name());
  return view.has_value() ? *std::move(view) : control::RolloutView{};
}

}  // namespace tuesday::scenarios
