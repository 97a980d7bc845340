// SPDX-License-Identifier: Apache-2.0
#include "attempt.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>

#include "base/check.h"
#include "control/gate/rule_judge.h"
#include "control/gate/sealing_source.h"
#include "control/metrics/recorder.h"
#include "control/metrics/roles.h"
#include "core/manifest/object.h"
#include "core/metrics/batch.h"
#include "core/metrics/view.h"
#include "testing/virtual_executor.h"

namespace tuesday::replay {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kHistory = minutes(4);
constexpr Duration kSteppingTime = minutes(14);
constexpr Duration kBakeTime = minutes(4);
// Ticks of a real daemon are a little late, each by another time; the replay's grid follows from it.
constexpr Duration kGrid = milliseconds(250);
constexpr int kRequestsASecond = 120;
constexpr double kMedianSeconds = 0.02;
constexpr double kSpread = 0.5;
constexpr int kStableSlot = 0;
constexpr int kCanarySlot = 1;
constexpr int kStableInstances = 2;
const RevisionId kStable("5ab1e00000");
const RevisionId kCanary("ca4a400000");
const RolloutName kRollout{Namespace("shop"), "api-server"};
const Instant kBegan = Instant(seconds(100'000)) + 3 * kGrid;
const ClockJoin kJoin{Instant{}, WallTime(seconds(1'767'700'000))};

std::int64_t Milliseconds(Instant at) { return kJoin.ToWall(at).time_since_epoch().count(); }

struct StepOfPlot {
  Duration until;
  double weight = 0;
  int canaries = 0;
};
const StepOfPlot kSteps[] = {
    {minutes(4), 0.1, 1}, {minutes(8), 0.3, 1}, {kSteppingTime, 0.6, 2}, {kSteppingTime + kBakeTime, 1, 2}};

const StepOfPlot& StepAt(Duration since_began) {
  const auto* const found = std::ranges::find_if(kSteps, [&](const StepOfPlot& step) { return since_began < step.until; });
  return found == std::end(kSteps) ? kSteps[std::size(kSteps) - 1] : *found;
}

// The outside: instances and the requests that the edge counted.
class Scene {
 public:
  explicit Scene(const Plot& plot) : plot_(plot) {
    for (int ordinal = 0; ordinal < kStableInstances; ++ordinal) AddInstance(kStable, ordinal);
  }

  const std::vector<InstanceState>& instances() const { return instances_; }

  void Advance(Instant now) {
    if (now < kBegan) return;
    const Duration since = now - kBegan;
    const int canaries = since < seconds(2) ? 0 : StepAt(since).canaries;
    while (canaries_ < canaries) AddInstance(kCanary, canaries_++);
    for (InstanceState& instance : instances_) {
      if (instance.revision != kCanary || instance.ordinal != 0) continue;
      instance.restarts =
          static_cast<int>(std::ranges::count_if(plot_.restarts_at, [&](int second) { return since >= seconds(second); }));
    }
  }

  EdgeBatch Requests(Instant now, Duration during) {
    EdgeBatch batch;
    batch.at = kJoin.ToWall(now);
    const double share = canaries_ == 0 ? 0 : StepAt(now - kBegan).weight;
    const double sent = kRequestsASecond * std::chrono::duration<double>(during).count();
    for (const InstanceState& instance : instances_) {
      const bool is_canary = instance.revision == kCanary;
      const double mean = sent * (is_canary ? share / canaries_ : (1 - share) / kStableInstances);
      batch.tallies.push_back(Tally(instance, mean, is_canary, now));
    }
    return batch;
  }

 private:
  void AddInstance(const RevisionId& revision, int ordinal) {
    InstanceState& instance = instances_.emplace_back();
    instance.id = InstanceId(kRollout.name + "-" + revision.str() + "-" + std::to_string(ordinal));
    instance.rollout = kRollout;
    instance.revision = revision;
    instance.ordinal = ordinal;
    instance.phase = InstancePhase::kRunning;
    instance.ready = true;
  }

  RequestTally Tally(const InstanceState& instance, double mean, bool is_canary, Instant now) {
    RequestTally tally;
    tally.rollout = kRollout;
    tally.slot = is_canary ? kCanarySlot : kStableSlot;
    tally.instance = instance.id;
    const Duration since = now - kBegan;
    const bool is_bad = is_canary && since >= seconds(plot_.bad_from) && since < seconds(plot_.bad_until);
    const int count = mean > 0 ? std::poisson_distribution<int>(mean)(random_) : 0;
    std::lognormal_distribution<double> latency(std::log(kMedianSeconds * (is_bad ? plot_.latency_factor : 1)), kSpread);
    std::bernoulli_distribution failed(is_bad ? plot_.error_share : 0.0005);
    for (int i = 0; i < count; ++i) {
      ++tally.by_status[failed(random_) ? (i % 2 == 0 ? 500 : 503) : (i % 50 == 0 ? 301 : 200)];
      const double took = latency(random_);
      ++tally.duration.buckets[static_cast<std::size_t>(metrics::BucketOf(took))];
      tally.duration.sum_seconds += took;
    }
    return tally;
  }

  const Plot& plot_;
  std::mt19937_64 random_{7};
  std::vector<InstanceState> instances_;
  int canaries_ = 0;
};

char LetterOf(const rules::RuleState& state) {
  if (rules::HasPhase(state, rules::AlertPhase::kFiring)) return 'F';
  return rules::HasPhase(state, rules::AlertPhase::kPending) ? 'p' : '.';
}

char LetterOf(control::RuleState state) {
  switch (state) {
    case control::RuleState::kInactive: return '.';
    case control::RuleState::kPending: return 'p';
    case control::RuleState::kFiring: break;
  }
  return 'F';
}

const promql::Vector* VectorOf(const promql::Value& value) { return std::get_if<promql::Vector>(&value); }

// The daemon's inside: one recorder, one judge, and beside it the same evaluation with everything that it read.
class Inside {
 public:
  Inside(const Plot& plot, const std::string& text) : scene_(plot), plot_(plot) {
    manifest::ReadResult read = manifest::ReadManifests(text, "rules.yaml");
    judge_.SetRules(read.objects);
    CHECK(read.objects.size() == 1, "one PrometheusRule");
    const auto* body = std::get_if<manifest::PrometheusRule>(&read.objects.front().body);
    CHECK(body != nullptr, "one PrometheusRule");
    rules::ReadGroupsResult groups = rules::ReadGroups(body->spec, "rules.yaml");
    CHECK(groups.groups.size() == 1 && groups.groups.front().interval, "one group with an interval");
    group_ = std::move(groups.groups.front());
    status_.revisions = {{kStable, 1, kStableSlot, kStableInstances, {}}, {kCanary, 2, kCanarySlot, 1, {}}};
    played_.began_ms = Milliseconds(kBegan);
    played_.interval_ms = std::chrono::duration_cast<milliseconds>(*group_.interval).count();
  }

  Played Run() {
    std::mt19937_64 random(3);
    Instant last = kBegan - kHistory;
    for (Instant turn = last; turn < kBegan + kSteppingTime + kBakeTime; turn += seconds(1)) {
      const Duration since = turn - kBegan;
      if (since >= seconds(plot_.away_from) && since < seconds(plot_.away_until)) continue;
      const Instant now = turn + static_cast<int>(random() % 4) * kGrid;
      TakeStage(now);
      scene_.Advance(now);
      const control::JudgedRollout view{kRollout, spec_, status_, exposure_, scene_.instances()};
      recorder_.OnRollout(view);
      recorder_.OnBatch(scene_.Requests(now, now - last), now);
      recorder_.OnInstances(scene_.instances(), now);
      if (status_.attempt) Judge(view, now);
      last = now;
    }
    return std::move(played_);
  }

 private:
  void TakeStage(Instant now) {
    if (now >= kBegan && !status_.attempt) {
      rollout::Attempt& attempt = status_.attempt.emplace();
      attempt.id = AttemptId("u.2");
      attempt.revision = kCanary;
      attempt.baseline = kStable;
      attempt.started_at = kBegan;
    }
    if (now >= kBegan + kSteppingTime && status_.attempt->stage == rollout::Stage::kStepping) {
      status_.attempt->stage = rollout::Stage::kBaking;
      status_.attempt->promoted_at = kBegan + kSteppingTime;
    }
  }

  void Judge(const control::JudgedRollout& view, Instant now) {
    const Duration interval = milliseconds(played_.interval_ms);
    const std::int64_t due = (now - kBegan) / interval;
    for (; next_tick_ <= due; ++next_tick_) Evaluate(kBegan + next_tick_ * interval);
    clock_.Set(now);
    do {
      changed_ = false;
      judge_.Look(view, now);
      executor_.RunUntil(now);
    } while (changed_);
    for (const control::SignalView& signal : judge_.Signals(kRollout)) {
      const auto phases = played_.phases.find(signal.name);
      if (phases == played_.phases.end()) continue;
      CHECK(phases->second.back() == LetterOf(signal.state), "the judge says of an alert what its group's evaluation says");
    }
  }

  void Evaluate(Instant at) {
    const std::vector<metrics::RoleRow> rows = control::RoleRowsOf(*status_.attempt, exposure_, kJoin, at);
    const metrics::AttemptView view({kRollout.ns.str(), kRollout.name, kRollout.name}, store_.Snapshot(), rows);
    control::SealingSource sealed(view);
    const rules::Evaluation evaluation = rules::Evaluate(group_, std::move(state_), sealed, Milliseconds(at));
    state_ = evaluation.state;
    Tick& tick = played_.ticks.emplace_back();
    tick.at_ms = Milliseconds(at);
    tick.in_bake = status_.attempt->promoted_at && at > *status_.attempt->promoted_at;
    Result<metrics::SampleBatch> batch = metrics::DecodeBatch(sealed.TakeBytes());
    CHECK(batch.has_value(), "sealed bytes read back");
    tick.samples = std::move(batch->series);
    for (std::size_t i = 0; i < group_.rules.size(); ++i)
      Keep(tick, group_.rules[i], evaluation.results[i], evaluation.state.rules[i]);
  }

  void Keep(Tick& tick, const rules::Rule& rule, const rules::RuleResult& result, const rules::RuleState& state) {
    CHECK(result.error.empty(), result.error);
    played_.phases[rule.name] += LetterOf(state);
    tick.alerts.insert(tick.alerts.end(), result.output.begin(), result.output.end());
    for (const rules::ActiveAlert& alert : state.alerts) {
      if (alert.phase == rules::AlertPhase::kFiring) tick.firing[rule.name].push_back(alert);
    }
    tick.firing.try_emplace(rule.name);
    if (!result.witness.comparison) return;
    const promql::ComparisonWitness& sides = *result.witness.comparison;
    if (const promql::Vector* left = VectorOf(sides.left)) tick.sides.push_back({sides.left_text, *left});
    if (const promql::Vector* right = VectorOf(sides.right)) tick.sides.push_back({sides.right_text, *right});
  }

  Scene scene_;
  const Plot& plot_;
  rules::Group group_;
  rules::GroupState state_;
  rollout::Spec spec_;
  rollout::Status status_;
  state::Exposure exposure_{.stable_service = "api-server-stable", .canary_service = "api-server-canary"};
  metrics::SeriesStore store_;
  control::Recorder recorder_{store_, kJoin};
  testing::FakeClock clock_;
  testing::VirtualExecutor executor_{clock_};
  bool changed_ = false;
  control::RuleJudge judge_{{.store = store_,
                             .recorder = recorder_,
                             .analyses = nullptr,
                             .executor = executor_,
                             .join = kJoin,
                             .changed = [this](const RolloutName&) { changed_ = true; }}};
  std::int64_t next_tick_ = 0;
  Played played_;
};

}  // namespace

Played PlayAttempt(const Plot& plot, const std::string& rules) {
  const auto inside = std::make_unique<Inside>(plot, rules);
  return inside->Run();
}

}  // namespace tuesday::replay
