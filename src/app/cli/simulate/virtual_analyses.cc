// SPDX-License-Identifier: Apache-2.0
#include "app/cli/simulate/virtual_analyses.h"

#include <algorithm>
#include <utility>

namespace tuesday::cli::simulate {

void VirtualAnalyses::Timers::Run(std::string, std::function<void()> blocking_work, std::function<void()> then) {
  blocking_work();
  done.push_back(std::move(then));
}

VirtualAnalyses::VirtualAnalyses(const std::vector<manifest::Object>& objects, const Answers& answers, ClockJoin join,
                                 View view, Told told)
    : asker_(answers, timers_),
      runner_(control::AnalysisParts{
          .clock = clock_,
          .executor = timers_,
          .view = [this, view = std::move(view)](const RolloutName&) { return view(clock_.now); },
          .wall = [join](Instant at) { return join.ToWall(at); },
          .changed = [told = std::move(told)](
                         const RolloutName&,
                         const std::vector<audit::Entry>& entries) { std::ranges::for_each(entries, told); },
          .asker = asker_,
          .digest_of = [](const std::string& image) { return std::optional(image); },
      }) {
  clock_.join = join;
  runner_.SetObjects(objects);
}

void VirtualAnalyses::RunDone() {
  while (!timers_.done.empty()) {
    for (const std::function<void()>& then : std::exchange(timers_.done, {})) then();
  }
}

void VirtualAnalyses::RunUntil(Instant now) {
  while (!timers_.timers.empty() && timers_.timers.begin()->first <= now) {
    const auto node = timers_.timers.extract(timers_.timers.begin());
    clock_.now = std::max(clock_.now, node.key());
    node.mapped()();
    RunDone();
  }
  clock_.now = now;
}

void VirtualAnalyses::Target(const control::JudgedRollout& rollout, const rollout::AnalysisTarget& target, Instant now) {
  clock_.now = now;
  runner_.Target(rollout, target);
  RunDone();
}

std::optional<Instant> VirtualAnalyses::WakeAt() const {
  if (timers_.timers.empty()) return std::nullopt;
  return timers_.timers.begin()->first;
}

}  // namespace tuesday::cli::simulate
