// SPDX-License-Identifier: Apache-2.0
#include "adapters/supervise/poll_loop.h"

#include <poll.h>
#include <time.h>

#include <algorithm>
#include <climits>
#include <vector>

namespace tuesday::supervise {

Instant BootNow() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return Instant(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

void PollLoop::Watch(int fd, short events, std::function<void(short)> ready) {
  watches_[fd] = Watched{events, ++serial_, std::move(ready)};
}

void PollLoop::Unwatch(int fd) { watches_.erase(fd); }

PollLoop::TimerId PollLoop::At(Instant when, std::function<void()> due) {
  const TimerId timer = ++serial_;
  timers_.emplace(std::pair(when, timer), std::move(due));
  timer_times_.emplace(timer, when);
  return timer;
}

void PollLoop::Cancel(TimerId timer) {
  const auto found = timer_times_.find(timer);
  if (found == timer_times_.end()) return;
  timers_.erase({found->second, timer});
  timer_times_.erase(found);
}

void PollLoop::Run() {
  stopped_ = false;
  while (!stopped_) RunOnce();
}

int PollLoop::WaitMs(Duration wait_max) const {
  Duration wait = wait_max;
  if (!timers_.empty()) wait = std::min(wait, timers_.begin()->first.first - BootNow());
  if (wait == kForever) return -1;
  if (wait <= Duration::zero()) return 0;
  // Rounded up: a timer that is called early would only be asked again.
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
  return static_cast<int>(std::min<std::int64_t>(ms, INT_MAX));
}

void PollLoop::CallDueTimers() {
  const Instant now = BootNow();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    auto node = timers_.extract(timers_.begin());
    timer_times_.erase(node.key().second);
    node.mapped()();
  }
}

void PollLoop::RunOnce(Duration wait_max) {
  std::vector<pollfd> polled;
  std::vector<std::uint64_t> serials;
  polled.reserve(watches_.size());
  serials.reserve(watches_.size());
  for (const auto& [fd, watched] : watches_) {
    polled.push_back({fd, watched.events, 0});
    serials.push_back(watched.serial);
  }
  const int ready = ::poll(polled.data(), polled.size(), WaitMs(wait_max));
  if (ready > 0) {
    for (std::size_t i = 0; i < polled.size(); ++i) {
      if (polled[i].revents == 0) continue;
      const auto found = watches_.find(polled[i].fd);
      if (found == watches_.end() || found->second.serial != serials[i]) continue;
      // A copy: the callback may remove its own watch.
      const auto call = found->second.ready;
      call(polled[i].revents);
    }
  }
  CallDueTimers();
}

}  // namespace tuesday::supervise
