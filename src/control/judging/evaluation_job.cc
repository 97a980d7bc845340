// SPDX-License-Identifier: Apache-2.0
#include "control/judging/evaluation_job.h"

#include <algorithm>

#include "base/json.h"
#include "core/promql/parser.h"
#include "core/rules/verdict.h"

namespace tuesday::control {
namespace {

// Samples come once a second while an attempt is in flight; two may be missing at either end of a window.
constexpr std::int64_t kSampleToleranceMs = 5'000;

Json SeriesJson(const promql::Matrix& matrix) {
  Json::Array all;
  for (const metrics::Series& series : matrix) {
    Json::Array samples;
    for (const metrics::Sample& sample : series.samples) samples.emplace_back(Json::Array{Json(sample.t), Json(sample.value)});
    all.emplace_back(Json::Object{{"series", series.labels.Text()}, {"samples", std::move(samples)}});
  }
  return Json(std::move(all));
}

// The samples of one selector in its window. A range selector gives them by itself; an instant one is widened to its look-back.
std::optional<promql::Matrix> SeenBy(const promql::SelectorWitness& witness, const metrics::Source& view) {
  const std::string width = "[" + std::to_string(std::max<std::int64_t>(1, witness.to - witness.from)) + "ms]";
  for (const std::string& text : {witness.text, witness.text + width}) {
    const Result<promql::ExprPtr> expr = promql::ParseExpr(text);
    if (!expr.has_value()) continue;
    Result<promql::Value> value = promql::EvaluateInstant(**expr, view, witness.to, {}, nullptr);
    if (value.has_value() && std::holds_alternative<promql::Matrix>(*value)) return std::get<promql::Matrix>(std::move(*value));
  }
  return std::nullopt;
}

// What the rule's selectors saw, so that anybody can compute the verdict again.
std::string SamplesOf(const rules::RuleResult& result, const metrics::Source& view) {
  Json::Array list;
  for (const promql::SelectorWitness& witness : result.witness.selectors) {
    const std::optional<promql::Matrix> seen = SeenBy(witness, view);
    if (seen.has_value()) list.emplace_back(Json::Object{{"selector", witness.text}, {"series", SeriesJson(*seen)}});
  }
  const Json record(Json::Object{{"rule", result.rule}, {"at_ms", result.query_ms}, {"selectors", std::move(list)}});
  std::string bytes = CanonicalJson(record);
  return bytes.size() > kSampleBytesMax ? std::string() : bytes;
}

class Job {
 public:
  explicit Job(EvaluationInput input) : input_(std::move(input)) {}

  EvaluationOutput Run() {
    output_.groups = std::move(input_.groups);
    output_.rules.resize(output_.groups.size());
    for (std::size_t i = 0; i < output_.groups.size(); ++i) RunGroup(i);
    const metrics::AttemptView view(input_.identity, input_.snapshot, input_.rows(input_.now_ms));
    const std::int64_t from = std::max(input_.began_ms, input_.now_ms - kEvidenceWindowMs);
    output_.canary_requests = IncreaseOf(view,
                                         {{metrics::MatchOp::kEqual, std::string(metrics::kNameLabel), "http_requests_total"},
                                          {metrics::MatchOp::kEqual, std::string(metrics::kCanaryLabel), "true"}},
                                         from, input_.now_ms);
    return std::move(output_);
  }

 private:
  void RunGroup(std::size_t index) {
    GroupRun& run = output_.groups[index];
    const std::int64_t interval = IntervalMsOf(*run.group);
    const std::int64_t due = (input_.now_ms - input_.began_ms) / interval;
    run.ticks = std::max(run.ticks, due - kTicksPerJobMax);
    for (; run.ticks <= due; ++run.ticks) RunTick(index, input_.began_ms + run.ticks * interval, run.ticks == due);
  }

  void RunTick(std::size_t index, std::int64_t tick_ms, bool newest) {
    GroupRun& run = output_.groups[index];
    const metrics::AttemptView view(input_.identity, input_.snapshot, input_.rows(tick_ms));
    rules::Evaluation evaluation = rules::Evaluate(*run.group, std::move(run.state), view, tick_ms);
    if (run.ticks == 0) RememberFiring(run, evaluation.state);
    if (run.ticks > 0) ++run.evaluations;
    if (newest) JudgeRules(index, evaluation, view, tick_ms);
    run.state = std::move(evaluation.state);
  }

  static void RememberFiring(GroupRun& run, const rules::GroupState& state) {
    run.firing_at_start.clear();
    for (const rules::RuleState& rule : state.rules) {
      run.firing_at_start.push_back(rules::HasPhase(rule, rules::AlertPhase::kFiring) ? rules::FiringAtStart::kYes
                                                                                      : rules::FiringAtStart::kNo);
    }
  }

  void JudgeRules(std::size_t index, const rules::Evaluation& evaluation, const metrics::Source& view, std::int64_t tick_ms) {
    const GroupRun& run = output_.groups[index];
    for (std::size_t i = 0; i < run.group->rules.size(); ++i) {
      if (run.group->rules[i].kind != rules::RuleKind::kAlert) continue;
      JudgedRule judged;
      judged.name = run.group->rules[i].name;
      const auto firing = i < run.firing_at_start.size() ? run.firing_at_start[i] : rules::FiringAtStart::kNo;
      judged.standing = rules::StandingOf(*run.group, i, input_.labels, run.asks, firing);
      judged.reads_restarts = rules::ReadsRestarts(*run.group, i);
      judged.pending = rules::HasPhase(evaluation.state.rules[i], rules::AlertPhase::kPending);
      judged.firing = rules::HasPhase(evaluation.state.rules[i], rules::AlertPhase::kFiring);
      judged.finding = rules::JudgeRule(*run.group, i, evaluation, view, {input_.evidence_ms, kSampleToleranceMs});
      judged.at_ms = tick_ms;
      const std::size_t place = output_.rules[index].size();
      const std::vector<gate::Verdict>& last = input_.last[index];
      if (place >= last.size() || last[place] != judged.finding.verdict)
        judged.samples = SamplesOf(evaluation.results[i], view);
      output_.rules[index].push_back(std::move(judged));
    }
  }

  EvaluationInput input_;
  EvaluationOutput output_;
};

}  // namespace

std::int64_t IntervalMsOf(const rules::Group& group) {
  const Duration interval = group.interval.value_or(rules::kDefaultInterval);
  return std::max<std::int64_t>(1, std::chrono::duration_cast<std::chrono::milliseconds>(interval).count());
}

double IncreaseOf(const metrics::Source& source, const std::vector<metrics::LabelMatcher>& matchers, std::int64_t from,
                  std::int64_t to) {
  const Result<std::vector<metrics::Series>> all = source.Select(matchers, from, to);
  if (!all.has_value()) return 0;
  double total = 0;
  for (const metrics::Series& series : *all) {
    for (std::size_t i = 1; i < series.samples.size(); ++i) {
      const double step = series.samples[i].value - series.samples[i - 1].value;
      if (step >= 0) total += step;
      if (step < 0) total += series.samples[i].value;  // The counter began again.
    }
  }
  return total;
}

EvaluationOutput EvaluateTicks(EvaluationInput input) { return Job(std::move(input)).Run(); }

}  // namespace tuesday::control
