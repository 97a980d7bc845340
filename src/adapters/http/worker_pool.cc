// SPDX-License-Identifier: Apache-2.0
#include "adapters/http/worker_pool.h"

#include <fmt/format.h>

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace tuesday::http {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

struct Job {
  std::function<void()> work;
  std::function<void(const JobReport&)> done;
  Duration deadline{};
  SteadyTime submitted;
  TimerId timer = 0;
};

// Has an entry while a job of it waits or runs.
struct Lane {
  std::deque<Job> waiting;
};

struct Taken {
  std::string lane;
  Job job;
};

// Lanes with a job and none running, in order of arrival, and the threads that wait for them.
struct ReadyLanes {
  std::deque<std::string> names;
  std::condition_variable changed;

  void Add(const std::string& name) {
    names.push_back(name);
    changed.notify_one();
  }
};

bool IsAbort(std::string_view lane) { return lane.starts_with(kAbortLanePrefix); }

}  // namespace

struct WorkerPool::Impl : std::enable_shared_from_this<WorkerPool::Impl> {
  Impl(Loop& the_loop, PoolLimits the_limits, Overdue the_overdue)
      : loop(the_loop), limits(the_limits), overdue(std::move(the_overdue)) {}

  Loop& loop;
  PoolLimits limits;
  Overdue overdue;
  bool closed = false;  // On the Loop's thread only: answers after it are dropped.
  PoolCounters counts;  // On the Loop's thread only, but for `waiting`.

  mutable std::mutex mutex;
  std::map<std::string, Lane> lanes;
  ReadyLanes ready;
  ReadyLanes ready_aborts;
  std::size_t waiting = 0;
  bool stop = false;
  std::vector<std::jthread> threads;

  void Work(ReadyLanes& queue);
  std::optional<Taken> Take(ReadyLanes& queue);
  void Finish(const std::string& lane, Job job, SteadyTime began);
  void Answer(const Job& job, const JobReport& report);
  ReadyLanes& QueueOf(std::string_view lane) { return IsAbort(lane) ? ready_aborts : ready; }
};

std::optional<Taken> WorkerPool::Impl::Take(ReadyLanes& queue) {
  std::unique_lock lock(mutex);
  queue.changed.wait(lock, [&] { return stop || !queue.names.empty(); });
  if (stop) return std::nullopt;
  std::string name = std::move(queue.names.front());
  queue.names.pop_front();
  Lane& lane = lanes.at(name);
  Job job = std::move(lane.waiting.front());
  lane.waiting.pop_front();
  --waiting;
  return Taken{std::move(name), std::move(job)};
}

void WorkerPool::Impl::Work(ReadyLanes& queue) {
  while (std::optional<Taken> taken = Take(queue)) {
    const SteadyTime began = std::chrono::steady_clock::now();
    taken->job.work();
    Finish(taken->lane, std::move(taken->job), began);
  }
}

void WorkerPool::Impl::Finish(const std::string& lane, Job job, SteadyTime began) {
  const SteadyTime now = std::chrono::steady_clock::now();
  const JobReport report{.waited = began - job.submitted, .ran = now - began, .late = now - job.submitted >= job.deadline};
  loop.Post([self = shared_from_this(), job = std::move(job), report] { self->Answer(job, report); });
  const std::scoped_lock lock(mutex);
  const auto found = lanes.find(lane);
  if (found->second.waiting.empty()) {
    lanes.erase(found);
  } else {
    QueueOf(lane).Add(lane);
  }
}

void WorkerPool::Impl::Answer(const Job& job, const JobReport& report) {
  if (closed) return;
  loop.Cancel(job.timer);
  ++counts.done;
  job.done(report);
}

WorkerPool::WorkerPool(Loop& loop, PoolLimits limits, Overdue overdue)
    : impl_(std::make_shared<Impl>(loop, limits, std::move(overdue))) {
  Impl* impl = impl_.get();
  for (int i = 0; i < limits.threads; ++i) impl->threads.emplace_back([impl] { impl->Work(impl->ready); });
  impl->threads.emplace_back([impl] { impl->Work(impl->ready_aborts); });
}

WorkerPool::~WorkerPool() {
  impl_->closed = true;
  {
    const std::scoped_lock lock(impl_->mutex);
    impl_->stop = true;
    for (const auto& [name, lane] : impl_->lanes) {
      for (const Job& job : lane.waiting) impl_->loop.Cancel(job.timer);
    }
  }
  impl_->ready.changed.notify_all();
  impl_->ready_aborts.changed.notify_all();
  impl_->threads.clear();
}

Result<void> WorkerPool::Submit(const std::string& lane, Duration deadline, std::function<void()> work,
                                std::function<void(const JobReport&)> done) {
  Impl& impl = *impl_;
  {
    const std::scoped_lock lock(impl.mutex);
    if (impl.waiting >= impl.limits.jobs_max && !IsAbort(lane)) {
      return Fail(ErrorCode::kLimit, fmt::format("{} jobs wait for a worker; \"{}\" is not taken.", impl.waiting, lane),
                  "Try again when some are done.");
    }
  }
  // Before the timer begins to run: a job that was reported overdue has then been late by every clock.
  const SteadyTime submitted = std::chrono::steady_clock::now();
  const TimerId timer = impl.loop.After(deadline, [self = impl_, lane] {
    if (self->closed) return;
    ++self->counts.late;
    if (self->overdue) self->overdue(lane);
  });
  const std::scoped_lock lock(impl.mutex);
  const bool idle = !impl.lanes.contains(lane);
  impl.lanes[lane].waiting.push_back({std::move(work), std::move(done), deadline, submitted, timer});
  ++impl.waiting;
  if (idle) {
    impl.QueueOf(lane).Add(lane);
  }
  return {};
}

PoolCounters WorkerPool::counters() const {
  PoolCounters counters = impl_->counts;
  const std::scoped_lock lock(impl_->mutex);
  counters.waiting = impl_->waiting;
  return counters;
}

}  // namespace tuesday::http
