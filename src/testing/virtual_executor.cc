// SPDX-License-Identifier: Apache-2.0
#include "testing/virtual_executor.h"

#include <algorithm>
#include <utility>

namespace tuesday::testing {

void VirtualExecutor::Run(std::string lane, std::function<void()> blocking_work, std::function<void()> then) {
  Lane& queue = lanes_[lane];
  queue.jobs.push_back({std::move(blocking_work), std::move(then)});
  if (!queue.busy) StartNext(lane);
}

void VirtualExecutor::StartNext(const std::string& lane) {
  Lane& queue = lanes_[lane];
  queue.busy = !queue.jobs.empty();
  if (!queue.busy) {
    lanes_.erase(lane);
    return;
  }
  const auto latency = latency_.find(lane);
  const Duration takes = latency == latency_.end() ? Duration{} : latency->second;
  Push(clock_.Now() + takes, [this, lane] {
    Job job = std::move(lanes_[lane].jobs.front());
    lanes_[lane].jobs.pop_front();
    job.work();
    Push(clock_.Now(), [this, lane, then = std::move(job.then)] {
      StartNext(lane);
      then();
    });
  });
}

void VirtualExecutor::At(Instant when, std::function<void()> call) { Push(std::max(when, clock_.Now()), std::move(call)); }

void VirtualExecutor::Push(Instant when, std::function<void()> call) {
  events_.emplace(std::pair(when, next_++), std::move(call));
}

bool VirtualExecutor::Step(Instant until) {
  if (events_.empty() || events_.begin()->first.first > until) return false;
  auto event = events_.extract(events_.begin());
  clock_.Set(event.key().first);
  ++steps_;
  event.mapped()();
  return true;
}

void VirtualExecutor::RunUntil(Instant until) {
  while (Step(until)) {}
  clock_.Set(until);
}

bool VirtualExecutor::RunUntilHolds(const std::function<bool()>& holds, Duration limit) {
  const Instant until = clock_.Now() + limit;
  while (!holds()) {
    if (!Step(until)) return false;
  }
  return true;
}

void VirtualExecutor::Crash() {
  events_.clear();
  lanes_.clear();
}

}  // namespace tuesday::testing
