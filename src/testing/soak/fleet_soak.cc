// SPDX-License-Identifier: Apache-2.0
#include "testing/soak/fleet_soak.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace tuesday::testing {

namespace {

constexpr Duration kAnswerLimit = std::chrono::seconds(30);
constexpr Duration kStuckAfter = std::chrono::hours(1);
constexpr Duration kLongerThanAnythingIsKept = std::chrono::minutes(15);
constexpr std::uint64_t kStableRequests = 90;  // A pulse.
constexpr std::uint64_t kCanaryRequests = 30;

constexpr std::string_view kRules = R"(apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: canary}
spec:
  groups:
    - name: canary
      interval: 10s
      rules:
        - alert: CanaryHighErrorRate
          expr: sum(rate(http_requests_total{status=~"5..",canary="true"}[30s])) / sum(rate(http_requests_total{canary="true"}[30s])) > 0.05
          for: 10s
)";

constexpr std::string_view kManifest = R"(---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata:
  name: NAME
  annotations: {tuesday/bake: PAUSEs}
spec:
  replicas: REPLICAS
  revisionHistoryLimit: 2
  selector: {matchLabels: {app: NAME}}
  strategy:
    canary:
      canaryService: NAME-canary
      stableService: NAME-stable
      trafficRouting: {nginx: {stableIngress: NAME}}
      steps:
        - setWeight: 20
        - pause: {duration: PAUSEs}
        - setWeight: 60
        - pause: {duration: PAUSEs}
  template:
    metadata: {labels: {app: NAME}}
    spec:
      containers:
        - name: main
          image: dir:/NAME/VERSION
          ports: [{containerPort: 3000}]
)";

void Replace(std::string& text, std::string_view what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

RequestTally TallyOf(const RolloutName& rollout, const rollout::SlotUse& use, std::uint64_t requests, bool is_faulty) {
  RequestTally tally;
  tally.rollout = rollout;
  tally.slot = use.slot;
  if (!use.instances.empty()) tally.instance = use.instances.front();
  tally.by_status[200] = is_faulty ? requests / 2 : requests;
  if (is_faulty) tally.by_status[500] = requests - requests / 2;
  tally.duration.buckets[20] = requests;
  tally.first_byte.buckets[18] = requests;
  return tally;
}

}  // namespace

FleetSoak::FleetSoak(SoakSettings settings) : settings_(settings), series_(settings.samples_bytes_max) {
  join_ = {clock_.Now(), clock_.Wall()};
  services_.resize(static_cast<std::size_t>(settings_.services));
  Start();
}

void FleetSoak::Start() {
  recorder_ = std::make_unique<control::Recorder>(
      series_, join_, nullptr,
      control::RecorderSettings{
          .interval = settings_.pulse, .interval_in_flight = settings_.pulse, .retention = settings_.samples_retention});
  judge_ = std::make_unique<control::RuleJudge>(
      control::JudgeParts{.store = series_,
                          .recorder = *recorder_,
                          .analyses = nullptr,
                          .executor = executor_,
                          .join = join_,
                          .changed = [this](const RolloutName& name) { fleet_->Tell(name, {}); }},
      control::JudgeSettings{.gate_interval = settings_.pulse});
  fleet_ = std::make_unique<control::Fleet>(
      control::Ports{.store = store_,
                     .workloads = workloads_,
                     .router = router_,
                     .blobs = blobs_,
                     .artifacts = artifacts_,
                     .clock = clock_,
                     .executor = executor_,
                     .judge = judge_.get(),
                     .observer = recorder_.get()},
      control::FleetSettings{
          .instances_poll = settings_.pulse, .edge_poll = settings_.pulse, .edge_poll_in_flight = settings_.pulse});
  fleet_->Subscribe([this](const RolloutName& name) {
    if (const auto found = by_name_.find(name.name); found != by_name_.end()) services_[found->second].is_dirty = true;
  });
  std::optional<Result<void>> answer;
  fleet_->Recover([&](Result<void> result) { answer = std::move(result); });
  CHECK(executor_.RunUntilHolds([&] { return answer.has_value(); }, kAnswerLimit), "Recover answers");
  CHECK(answer->has_value(), answer->error().message);
  fleet_->Apply({Namespace("default"), {{"rules.yaml", std::string(kRules)}}, "soak"},
                [](const auto& report) { CHECK(report.has_value(), report.error().message); });
  for (Service& service : services_) {
    Replace(service);
  }
  Pulse();
}

void FleetSoak::RunUntilEnded(std::uint64_t rollouts) {
  std::uint64_t seen = ended_;
  Instant moved_at = clock_.Now();
  while (ended_ < rollouts) {
    CHECK(executor_.Step(), "the fleet never rests");
    if (std::exchange(seen, ended_) != ended_) moved_at = clock_.Now();
    CHECK(clock_.Now() - moved_at < kStuckAfter, "rollouts end");
  }
}

