// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/containers/worker.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <thread>
#include <utility>

#include "base/check.h"

namespace tuesday::process {

Worker::Worker(supervise::PollLoop& loop) : loop_(loop), shared_(std::make_shared<Shared>()) {
  shared_->event = files::Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  CHECK(shared_->event.is_open(), "an event descriptor can be made");
  loop_.Watch(shared_->event.get(), POLLIN, [this](short) { OnEvent(); });
  std::thread([shared = shared_] { Run(shared); }).detach();
}

Worker::~Worker() {
  loop_.Unwatch(shared_->event.get());
  const std::lock_guard lock(shared_->mutex);
  shared_->is_over = true;
  shared_->wake.notify_one();
}

void Worker::Do(std::function<Answer()> work) {
  const std::lock_guard lock(shared_->mutex);
  shared_->work.push_back(std::move(work));
  shared_->wake.notify_one();
}

Worker::Tell Worker::teller() const {
  return [shared = shared_](Answer answer) { Post(*shared, std::move(answer)); };
}

void Worker::Post(Shared& shared, Answer answer) {
  const std::lock_guard lock(shared.mutex);
  shared.answers.push_back(std::move(answer));
  const std::uint64_t one = 1;
  (void)!::write(shared.event.get(), &one, sizeof one);
}

void Worker::Run(const std::shared_ptr<Shared>& shared) {
  for (;;) {
    std::function<Answer()> work;
    {
      std::unique_lock lock(shared->mutex);
      shared->wake.wait(lock, [&] { return shared->is_over || !shared->work.empty(); });
      if (shared->is_over) return;
      work = std::move(shared->work.front());
      shared->work.pop_front();
    }
    Post(*shared, work());
  }
}

void Worker::OnEvent() {
  std::uint64_t count = 0;
  (void)!::read(shared_->event.get(), &count, sizeof count);
  // An answer may end us.
  const std::shared_ptr<Shared> shared = shared_;
  std::deque<Answer> answers;
  {
    const std::lock_guard lock(shared->mutex);
    answers.swap(shared->answers);
  }
  for (const Answer& answer : answers) {
    if (answer) answer();
  }
}

}  // namespace tuesday::process
