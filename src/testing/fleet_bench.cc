// SPDX-License-Identifier: Apache-2.0
#include "testing/fleet_bench.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "core/rollout/describe.h"

namespace tuesday::testing {

namespace {

constexpr Duration kAnswerLimit = std::chrono::seconds(30);
constexpr Duration kPoll = std::chrono::seconds(1);  // Four times rarer than in earnest: a canary in a quarter of the events.

constexpr std::string_view kManifest = R"(apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata:
  name: NAME
  annotations: {tuesday/bake: 2m}
spec:
  replicas: 4
  selector: {matchLabels: {app: NAME}}
  strategy:
    canary:
      canaryService: NAME-canary
      stableService: NAME-stable
      trafficRouting: {nginx: {stableIngress: NAME}}
      steps:
        - setWeight: 10
        - pause: {duration: 1m}
        - setWeight: 50
        - pause: {duration: 1m}
  template:
    metadata: {labels: {app: NAME}}
    spec:
      containers:
        - name: main
          image: dir:/NAME/VERSION
          ports: [{containerPort: 3000}]
)";

void Replace(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

}  // namespace

FleetBench::FleetBench() {
  for (const char* name : {"api", "web"}) {
    for (const char* version : {"v1", "v2", "v3", "v4"}) artifacts_.SetContent(std::string("dir:/") + name + "/" + version, 1);
  }
}

std::string FleetBench::Manifest(const std::string& version, const std::string& name) {
  std::string text(kManifest);
  Replace(text, "NAME", name);
  Replace(text, "VERSION", version);
  return text;
}

std::string FleetBench::BlueGreenManifest(const std::string& version, const std::string& name) {
  std::string text = Manifest(version, name);
  const std::size_t begin = text.find("    canary:\n");
  text.replace(begin, text.find("  template:") - begin,
               "    blueGreen: {activeService: " + name + "-active, previewService: " + name + "-preview}\n");
  return text;
}

void FleetBench::Start() {
  judge_ = std::make_unique<FakeJudge>();
  judge_->SetOpinion([this](const RolloutName& name, const rollout::Attempt& attempt) { return Opinion(name, attempt); });
  fleet_ = std::make_unique<control::Fleet>(control::Ports{.store = store_,
                                                           .workloads = workloads_,
                                                           .router = router_,
                                                           .blobs = blobs_,
                                                           .artifacts = artifacts_,
                                                           .clock = clock_,
                                                           .executor = executor_,
                                                           .judge = judge_.get(),
                                                           .images = has_images_ ? &fake_images_ : nullptr},
                                            control::FleetSettings{.instances_poll = kPoll, .edge_poll_in_flight = kPoll});
  fleet_->Subscribe([this](const RolloutName&) { ++changes_; });
  std::optional<Result<void>> answer;
  fleet_->Recover([&](Result<void> result) { answer = std::move(result); });
  CHECK(executor_.RunUntilHolds([&] { return answer.has_value(); }, kAnswerLimit), "Recover answers");
  CHECK(answer->has_value(), answer->error().message);
}

void FleetBench::Crash() {
  fleet_.reset();
  judge_.reset();
  executor_.Crash();
}

bool FleetBench::RunUntil(const std::function<bool()>& holds, Duration limit) {
  std::optional<std::uint64_t> asked_at;
  const auto asked = [&] {
    const std::uint64_t seen = changes_ + router_.history().size();
    if (std::exchange(asked_at, seen) == seen) return false;
    return holds();
  };
  return executor_.RunUntilHolds(asked, limit) || holds();
}

Result<control::ApplyReport> FleetBench::Apply(const std::string& manifests) {
  auto answer = std::make_shared<std::optional<Result<control::ApplyReport>>>();
  fleet_->Apply({Namespace("default"), {{"test.yaml", manifests}}, "tester"},
                [answer](Result<control::ApplyReport> report) { answer->emplace(std::move(report)); });
  CHECK(executor_.RunUntilHolds([&] { return answer->has_value(); }, kAnswerLimit), "Apply answers");
  return **answer;
}

Result<control::ApplyReport> FleetBench::Undo(std::optional<int> number, const std::string& name) {
  auto answer = std::make_shared<std::optional<Result<control::ApplyReport>>>();
  fleet_->Undo(NameOf(name), number, "tester",
               [answer](Result<control::ApplyReport> report) { answer->emplace(std::move(report)); });
  CHECK(executor_.RunUntilHolds([&] { return answer->has_value(); }, kAnswerLimit), "Undo answers");
  return **answer;
}

Result<void> FleetBench::Act(rollout::Verb verb, const std::string& name) {
  auto answer = std::make_shared<std::optional<Result<void>>>();
  fleet_->Act(NameOf(name), {verb, "tester", "a test"}, [answer](Result<void> result) { answer->emplace(std::move(result)); });
  CHECK(executor_.RunUntilHolds([&] { return answer->has_value(); }, kAnswerLimit), "Act answers");
  return **answer;
}

bool FleetBench::HadTraffic(const RolloutName& rollout, const RevisionId& revision) const {
  return std::ranges::any_of(router_.history(), [&](const RouteSpec& spec) {
    if (spec.rollout != rollout || spec.route.weight == kNoWeight) return false;
    return std::ranges::any_of(spec.route.slots, [&](const rollout::SlotUse& use) {
      return use.slot == spec.route.canary_slot && use.revision == revision;
    });
  });
}

gate::Finding FleetBench::Opinion(const RolloutName& rollout, const rollout::Attempt& attempt) const {
  const std::string version = VersionOf(attempt.revision, rollout.name);
  const bool is_faulty = std::ranges::find(faulty_, version) != faulty_.end();
  if (is_faulty && HadTraffic(rollout, attempt.revision)) return {gate::Verdict::kFail, version + " fails", {}};
  return {gate::Verdict::kPass, "as well as stable", {}};
}

control::RolloutView FleetBench::View(const std::string& name) const {
  Result<control::RolloutView> view = fleet_->Get(NameOf(name));
  return view ? *std::move(view) : control::RolloutView{};
}

std::string FleetBench::VersionOf(const RevisionId& revision, const std::string& name) const {
  const auto known = versions_.find(revision);
  if (known != versions_.end()) return known->second;
  const control::RolloutView view = View(name);
  const auto images = view.images.find(revision);
  if (images == view.images.end() || images->second.empty()) return "?";
  return versions_[revision] = images->second.front().substr(images->second.front().rfind('/') + 1);
}

bool FleetBench::IsStable(const std::string& version, const std::string& name) const {
  if (fleet_ == nullptr) return false;
  const control::RolloutView view = View(name);
  if (!view.status.stable || !view.status.attempt || !view.world.route) return false;
  return VersionOf(*view.status.stable, name) == version && view.status.attempt->stage == rollout::Stage::kDone &&
         view.status.phase == rollout::Phase::kHealthy && view.world.route->route == view.status.route;
}

bool FleetBench::IsAborted(const std::string& name) const {
  if (fleet_ == nullptr) return false;
  const control::RolloutView view = View(name);
  return view.status.attempt && view.status.attempt->stage == rollout::Stage::kAborted;
}

bool FleetBench::RunUntilStable(const std::string& version, Duration limit, const std::string& name) {
  return RunUntil([&] { return IsStable(version, name); }, limit);
}

bool FleetBench::RunUntilAborted(Duration limit, const std::string& name) {
  return RunUntil([&] { return IsAborted(name); }, limit);
}

std::string FleetBench::RouteText(const std::string& name) const {
  const RouteSpec* spec = router_.Find(NameOf(name));
  if (spec == nullptr) return "none";
  std::string stable = "?";
  std::string canary = "?";
  for (const rollout::SlotUse& use : spec->route.slots) {
    if (use.slot == spec->route.stable_slot) stable = VersionOf(use.revision, name);
    if (use.slot == spec->route.canary_slot) canary = VersionOf(use.revision, name);
  }
  std::string text = "stable " + stable;
  if (spec->route.canary_slot != spec->route.stable_slot) text += " canary " + canary + " " + spec->route.weight.Text();
  return text;
}

int FleetBench::CanaryPermille(const std::string& name) const {
  const RouteSpec* spec = router_.Find(NameOf(name));
  if (spec == nullptr || spec->route.canary_slot == spec->route.stable_slot) return 0;
  return spec->route.weight.permille();
}

std::vector<std::string> FleetBench::EntryKinds(const std::string& name) const {
  std::vector<std::string> kinds;
  for (const NewEntry& entry : store_.entries()) {
    if (entry.object.name == name && entry.object.kind == "Rollout") kinds.push_back(entry.entry.kind);
  }
  return kinds;
}

}  // namespace tuesday::testing
