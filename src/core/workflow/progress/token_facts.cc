// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/progress/token_facts.h"

#include <algorithm>

namespace tuesday::workflow {
namespace {

struct Found {
  const Job* job = nullptr;
  const LegState* leg = nullptr;
};

Found Find(const std::vector<Job>& jobs, const GraphState& graph, std::string_view key) {
  for (const JobState& state : graph.jobs) {
    const auto job = std::ranges::find_if(jobs, [&](const Job& one) { return one.id.text == state.id; });
    if (job == jobs.end()) continue;
    for (const LegState& leg : state.legs) {
      if (leg.key == key) return {&*job, &leg};
      for (const GraphState& called : leg.called) {
        if (const Found inner = Find(job->jobs, called, key); inner.leg != nullptr) return inner;
      }
    }
  }
  return {};
}

}  // namespace

std::optional<LegTokenFacts> LegTokenFactsOf(const RunSpec& spec, const RunState& state, std::string_view leg) {
  const Found found = Find(spec.workflow.jobs, state.graph, leg);
  if (found.leg == nullptr) return std::nullopt;
  LegTokenFacts facts{.permission = TokenPermissionOf(*found.job), .environment = found.leg->environment_name, .file = {}};
  const auto file = static_cast<std::size_t>(std::max(found.job->id.at.file, 1) - 1);
  if (file > 0 && file < spec.files.size()) facts.file = spec.files[file];
  return facts;
}

}  // namespace tuesday::workflow
