// SPDX-License-Identifier: Apache-2.0
#include "app/server/executor.h"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tuesday::server {
namespace {

// The longest that any port may take; beyond it the lane is reported, and control's own deadlines have long acted.
constexpr Duration kWorkTimeMax = std::chrono::seconds(30);
constexpr Duration kOtherTimeMax = std::chrono::hours(1);
constexpr Duration kRetryWhenFull = std::chrono::milliseconds(100);

}  // namespace

void PoolExecutor::Run(std::string lane, std::function<void()> blocking_work, std::function<void()> then) {
  Work work{std::move(lane), std::move(blocking_work), std::move(then)};
  for (const Other& other : others_) {
    if (work.lane.starts_with(other.prefix)) return SubmitTo(*other.pool, std::move(work));
  }
  // Aborts wait behind nothing; everything else keeps its order also when the pool is full.
  const bool first = waiting_.empty() || work.lane.starts_with(http::kAbortLanePrefix);
  if (first && Submit(work)) return;
  if (waiting_.empty()) loop_.After(kRetryWhenFull, [this] { Drain(); });
  waiting_.push_back(std::move(work));
}

bool PoolExecutor::Submit(const Work& work) {
  const Result<void> taken =
      pool_.Submit(work.lane, kWorkTimeMax, work.blocking_work, [then = work.then](const http::JobReport&) { then(); });
  if (!taken.has_value()) spdlog::warn("lane {}: {}", work.lane, taken.error().message);
  return taken.has_value();
}

void PoolExecutor::SubmitTo(http::WorkerPool& pool, Work work) {
  const Result<void> taken =
      pool.Submit(work.lane, kOtherTimeMax, work.blocking_work, [then = work.then](const http::JobReport&) { then(); });
  if (taken.has_value()) return;
  loop_.After(kRetryWhenFull, [this, &pool, work = std::move(work)] { SubmitTo(pool, work); });
}

void PoolExecutor::Drain() {
  while (!waiting_.empty() && Submit(waiting_.front())) waiting_.pop_front();
  if (!waiting_.empty()) loop_.After(kRetryWhenFull, [this] { Drain(); });
}

void PoolExecutor::At(Instant when, std::function<void()> call) {
  const Duration delay = std::max(Duration::zero(), Duration(when - clock_.Now()));
  loop_.After(delay, std::move(call));
}

}  // namespace tuesday::server
