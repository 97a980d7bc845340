// SPDX-License-Identifier: Apache-2.0
#include "control/analyses/wanted_jobs.h"

#include <fmt/format.h>

#include "core/analysis/ask/question.h"

namespace tuesday::control {

JobId JobIdOf(const rollout::AnalysisRunKey& run, int metric, std::uint64_t ordinal) {
  const std::string step = run.step < 0 ? "background" : fmt::format("step{}", run.step);
  return JobId(fmt::format("job-{}-{}-{}-{}-{}-{}", run.attempt.str(), run.analysis, step, run.round, metric, ordinal));
}

void AddWantedJobs(const rollout::AnalysisRunKey& key, const analysis::Spec& spec, const analysis::Status& status,
                   JobsTarget& target) {
  for (std::size_t i = 0; i < spec.metrics.size(); ++i) {
    if (spec.metrics[i].address != analysis::kJobWord) continue;
    const analysis::MetricStatus metric = i < status.metrics.size() ? status.metrics[i] : analysis::MetricStatus();
    const bool goes_on = !analysis::IsDone(status.phase) && !analysis::IsDone(metric.phase);
    const std::uint64_t last = metric.asked + (goes_on ? 1 : 0);
    const std::uint64_t first = last > analysis::kMeasurementsKept ? last - analysis::kMeasurementsKept : 1;
    for (std::uint64_t ordinal = first; ordinal <= last; ++ordinal) {
      const bool may_run = goes_on && (ordinal > metric.asked || (ordinal == metric.asked && metric.waiting));
      (may_run ? target.running : target.kept).insert(JobIdOf(key, static_cast<int>(i), ordinal));
    }
  }
}

}  // namespace tuesday::control
