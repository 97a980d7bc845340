// SPDX-License-Identifier: Apache-2.0
#include "control/analyses/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "control/analyses/wanted_jobs.h"
#include "core/analysis/ask/question.h"
#include "core/promql/engine.h"
#include "core/promql/parser.h"
#include "wire/state/judgement.h"

namespace tuesday::control {
namespace {

// Runs of attempts before the last few are history: their ends are in the journal.
constexpr std::size_t kRunsKeptMax = 32;

rollout::AnalysisPhase PhaseOf(analysis::Phase phase) {
  switch (phase) {
    case analysis::Phase::kPending: return rollout::AnalysisPhase::kPending;
    case analysis::Phase::kRunning:
    case analysis::Phase::kNoEvidence: return rollout::AnalysisPhase::kRunning;
    case analysis::Phase::kSuccessful: return rollout::AnalysisPhase::kSuccessful;
    case analysis::Phase::kFailed: return rollout::AnalysisPhase::kFailed;
    case analysis::Phase::kError: return rollout::AnalysisPhase::kError;
    case analysis::Phase::kInconclusive: return rollout::AnalysisPhase::kInconclusive;
  }
  return rollout::AnalysisPhase::kError;
}

// As Argo's Prometheus provider gives values to conditions: a scalar is a number, a vector an array of numbers.
Result<Json> ValueOf(const promql::Value& value) {
  if (const auto* scalar = std::get_if<promql::ScalarValue>(&value)) return Json(scalar->value);
  if (const auto* vector = std::get_if<promql::Vector>(&value)) {
    Json::Array numbers;
    for (const promql::VectorSample& sample : *vector) numbers.emplace_back(sample.value);
    return Json(std::move(numbers));
  }
  return Fail(ErrorCode::kInvalid, "The query gives neither a scalar nor an instant vector.",
              "Take a rate or another function over the range.");
}

Result<Json> RunQuery(const std::string& query, const metrics::Source& source, std::int64_t time_ms) {
  TRY(const promql::ExprPtr expr, promql::ParseExpr(query));
  TRY(const promql::Value value, promql::EvaluateInstant(*expr, source, time_ms, {}, nullptr));
  return ValueOf(value);
}

Result<Json> RunRange(const analysis::StoreQuestion& question, const metrics::Source& source, std::int64_t time_ms) {
  TRY(const analysis::RangeMs range, analysis::RangeAt(question.range, time_ms));
  TRY(const promql::ExprPtr expr, promql::ParseExpr(question.query));
  TRY(const promql::Matrix matrix, promql::EvaluateRange(*expr, source, range.start, range.end, range.step, {}));
  Json::Array numbers;
  for (const metrics::Series& series : matrix) {
    if (numbers.size() + series.samples.size() > analysis::kRangeValuesMax) {
      return Fail(ErrorCode::kLimit, fmt::format("The query gives more than {} values.", analysis::kRangeValuesMax),
                  "Add the series up, or give a longer step.");
    }
    for (const metrics::Sample& sample : series.samples) numbers.emplace_back(sample.value);
  }
  return Json(std::move(numbers));
}

Result<Json> AskSource(const analysis::Metric& metric, const metrics::Source& source, std::int64_t time_ms) {
  if (metric.address.empty()) return RunQuery(metric.query, source, time_ms);
  TRY(const analysis::Question question, analysis::ReadQuestion(metric.address, metric.query));
  return RunRange(std::get<analysis::StoreQuestion>(question), source, time_ms);
}

// Good measurements of the deciding metric that has the fewest, once all stand well.
int PassedOf(const analysis::Spec& spec, const analysis::Status& status) {
  if (!analysis::ShowsHealth(spec, status)) return 0;
  int fewest = 0;
  for (std::size_t i = 0; i < spec.metrics.size(); ++i) {
    if (spec.metrics[i].dry_run) continue;
    fewest = fewest == 0 ? status.metrics[i].successful : std::min(fewest, status.metrics[i].successful);
  }
  return fewest;
}

bool AsksOthers(const analysis::Spec& spec) {
  return !spec.metrics.empty() && std::ranges::all_of(spec.metrics, [](const analysis::Metric& metric) {
    return metric.dry_run || !analysis::AsksStore(metric);
  });
}

ArgumentSource SourceOf(const JudgedRollout& rollout, const manifest::Metadata& metadata) {
  ArgumentSource source;
  source.fields = FieldsOf(rollout.name, metadata);
  source.latest_hash = rollout.spec.revision.str();
  if (rollout.status.stable.has_value()) source.stable_hash = rollout.status.stable->str();
  return source;
}

// Measurements taken and ends reached: what a restart must not lose. What was only asked is asked again.
int Taken(const analysis::Status& status) {
  int taken = analysis::IsDone(status.phase) ? 1 : 0;
  for (const analysis::MetricStatus& metric : status.metrics) {
    taken += metric.successful + metric.failed + metric.inconclusive + metric.error + metric.no_evidence;
  }
  return taken;
}

// Instants of another boot: what was to come is due now, what has been happened just now.
void ToBoot(analysis::Status& status, Instant now) {
  if (status.started_at) status.started_at = now;
  for (analysis::MetricStatus& metric : status.metrics) {
    if (metric.next_at) metric.next_at = now;
    for (analysis::Measurement& measurement : metric.measurements) measurement.at = now;
  }
}

}  // namespace

LiveAnalyses::Run* LiveAnalyses::Find(const RolloutName& name, const Key& key) {
  const auto rollout = runs_.find(name);
  if (rollout == runs_.end()) return nullptr;
  const auto run = rollout->second.find(key);
  return run == rollout->second.end() ? nullptr : &run->second;
}

void LiveAnalyses::Target(const JudgedRollout& rollout, const rollout::AnalysisTarget& target) {
  Run* run = Find(rollout.name, target.key);
  if (run == nullptr) {
    if (!target.running) return;
    Begin(rollout, target.key);
    return;
  }
  if (std::exchange(run->is_resting, false)) Resume(rollout.name, target.key, *run);
  if (target.running || run->ending) return;
  run->ending = true;
  Step(rollout.name, target.key, analysis::End());
}

// The answers to what was asked died with the process that asked.
void LiveAnalyses::Resume(const RolloutName& name, const Key& key, Run& run) {
  for (std::size_t i = 0; i < run.status.metrics.size(); ++i) {
    const analysis::MetricStatus& metric = run.status.metrics[i];
    if (metric.waiting) Measure(name, key, {static_cast<int>(i), metric.asked});
  }
  Step(name, key, analysis::Tick());
}

void LiveAnalyses::SetObjects(const std::vector<manifest::Object>& objects) {
  objects_ = objects;
  parts_.asker.SetObjects(objects);
  if (std::exchange(has_objects_, true)) return;
  parts_.executor.At(parts_.clock.Now() + kStrayJobsAfter, [self = self_] {
    if (*self == nullptr) return;
    (*self)->knows_all_runs_ = true;
    (*self)->KeepJobs();
  });
}

void LiveAnalyses::KeepJobs() {
  JobsTarget target;
  target.spares_others = !knows_all_runs_;
  for (const auto& [name, runs] : runs_) {
    for (const auto& [key, run] : runs) AddWantedJobs(key, run.spec, run.status, target);
  }
  parts_.asker.Keep(target);
}

void LiveAnalyses::Begin(const JudgedRollout& rollout, const Key& key) {
  std::map<Key, Run>& runs = runs_[rollout.name];
  while (runs.size() >= kRunsKeptMax) runs.erase(runs.begin());
  Run& run = runs[key];
  manifest::CheckContext context;
  context.ns = rollout.name.ns;
  const manifest::Object* object = manifest::FindObject("Rollout", rollout.name.name, rollout.name.ns, objects_, context);
  const auto index = static_cast<std::size_t>(key.analysis);
  if (index < rollout.spec.analyses.size()) run.name = rollout.spec.analyses[index];
  if (object == nullptr) {
    run.broken = "The rollout's own object is not known.";
  } else {
    ArgumentSource source = SourceOf(rollout, object->metadata);
    source.digest_of = parts_.digest_of;
    Result<std::vector<analysis::Spec>> specs = ResolveAnalyses(*object, objects_, context, source);
    if (!specs.has_value()) {
      run.broken = ErrorText(specs.error());
    } else if (index >= specs->size()) {
      run.broken = "The rollout has no such analysis.";
    } else {
      run.spec = std::move((*specs)[index]);
    }
  }
  if (run.broken.empty()) {
    Step(rollout.name, key, analysis::Tick());
    return;
  }
  memories_[rollout.name].is_old = true;
  memories_[rollout.name].memory.is_due = true;
  run.status.phase = analysis::Phase::kError;
  run.status.message = run.broken;
  parts_.changed(rollout.name,
                 {{"analysis.ended", "The analysis could not be begun: " + run.broken, {{"analysis", run.name}}}});
}

void LiveAnalyses::Step(const RolloutName& name, const Key& key, const analysis::Event& event) {
  Run* run = Find(name, key);
  if (run == nullptr || analysis::IsDone(run->status.phase)) return;
  analysis::Outcome outcome = analysis::Step(run->spec, run->status, event, parts_.clock.Now());
  Kept& kept = memories_[name];
  kept.is_old = kept.is_old || run->status != outcome.status;
  kept.memory.is_due = kept.memory.is_due || Taken(run->status) != Taken(outcome.status);
  run->status = std::move(outcome.status);
  for (audit::Entry& entry : outcome.entries) entry.data["analysis"] = run->name;
  const bool has_ended = analysis::IsDone(run->status.phase);
  for (const analysis::Measure& command : outcome.commands) Measure(name, key, command);
  if (has_ended) KeepJobs();
  if (outcome.wake_at.has_value()) {
    parts_.executor.At(*outcome.wake_at, [self = self_, name, key] {
      if (*self != nullptr) (*self)->Step(name, key, analysis::Tick());
    });
  }
  if (!outcome.entries.empty()) parts_.changed(name, std::move(outcome.entries));
}

void LiveAnalyses::Measure(const RolloutName& name, const Key& key, const analysis::Measure& command) {
  const Run* run = Find(name, key);
  if (run == nullptr) return;
  const analysis::Metric& metric = run->spec.metrics[static_cast<std::size_t>(command.metric)];
  if (analysis::AsksStore(metric)) return AskStore(name, key, command, metric);
  parts_.asker.Ask({name, JobIdOf(key, command.metric, command.ordinal), metric},
                   [self = self_, name, key, command](Result<Json> value) {
                     if (*self == nullptr) return;
                     (*self)->Step(name, key, analysis::Answer{command.metric, command.ordinal, std::move(value)});
                   });
}

void LiveAnalyses::AskStore(const RolloutName& name, const Key& key, const analysis::Measure& command,
                            const analysis::Metric& metric) {
  const std::shared_ptr<const metrics::Source> source = parts_.view(name);
  const std::int64_t time_ms = parts_.wall(parts_.clock.Now()).time_since_epoch().count();
  auto answer = std::make_shared<Result<Json>>(Json());
  parts_.executor.Run(
      "analysis",
      [answer, metric, source, time_ms] {
        if (source != nullptr) *answer = AskSource(metric, *source, time_ms);
      },
      [self = self_, name, key, command, answer] {
        if (*self != nullptr) (*self)->Step(name, key, analysis::Answer{command.metric, command.ordinal, std::move(*answer)});
      });
}

const Memory* LiveAnalyses::MemoryOf(const RolloutName& rollout) {
  const auto found = memories_.find(rollout);
  if (found == memories_.end()) return nullptr;
  Kept& kept = found->second;
  if (std::exchange(kept.is_old, false)) {
    state::AnalysesRecord record;
    record.boot_id = parts_.clock.BootId();
    for (const auto& [key, run] : runs_[rollout]) {
      record.runs.push_back({key, run.name, run.spec, run.status, run.ending, run.broken});
    }
    ++kept.memory.version;
    kept.memory.rows = {{std::string(state::kAnalysisTable), rollout.Text(), state::Encode(record)}};
  }
  return &kept.memory;
}

Result<void> LiveAnalyses::Restore(const RolloutName& rollout, const std::vector<Row>& rows, const std::string& boot_id,
                                   Instant now) {
  for (const Row& row : rows) {
    if (row.table != state::kAnalysisTable) continue;
    TRY(state::AnalysesRecord record, state::DecodeAnalyses(row.value));
    for (state::AnalysesRecord::Run& stored : record.runs) {
      Run run{stored.name, std::move(stored.spec), std::move(stored.status), stored.ending, stored.broken, false};
      run.is_resting = !analysis::IsDone(run.status.phase);
      if (record.boot_id != boot_id) ToBoot(run.status, now);
      runs_[rollout].insert_or_assign(stored.key, std::move(run));
    }
  }
  return {};
}

std::vector<rollout::AnalysisSeen> LiveAnalyses::Seen(const RolloutName& rollout) const {
  std::vector<rollout::AnalysisSeen> seen;
  const auto found = runs_.find(rollout);
  if (found == runs_.end()) return seen;
  for (const auto& [key, run] : found->second) {
    if (run.is_resting) continue;
    seen.push_back({key, PhaseOf(run.status.phase), run.status.message, PassedOf(run.spec, run.status), AsksOthers(run.spec)});
  }
  return seen;
}

std::vector<LiveAnalyses::RunView> LiveAnalyses::Runs(const RolloutName& rollout) const {
  std::vector<RunView> views;
  const auto found = runs_.find(rollout);
  if (found == runs_.end()) return views;
  for (const auto& [key, run] : found->second) views.push_back({key, run.name, run.spec, run.status});
  return views;
}

std::set<std::string> LiveAnalyses::ArtifactsUnderWay() const {
  std::set<std::string> digests;
  for (const auto& [name, runs] : runs_) {
    for (const auto& [key, run] : runs) {
      if (analysis::IsDone(run.status.phase)) continue;
      for (const analysis::Metric& metric : run.spec.metrics) {
        if (metric.address != analysis::kJobWord) continue;
        const Result<analysis::Question> question = analysis::ReadQuestion(metric.address, metric.query);
        if (question.has_value()) digests.insert(std::get<analysis::JobQuestion>(*question).artifact);
      }
    }
  }
  return digests;
}

}  // namespace tuesday::control
