// SPDX-License-Identifier: Apache-2.0
#include "adapters/http/loop.h"

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <utility>

namespace tuesday::http {

namespace asio = boost::asio;

struct Loop::Impl {
  // One thread: no locks inside asio beyond those that Post needs.
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard{context.get_executor()};
  std::map<TimerId, std::unique_ptr<asio::steady_timer>> timers;
  TimerId last_timer = 0;
  std::atomic<std::uint64_t> slow{0};
  std::atomic<Duration::rep> longest{0};
};

Loop::Loop() : impl_(std::make_unique<Impl>()) {}

Loop::~Loop() = default;

void Loop::Post(Task task) {
  asio::post(impl_->context, [this, task = std::move(task)] { Measure(task); });
}

TimerId Loop::After(Duration delay, Task task) {
  const TimerId id = ++impl_->last_timer;
  auto timer = std::make_unique<asio::steady_timer>(impl_->context, delay);
  timer->async_wait([this, id, task = std::move(task)](const boost::system::error_code& error) {
    // A timer that had already fired when it was cancelled comes here without an error.
    if (error || impl_->timers.erase(id) == 0) return;
    Measure(task);
  });
  impl_->timers.emplace(id, std::move(timer));
  return id;
}

void Loop::Cancel(TimerId timer) { impl_->timers.erase(timer); }

void Loop::Run() {
  impl_->context.restart();
  impl_->context.run();
}

void Loop::Stop() { impl_->context.stop(); }

void Loop::Measure(const Task& task) {
  const auto begin = std::chrono::steady_clock::now();
  task();
  const Duration took = std::chrono::steady_clock::now() - begin;
  if (took > kTaskTimeMax) impl_->slow.fetch_add(1, std::memory_order_relaxed);
  if (took.count() > impl_->longest.load(std::memory_order_relaxed)) {
    impl_->longest.store(took.count(), std::memory_order_relaxed);
  }
}

std::uint64_t Loop::slow_tasks() const { return impl_->slow.load(std::memory_order_relaxed); }

Duration Loop::longest_task() const { return Duration(impl_->longest.load(std::memory_order_relaxed)); }

asio::io_context& Loop::context() { return impl_->context; }

}  // namespace tuesday::http
