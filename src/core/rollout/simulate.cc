// SPDX-License-Identifier: Apache-2.0
#include "core/rollout/simulate.h"

#include <algorithm>
#include <map>

#include "core/rollout/decide/turn.h"

namespace tuesday::rollout {
namespace {

constexpr Duration kPatience = std::chrono::minutes(1);  // Before an endless pause is promoted.
constexpr Duration kBackOffLeast = std::chrono::seconds(1);
constexpr Duration kBackOffMost = std::chrono::seconds(60);
constexpr int kDoublingsMax = 6;

// The world of one simulated rollout: everything that was asked for comes true after its delay.
class Play {
 public:
  Play(const Spec& spec, const Scenario& scenario) : spec_(spec), scenario_(scenario) {}

  void Establish(const RevisionId& before);
  Simulation Run();

 private:
  void Decide();
  void Take(const Effect& effect);
  void TakeCount(const CountTarget& target);
  void ComeTrue();
  void BecomeReady();
  void Crash();
  void AskAnalyses();
  void AskGate();
  void Note(const audit::Entry& entry);
  bool IsJudged() const;
  int Running(const RevisionId& revision) const;
  Instant NextMoment() const;
  SimulatedMoment Moment() const;

  Spec spec_;
  const Scenario& scenario_;
  Status status_;
  World world_;
  Instant now_ = Instant{} + std::chrono::hours(1);
  Instant applied_at_;
  Instant next_gate_;
  std::optional<Instant> wake_at_;
  std::optional<std::pair<Instant, Route>> route_on_its_way_;
  std::map<InstanceId, Instant> ready_at_;
  std::map<InstanceId, Instant> up_at_;
  std::map<InstanceId, Instant> crash_at_;
  std::map<AnalysisRunKey, Instant> analysis_ends_at_;
  Simulation result_;
};

int Play::Running(const RevisionId& revision) const {
  return static_cast<int>(std::ranges::count(world_.instances, revision, &InstanceSeen::revision));
}

bool Play::IsJudged() const {
  return status_.attempt.has_value() && status_.attempt->ending == Ending::kNone && !IsInitial(*status_.attempt);
}

SimulatedMoment Play::Moment() const {
  const Attempt& attempt = *status_.attempt;
  const Weight weight = attempt.stage == Stage::kBaking ? kFullWeight : world_.route->route.weight;
  return {.attempt = attempt.id,
          .now = now_,
          .since_attempt = now_ - attempt.started_at,
          .weight = weight,
          .canary_instances = Running(attempt.revision),
          .stable_instances = Running(*attempt.baseline),
          .stage = attempt.stage,
          .judged = &attempt,
          .instances = &world_.instances};
}

void Play::Establish(const RevisionId& before) {
  const RevisionId revision = spec_.revision;
  spec_.revision = before;
  const Instant end = now_ + scenario_.time_max;
  while (!(status_.stable == before && status_.phase == Phase::kHealthy) && now_ < end) {
    Decide();
    now_ = NextMoment();
    ComeTrue();
  }
  spec_.revision = revision;
  ++spec_.generation.value;
  result_ = {};
  applied_at_ = now_;
  next_gate_ = now_ + scenario_.gate_interval;
}

void Play::TakeCount(const CountTarget& target) {
  std::erase_if(world_.instances,
                [&](const InstanceSeen& seen) { return seen.revision == target.revision && seen.ordinal >= target.count; });
  const bool becomes_ready = target.revision != spec_.revision || !status_.stable.has_value() || scenario_.canary_becomes_ready;
  for (int ordinal = 0; ordinal < target.count; ++ordinal) {
    const InstanceId id(target.revision.str() + "-" + std::to_string(ordinal));
    if (std::ranges::find(world_.instances, id, &InstanceSeen::id) != world_.instances.end()) continue;
    InstanceSeen seen;
    seen.id = id;
    seen.revision = target.revision;
    seen.ordinal = ordinal;
    world_.instances.push_back(std::move(seen));
    if (becomes_ready) ready_at_[id] = now_ + scenario_.instance_start;
  }
  std::ranges::sort(world_.instances, {}, &InstanceSeen::id);
}

void Play::Take(const Effect& effect) {
  if (const auto* count = std::get_if<CountTarget>(&effect)) return TakeCount(*count);
  if (const auto* route = std::get_if<RouteTarget>(&effect)) {
    const bool known = route_on_its_way_.has_value() && route_on_its_way_->second.epoch == route->route.epoch;
    if (!known) route_on_its_way_ = {now_ + scenario_.edge_delay, route->route};
    return;
  }
  const auto& analysis = std::get<AnalysisTarget>(effect);
  if (scenario_.analyses != nullptr) return scenario_.analyses->Target(analysis, now_);
  if (!analysis.running) {
    std::erase_if(world_.analyses, [&](const AnalysisSeen& seen) { return seen.key == analysis.key; });
    analysis_ends_at_.erase(analysis.key);
  } else {
    world_.analyses.push_back({analysis.key, AnalysisPhase::kRunning, ""});
    analysis_ends_at_[analysis.key] = now_ + scenario_.analysis_time;
  }
}

void Play::Note(const audit::Entry& entry) {
  SimulatedEvent event{.at = now_ - applied_at_, .kind = entry.kind, .message = entry.message, .weight = status_.route.weight};
  if (status_.attempt.has_value()) {
    event.step = status_.attempt->step;
    event.canary_instances = Running(status_.attempt->revision);
    if (status_.attempt->baseline.has_value()) event.stable_instances = Running(*status_.attempt->baseline);
  }
  if (world_.gate.has_value()) event.verdict = world_.gate->finding.verdict;
  result_.timeline.push_back(std::move(event));
}

void Play::Decide() {
  Outcome outcome = Reconcile(spec_, std::move(status_), world_, now_);
  ++result_.decisions;
  status_ = std::move(outcome.status);
  wake_at_ = outcome.wake_at;
  for (const Effect& effect : outcome.effects) Take(effect);
  for (const audit::Entry& entry : outcome.entries) Note(entry);
}

void Play::BecomeReady() {
  for (InstanceSeen& seen : world_.instances) {
    const auto ready = ready_at_.find(seen.id);
    if (ready == ready_at_.end() || ready->second > now_) continue;
    seen.ready = true;
    seen.ready_since = ready->second;
    const bool is_new = seen.revision == spec_.revision && status_.stable.has_value();
    if (is_new && scenario_.canary_crash_after) crash_at_[seen.id] = ready->second + *scenario_.canary_crash_after;
    ready_at_.erase(ready);
  }
}

// As its supervisor does: started again after a back-off that doubles.
void Play::Crash() {
  for (InstanceSeen& seen : world_.instances) {
    const auto crash = crash_at_.find(seen.id);
    if (crash == crash_at_.end() || crash->second > now_) continue;
    crash_at_.erase(crash);
    seen.ready = false;
    seen.ready_since.reset();
    const Duration back_off = std::min<Duration>(kBackOffMost, kBackOffLeast * (1 << std::min(seen.restarts, kDoublingsMax)));
    ++seen.restarts;
    ready_at_[seen.id] = now_ + back_off + scenario_.instance_start;
    if (world_.route.has_value()) std::erase(world_.route->serving, seen.id);
    up_at_[seen.id] = ready_at_[seen.id] + scenario_.edge_check;
  }
}

void Play::ComeTrue() {
  Crash();
  BecomeReady();
  if (route_on_its_way_.has_value() && route_on_its_way_->first <= now_) {
    if (!world_.route.has_value()) world_.route.emplace();
    world_.route->route = route_on_its_way_->second;
    route_on_its_way_.reset();
    for (const SlotUse& use : world_.route->route.slots) {
      for (const InstanceId& id : use.instances) up_at_.try_emplace(id, now_ + scenario_.edge_check);
    }
  }
  for (auto up = up_at_.begin(); world_.route.has_value() && up != up_at_.end(); ++up) {
    auto& serving = world_.route->serving;
    if (up->second <= now_ && !std::ranges::binary_search(serving, up->first)) {
      serving.insert(std::ranges::lower_bound(serving, up->first), up->first);
    }
  }
  for (AnalysisSeen& seen : world_.analyses) {
    const auto end = analysis_ends_at_.find(seen.key);
    if (end != analysis_ends_at_.end() && end->second <= now_ && seen.phase == AnalysisPhase::kRunning)
      seen.phase = scenario_.analysis_ends;
  }
}

void Play::AskAnalyses() {
  if (scenario_.analyses == nullptr || !IsJudged() || !world_.route.has_value()) return;
  world_.analyses = scenario_.analyses->Seen(Moment());
}

void Play::AskGate() {
  if (now_ < next_gate_) return;
  next_gate_ = now_ + scenario_.gate_interval;
  if (!IsJudged() || !world_.route.has_value()) return;
  const gate::Finding pass{gate::Verdict::kPass, "nothing speaks against it", {}};
  world_.gate = GateSeen{status_.attempt->id, scenario_.gate ? scenario_.gate(Moment()) : pass};
}

// The next instant at which anything can change: this is what makes virtual time quick.
Instant Play::NextMoment() const {
  Instant next = now_ + scenario_.gate_interval;
  const auto consider = [&](Instant at) {
    if (at > now_) next = std::min(next, at);
  };
  if (wake_at_.has_value()) consider(*wake_at_);
  if (route_on_its_way_.has_value()) consider(route_on_its_way_->first);
  for (const auto& [id, at] : ready_at_) consider(at);
  for (const auto& [id, at] : up_at_) consider(at);
  for (const auto& [key, at] : analysis_ends_at_) consider(at);
  for (const auto& [id, at] : crash_at_) consider(at);
  if (IsJudged()) consider(next_gate_);
  if (IsJudged() && scenario_.analyses != nullptr) consider(scenario_.analyses->WakeAt().value_or(next));
  return next;
}

Simulation Play::Run() {
  const Instant end = applied_at_ + scenario_.time_max;
  while (now_ < end) {
    AskAnalyses();
    AskGate();
    Decide();
    const std::optional<Attempt>& attempt = status_.attempt;
    const bool over = attempt.has_value() && (attempt->stage == Stage::kDone || attempt->stage == Stage::kAborted);
    if (over) break;
    const bool waits = attempt->pause.has_value() && status_.phase == Phase::kPaused && !wake_at_.has_value();
    if (waits && scenario_.promote_endless_pauses && now_ >= attempt->pause->since + kPatience) {
      Result<Outcome> promoted = Handle(spec_, status_, {Verb::kPromote, "simulate", "the pause has no duration"}, now_);
      if (promoted.has_value()) {
        status_ = std::move(promoted->status);
        continue;
      }
    }
    now_ = NextMoment();
    ComeTrue();
  }
  result_.ending = status_.attempt.has_value() ? status_.attempt->ending : Ending::kNone;
  result_.phase = status_.phase;
  result_.message = status_.message;
  result_.took = now_ - applied_at_;
  return std::move(result_);
}

}  // namespace

Simulation Simulate(const Spec& spec, const RevisionId& before, const Scenario& scenario) {
  Play play(spec, scenario);
  play.Establish(before);
  return play.Run();
}

}  // namespace tuesday::rollout
