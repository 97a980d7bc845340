// SPDX-License-Identifier: Apache-2.0
#include "testing/fake_jobs.h"

#include <cstdlib>

namespace tuesday::testing {
namespace {

int NumberAfter(const std::string& text, const std::string& word) {
  const std::size_t at = text.find(word);
  return at == std::string::npos ? 0 : std::atoi(text.c_str() + at + word.size());
}

std::string WordsAfter(const std::string& text, const std::string& word) {
  const std::size_t at = text.find(word);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + word.size();
  return text.substr(begin, text.find(';', begin) - begin);
}

}  // namespace

Result<void> FakeJobs::Start(const JobSpec& spec) {
  if (jobs_.contains(spec.id)) return {};
  jobs_[spec.id] = {spec, clock_.Now()};
  ++started_;
  return {};
}

Result<void> FakeJobs::Keep(const JobsTarget& target) {
  std::erase_if(jobs_, [&](const auto& one) {
    return !target.spares_others && !target.running.contains(one.first) && !target.kept.contains(one.first);
  });
  for (const auto& [id, job] : jobs_) {
    if (!target.kept.contains(id) || ended_.contains(id)) continue;
    JobState state = StateOf(job);
    if (state.phase != JobPhase::kRunning) continue;
    state.phase = JobPhase::kFailed;
    state.exit_code = 143;
    state.message = "It was ended: nobody waits for it any more.";
    ended_[id] = state;
  }
  return {};
}

JobState FakeJobs::StateOf(const Job& job) const {
  if (const auto ended = ended_.find(job.spec.id); ended != ended_.end()) return ended->second;
  const std::string script = job.spec.command.empty() ? "" : job.spec.command.back();
  JobState state{.id = job.spec.id, .tries = 1, .last_line = "", .message = ""};
  const Duration length = std::chrono::seconds(NumberAfter(script, "sleep "));
  const Duration lived = clock_.Now() - job.begun;
  if (job.spec.deadline && length >= *job.spec.deadline && lived >= *job.spec.deadline) {
    state.phase = JobPhase::kFailed;
    state.exit_code = 143;
    state.message = "It was ended at its deadline.";
    return state;
  }
  if (lived < length) return state;
  state.last_line = WordsAfter(script, "echo ");
  state.exit_code = NumberAfter(script, "exit ");
  state.phase = state.exit_code == 0 ? JobPhase::kSucceeded : JobPhase::kFailed;
  if (state.exit_code == 0) return state;
  state.tries = 1 + job.spec.backoff_limit;
  state.message = "All its tries failed.";
  return state;
}

Result<std::vector<JobState>> FakeJobs::Observe() {
  std::vector<JobState> states;
  for (const auto& [id, job] : jobs_) states.push_back(StateOf(job));
  return states;
}

const JobSpec* FakeJobs::Find(const JobId& id) const {
  const auto found = jobs_.find(id);
  return found == jobs_.end() ? nullptr : &found->second.spec;
}

}  // namespace tuesday::testing
