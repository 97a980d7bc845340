// SPDX-License-Identifier: Apache-2.0
// An executor on virtual time: one queue, no threads. Work and its answer are two events, so that a test can stop, or
// crash what it tests, between any two of them. Equal calls give equal orders.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>

#include "control/executor.h"
#include "testing/fake_clock.h"

namespace tuesday::testing {

class VirtualExecutor : public control::Executor {
 public:
  explicit VirtualExecutor(FakeClock& clock) : clock_(clock) {}

  void Run(std::string lane, std::function<void()> blocking_work, std::function<void()> then) override;
  void At(Instant when, std::function<void()> call) override;

  // Does the next event, moving the clock to it. False when there is none, or none until `until`.
  bool Step(Instant until = Instant::max());

  // All events until then; the clock ends there.
  void RunUntil(Instant until);
  void RunFor(Duration duration) { RunUntil(clock_.Now() + duration); }

  // Steps until `holds` or until `limit` has passed; says whether it held.
  bool RunUntilHolds(const std::function<bool()>& holds, Duration limit);

  // The process is gone: nothing that was queued happens. Work that has been done stays done.
  void Crash();

  // What a piece of work on this lane takes; a call under way on one lane delays no other.
  void SetLatency(const std::string& lane, Duration latency) { latency_[lane] = latency; }

  std::uint64_t steps() const { return steps_; }

 private:
  struct Job {
    std::function<void()> work;
    std::function<void()> then;
  };
  struct Lane {
    std::deque<Job> jobs;
    bool busy = false;
  };

  void Push(Instant when, std::function<void()> call);
  void StartNext(const std::string& lane);

  FakeClock& clock_;
  std::map<std::pair<Instant, std::uint64_t>, std::function<void()>> events_;
  std::map<std::string, Lane> lanes_;
  std::map<std::string, Duration> latency_;
  std::uint64_t next_ = 0;
  std::uint64_t steps_ = 0;
};

}  // namespace tuesday::testing
