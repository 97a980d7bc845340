// SPDX-License-Identifier: Apache-2.0
// Where calls that block are made: a few threads, jobs in lanes. Jobs of one lane run one at a time and in order; answers come
// back as tasks of the Loop. Lanes whose name begins with "abort" have a thread of their own and are never behind anything
// else.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "adapters/http/loop.h"
#include "base/result.h"
#include "base/time.h"

namespace tuesday::http {

inline constexpr std::string_view kAbortLanePrefix = "abort";

struct PoolLimits {
  int threads = 3;                // Beside the one for aborts.
  std::size_t jobs_max = 10'000;  // Waiting, of all lanes; aborts are always taken.
};

// How a job went.
struct JobReport {
  Duration waited{};
  Duration ran{};
  bool late = false;  // Its deadline passed, counted from Submit.
};

struct PoolCounters {
  std::uint64_t done = 0;
  std::uint64_t late = 0;
  std::size_t waiting = 0;
};

// Submit and the callbacks: on the Loop's thread. Must be destroyed on it too, before the Loop.
class WorkerPool {
 public:
  // `overdue` is told of each job that is not done at its deadline: a call that blocks cannot be ended, only reported.
  using Overdue = std::function<void(const std::string& lane)>;

  explicit WorkerPool(Loop& loop, PoolLimits limits = {}, Overdue overdue = nullptr);

  // Waits for jobs that are running; those that wait are dropped, and no answer comes any more.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Runs `work` on a thread of the pool, then `done` on the Loop. kLimit when too many jobs wait.
  Result<void> Submit(const std::string& lane, Duration deadline, std::function<void()> work,
                      std::function<void(const JobReport&)> done);

  // The same for work with a value: `done(value, report)`.
  template <typename T>
  Result<void> Submit(const std::string& lane, Duration deadline, std::function<T()> work,
                      std::function<void(T, const JobReport&)> done) {
    auto value = std::make_shared<std::unique_ptr<T>>();
    return Submit(
        lane, deadline, [value, work = std::move(work)] { *value = std::make_unique<T>(work()); },
        [value, done = std::move(done)](const JobReport& report) { done(std::move(**value), report); });
  }

  PoolCounters counters() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace tuesday::http
