// SPDX-License-Identifier: Apache-2.0
// The control loops' seam to threads, made of the loop and the worker pool.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "adapters/http/loop.h"
#include "adapters/http/worker_pool.h"
#include "control/executor.h"
#include "ports/clock.h"

namespace tuesday::server {

class PoolExecutor : public control::Executor {
 public:
  PoolExecutor(http::Loop& loop, http::WorkerPool& pool, const Clock& clock) : loop_(loop), pool_(pool), clock_(clock) {}

  // Lanes whose names begin so go to that pool instead: work that may take long and needs no order between lanes. It must
  // outlive us.
  void SendLanesTo(std::string_view prefix, http::WorkerPool& pool) { others_.push_back({std::string(prefix), &pool}); }

  void Run(std::string lane, std::function<void()> blocking_work, std::function<void()> then) override;
  void At(Instant when, std::function<void()> call) override;

 private:
  struct Work {
    std::string lane;
    std::function<void()> blocking_work;
    std::function<void()> then;
  };

  bool Submit(const Work& work);
  void SubmitTo(http::WorkerPool& pool, Work work);
  void Drain();

  std::deque<Work> waiting_;  // What the full pool did not take, in order: nothing overtakes it.
  http::Loop& loop_;
  http::WorkerPool& pool_;
  const Clock& clock_;
  struct Other {
    std::string prefix;
    http::WorkerPool* pool;
  };
  std::vector<Other> others_;
};

}  // namespace tuesday::server
