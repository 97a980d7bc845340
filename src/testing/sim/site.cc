// SPDX-License-Identifier: Apache-2.0
#include "testing/sim/site.h"

#include <algorithm>
#include <utility>

namespace tuesday::sim {
namespace {

using rollout::AnalysisPhase;
using std::chrono::seconds;

constexpr Duration kEdgeCheckDelay = seconds(2);
constexpr Duration kAnalysisTime = seconds(20);
constexpr int kExposureForVerdictSeconds = 10;
constexpr int kRestartsForVerdict = 3;

bool IsOut(const rollout::CountTarget& target, int ordinal) {
  return target.out.has_value() && ordinal >= target.out->begin && ordinal < target.out->end;
}

}  // namespace

Quality Site::QualityOf(const RevisionId& revision) const {
  const auto found = truths_.find(revision);
  return found == truths_.end() ? Quality::kHealthy : found->second.quality;
}

bool Site::IsServer(const InstanceId& id) const {
  return std::ranges::any_of(edge_.slots, [&](const rollout::SlotUse& use) {
    const bool takes_traffic = (use.slot == edge_.stable_slot && edge_.weight < kFullWeight) ||
                               (use.slot == edge_.canary_slot && edge_.weight > kNoWeight);
    return takes_traffic && std::ranges::find(use.instances, id) != use.instances.end();
  });
}

void Site::ApplyRoute(const rollout::Route& route, Instant now) {
  if (route.epoch < edge_.epoch) return;
  if (route.slots.empty()) {
    // It forgets the epoch with the rollout: what comes late is taken for new.
    if (!edge_.slots.empty()) edge_before_ = std::exchange(edge_, {});
    server_since_.clear();
    return;
  }
  if (route.epoch > edge_.epoch) edge_before_ = edge_;
  edge_ = route;
  edge_was_reverted_ = false;
  std::map<InstanceId, Instant> since;
  for (const rollout::SlotUse& use : edge_.slots) {
    for (const InstanceId& id : use.instances) {
      const auto before = server_since_.find(id);
      since[id] = before == server_since_.end() ? now : before->second;
    }
  }
  server_since_ = std::move(since);
}

void Site::RestartEdgeWithOldRoute(Instant now) {
  if (edge_before_.epoch.value == 0) return;
  edge_ = edge_before_;
  edge_was_reverted_ = true;
  for (auto& [id, since] : server_since_) since = now;
}

std::string Site::ApplyCount(const rollout::CountTarget& target, std::uint64_t order, Instant now) {
  std::uint64_t& newest = count_orders_[target.revision];
  if (order < newest) return "";
  newest = order;
  std::string wrong;
  for (int ordinal = 0; ordinal < target.count; ++ordinal) {
    const InstanceId id(target.revision.str() + "-" + std::to_string(ordinal));
    if (IsOut(target, ordinal) || instances_.contains(id)) continue;
    SimInstance instance;
    instance.seen = {.id = id, .revision = target.revision, .ordinal = ordinal};
    const Duration slow = random_.Chance(faults_.instance_slow) ? random_.Span(seconds(0), seconds(120)) : Duration::zero();
    instance.ready_at = now + random_.Span(seconds(1), seconds(5)) + slow;
    instances_.emplace(id, instance);
  }
  for (auto& [id, instance] : instances_) {
    const bool runs = instance.seen.ordinal < target.count && !IsOut(target, instance.seen.ordinal);
    if (instance.seen.revision != target.revision || instance.seen.stopping || runs) continue;
    if (instance.seen.ready && IsServer(id) && !edge_was_reverted_) wrong = "stopped " + id.str() + ", a server of the edge";
    instance.seen.stopping = true;
    instance.seen.ready = false;
    instance.seen.ready_since.reset();
    instance.gone_at = now + random_.Span(seconds(0), seconds(10));
  }
  return wrong;
}

void Site::ApplyAnalysis(const rollout::AnalysisTarget& target, Instant now) {
  if (target.running) {
    analyses_.try_emplace(target.key, AnalysisPhase::kRunning, now);
    return;
  }
  const auto found = analyses_.find(target.key);
  if (found != analyses_.end() && found->second.first == AnalysisPhase::kRunning)
    found->second.first = AnalysisPhase::kSuccessful;
}

void Site::TickInstance(SimInstance& instance, Instant now) {
  if (instance.seen.stopping) return;
  const Quality quality = QualityOf(instance.seen.revision);
  if (instance.seen.ready) {
    const int crash = quality == Quality::kCrashes ? 100 : faults_.instance_crash;
    const bool crashed = random_.Chance(crash);
    if (!crashed && !random_.Chance(faults_.ready_flap)) return;
    instance.seen.ready = false;
    instance.seen.ready_since.reset();
    instance.seen.restarts += crashed ? 1 : 0;
    instance.ready_at = now + random_.Span(seconds(1), seconds(15));
  } else if (quality != Quality::kNeverReady && now >= instance.ready_at) {
    instance.seen.ready = true;
    instance.seen.ready_since = now;
  }
}

void Site::TickGate(Instant now, const rollout::Attempt& attempt) {
  const bool exposed = std::ranges::any_of(edge_.slots, [&](const rollout::SlotUse& use) {
    const bool taken = use.slot == edge_.stable_slot || (use.slot == edge_.canary_slot && edge_.weight > kNoWeight);
    return use.revision == attempt.revision && taken && !use.instances.empty();
  });
  int& exposure = exposed_seconds_[attempt.id];
  if (exposed) exposure += static_cast<int>((now - last_tick_) / seconds(1));
  gate::Finding finding;
  finding.reason = "too few canary requests";
  const Quality quality = QualityOf(attempt.revision);
  int restarts = 0;
  for (const auto& [id, instance] : instances_) {
    if (instance.seen.revision == attempt.revision) restarts += instance.seen.restarts;
  }
  if (quality == Quality::kCrashes && restarts >= kRestartsForVerdict) {
    finding = {gate::Verdict::kFail, "PodRestarts", {}};
  } else if (exposure >= kExposureForVerdictSeconds) {
    const bool bad = quality == Quality::kErrors || quality == Quality::kCrashes || random_.Chance(faults_.gate_false_fail);
    finding = {bad ? gate::Verdict::kFail : gate::Verdict::kPass, bad ? "CanaryHighErrorRate" : "clean", {}};
  }
  if (random_.Chance(faults_.gate_dark)) gate_dark_until_ = now + random_.Span(seconds(1), seconds(600));
  if (random_.Chance(faults_.gate_silent) || now < gate_dark_until_)
    finding = {gate::Verdict::kNoEvidence, "the left side is NaN", {}};
  gate_ = rollout::GateSeen{attempt.id, finding};
}

void Site::TickAnalyses(Instant now) {
  for (auto& [key, run] : analyses_) {
    if (run.first != AnalysisPhase::kRunning || now < run.second + kAnalysisTime) continue;
    run.first = random_.Chance(faults_.analysis_error)          ? AnalysisPhase::kError
                : random_.Chance(faults_.analysis_inconclusive) ? AnalysisPhase::kInconclusive
                                                                : AnalysisPhase::kSuccessful;
  }
}

void Site::Tick(Instant now, const std::optional<rollout::Attempt>& attempt) {
  for (auto& [id, instance] : instances_) TickInstance(instance, now);
  std::erase_if(instances_, [&](const auto& entry) { return entry.second.seen.stopping && now >= entry.second.gone_at; });
  TickAnalyses(now);
  const bool judged = attempt.has_value() && attempt->ending == rollout::Ending::kNone;
  if (judged) TickGate(now, *attempt);
  last_tick_ = now;
}

rollout::World Site::Observe(Instant now) const {
  rollout::World world;
  for (const auto& [id, instance] : instances_) world.instances.push_back(instance.seen);
  rollout::RouteSeen route;
  route.route = edge_;
  for (const auto& [id, since] : server_since_) {
    const auto found = instances_.find(id);
    if (found != instances_.end() && found->second.seen.ready && now >= since + kEdgeCheckDelay) route.serving.push_back(id);
  }
  world.route = std::move(route);
  world.gate = gate_;
  for (const auto& [key, run] : analyses_) world.analyses.push_back({key, run.first, ""});
  return world;
}

}  // namespace tuesday::sim
