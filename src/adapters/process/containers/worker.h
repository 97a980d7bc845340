// SPDX-License-Identifier: Apache-2.0
// One thread beside a poll loop, for calls that block. Work is done in order; its answer is brought to the loop's thread. A
// worker that goes away while it is busy is not waited for, and its answer is dropped.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "adapters/files/fd.h"
#include "adapters/supervise/poll_loop.h"

namespace tuesday::process {

class Worker {
 public:
  // `loop` must outlive it. After the signals of the process are blocked: its thread inherits that.
  explicit Worker(supervise::PollLoop& loop);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();

  // `work` runs on the thread and returns what is to be done with its answer, on the loop.
  using Answer = std::function<void()>;
  void Do(std::function<Answer()> work);

  // From within `work`: brings something to the loop before the work is done.
  using Tell = std::function<void(Answer)>;
  Tell teller() const;

 private:
  struct Shared {
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<std::function<Answer()>> work;
    std::deque<Answer> answers;
    files::Fd event;
    bool is_over = false;
  };

  static void Run(const std::shared_ptr<Shared>& shared);
  static void Post(Shared& shared, Answer answer);
  void OnEvent();

  supervise::PollLoop& loop_;
  std::shared_ptr<Shared> shared_;
};

}  // namespace tuesday::process