void FleetSoak::Rest() {
  is_resting_ = true;
  const Instant until = clock_.Now() + kStuckAfter;
  const auto has_version = [](const Service* service) { return service->version != 0; };
  while (due_.size() < services_.size() || !std::ranges::all_of(due_, has_version)) {
    CHECK(executor_.Step(until), "every rollout ends");
  }
  executor_.RunFor(kLongerThanAnythingIsKept);
  is_resting_ = false;
}

int FleetSoak::InFlight() const {
  int count = 0;
  for (const control::RolloutView& view : fleet_->List(std::nullopt)) {
    const std::optional<rollout::Attempt>& attempt = view.status.attempt;
    count += attempt && attempt->stage != rollout::Stage::kDone && attempt->stage != rollout::Stage::kAborted ? 1 : 0;
  }
  return count;
}

std::string FleetSoak::Manifest(const Service& service) const {
  std::string text(kManifest);
  testing::Replace(text, "NAME", service.name);
  testing::Replace(text, "VERSION", "v" + std::to_string(service.version));
  testing::Replace(text, "REPLICAS", std::to_string(settings_.replicas));
  testing::Replace(text, "PAUSE", std::to_string(std::chrono::duration_cast<std::chrono::seconds>(settings_.pause).count()));
  return text;
}

void FleetSoak::Pulse() {
  for (Service& service : services_) {
    if (std::exchange(service.is_dirty, false)) Look(service);
  }
  if (const std::vector<Service*> due = TakeDue(); !due.empty()) Release(due);
  Serve();
  ForgetWhatIsOver();
  executor_.At(clock_.Now() + settings_.pulse, [this] { Pulse(); });
}

// In a rest only who has nothing yet gets a version: as many services run at each rest.
std::vector<FleetSoak::Service*> FleetSoak::TakeDue() {
  if (!is_resting_) return std::exchange(due_, {});
  std::vector<Service*> first;
  std::erase_if(due_, [&first](Service* service) {
    if (service->version != 0) return false;
    first.push_back(service);
    return true;
  });
  return first;
}

void FleetSoak::Serve() {
  EdgeBatch batch;
  batch.at = clock_.Wall();
  for (const Service& service : services_) {
    const RouteSpec* spec = router_.Find(NameOf(service));
    if (spec == nullptr) continue;
    const rollout::Route& route = spec->route;
    for (const rollout::SlotUse& use : route.slots) {
      const bool is_canary = use.slot == route.canary_slot && use.slot != route.stable_slot;
      if (use.slot != route.stable_slot && !is_canary) continue;
      if (is_canary && route.weight == kNoWeight) continue;
      const auto version = service.versions.find(use.revision);
      const bool is_faulty = is_canary && version != service.versions.end() && IsFaulty(version->second);
      batch.tallies.push_back(TallyOf(spec->rollout, use, is_canary ? kCanaryRequests : kStableRequests, is_faulty));
      batch.lines += is_canary ? kCanaryRequests : kStableRequests;
    }
  }
  fleet_->OnBatch(batch);
}

void FleetSoak::Look(Service& service) {
  const Result<control::RolloutView> view = fleet_->Get(NameOf(service));
  if (!view) {
    if (!service.is_going) return;
    ++deleted_;
    return Replace(service);
  }
  service.versions.clear();
  for (const auto& [revision, images] : view->images) {
    const std::string& image = images.front();
    service.versions[revision] = std::stoi(image.substr(image.rfind('v') + 1));
  }
  const rollout::Status& status = view->status;
  if (service.is_going || service.is_due || !status.attempt ||
      status.attempts_begun != static_cast<std::uint64_t>(service.version))
    return;
  const bool is_aborted = status.attempt->stage == rollout::Stage::kAborted;
  if (!is_aborted && status.attempt->stage != rollout::Stage::kDone) return;
  ++ended_;
  aborted_ += is_aborted ? 1 : 0;
  if (settings_.deleted_after == 0 || service.version < settings_.deleted_after || is_aborted) return Due(service);
  service.is_going = true;
  fleet_->Delete({.ns = Namespace("default"),
                  .files = {},
                  .objects = {{Namespace("default"), "Rollout", service.name}},
                  .by = "soak",
                  .reason = ""},
                 [](const auto& report) { CHECK(report.has_value(), report.error().message); });
}

void FleetSoak::Replace(Service& service) {
  by_name_.erase(service.name);
  service = Service();
  service.name = "svc" + std::to_string(names_given_++);
  by_name_[service.name] = static_cast<std::size_t>(&service - services_.data());
  Due(service);
}

void FleetSoak::Due(Service& service) {
  service.is_due = true;
  due_.push_back(&service);
}

void FleetSoak::Release(const std::vector<Service*>& services) {
  std::string manifests;
  for (Service* service : services) {
    service->is_due = false;
    ++service->version;
    manifests += Manifest(*service);
  }
  fleet_->Apply({Namespace("default"), {{"soak.yaml", std::move(manifests)}}, "soak"},
                [](const auto& report) { CHECK(report.has_value(), report.error().message); });
}

void FleetSoak::ForgetWhatIsOver() {
  store_.ForgetEntries();
  blobs_.Clear();
  router_.ForgetHistory();
  workloads_.ForgetStopped();
}

}  // namespace tuesday::testing
