// SPDX-License-Identifier: Apache-2.0
#include "app/server/executor.h"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tuesday::server {
namespace {

// The longest that any port may take; beyond it the lane is reported, and control's own deadlines have long acted.
constexpr Duration kWorkTimeMax = std::chrono::seconds(30);
constexpr Duration kRetryWhenFull = std::chrono::milliseconds(100);

}  // namespace

void PoolExecutor::Run(std::string lane, std::function<void()> blocking_work, std::function<void()> then) {
  const Result<void> taken = pool_.Submit(lane, kWorkTimeMax, blocking_work, [then](const http::JobReport&) { then(); });
  if (taken.has_value()) return;
  // Work is never dropped: control waits for its answer.
  spdlog::warn("lane {}: {}", lane, taken.error().message);
  loop_.After(kRetryWhenFull, [this, lane = std::move(lane), work = std::move(blocking_work),
                               then = std::move(then)]() mutable { Run(std::move(lane), std::move(work), std::move(then)); });
}

void PoolExecutor::At(Instant when, std::function<void()> call) {
  const Duration delay = std::max(Duration::zero(), Duration(when - clock_.Now()));
  loop_.After(delay, std::move(call));
}

}  // namespace tuesday::server
