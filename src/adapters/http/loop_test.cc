// SPDX-License-Identifier: Apache-2.0
#include "adapters/http/loop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "adapters/http/worker_pool.h"

namespace tuesday::http {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST(Loop, RunsTimersInTheOrderOfTheirTimes) {
  Loop loop;
  std::string order;
  loop.After(milliseconds(20), [&] {
    order += 'c';
    loop.Stop();
  });
  loop.After(milliseconds(10), [&] { order += 'b'; });
  loop.Post([&] { order += 'a'; });
  loop.Run();
  EXPECT_EQ(order, "abc");
}

TEST(Loop, ACancelledTimerNeverFires) {
  Loop loop;
  std::string fired;
  const TimerId later = loop.After(milliseconds(2), [&] { fired += "later "; });
  loop.After(milliseconds(1), [&] {
    fired += "first ";
    loop.Cancel(later);
    loop.Cancel(later);
    loop.Cancel(12'345);
  });
  loop.After(milliseconds(10), [&] { loop.Stop(); });
  loop.Run();
  EXPECT_EQ(fired, "first ");
}

TEST(Loop, ATimerMayCancelItselfAndSetAnother) {
  Loop loop;
  TimerId timer = 0;
  int fired = 0;
  timer = loop.After(milliseconds(1), [&] {
    ++fired;
    loop.Cancel(timer);
    loop.After(Duration::zero(), [&] { loop.Stop(); });
  });
  loop.Run();
  EXPECT_EQ(fired, 1);
}

TEST(Loop, TakesTasksFromAnyThreadAndRunsAgainAfterAStop) {
  Loop loop;
  int done = 0;
  for (int round = 1; round <= 2; ++round) {
    std::jthread other([&] {
      for (int i = 0; i < 100; ++i) loop.Post([&] { ++done; });
      loop.Post([&] { loop.Stop(); });
    });
    loop.Run();
    EXPECT_EQ(done, 100 * round);
  }
}

TEST(Loop, CountsATaskThatHeldItTooLong) {
  Loop loop;
  loop.Measure([] {});
  EXPECT_EQ(loop.slow_tasks(), 0U);
  loop.Measure([] {
    const auto end = std::chrono::steady_clock::now() + 2 * kTaskTimeMax;
    while (std::chrono::steady_clock::now() < end) {}
  });
  EXPECT_EQ(loop.slow_tasks(), 1U);
  EXPECT_GE(loop.longest_task(), 2 * kTaskTimeMax);
}

TEST(WorkerPool, RunsTheJobsOfALaneOneAtATimeAndInOrder) {
  Loop loop;
  WorkerPool pool(loop);
  constexpr int kLanes = 5;
  constexpr int kJobs = 50;
  std::map<std::string, std::vector<int>> done;
  std::array<std::atomic<int>, kLanes> inside{};
  std::atomic<bool> overlapped = false;
  int left = kLanes * kJobs;
  for (int job = 0; job < kJobs; ++job) {
    for (int lane = 0; lane < kLanes; ++lane) {
      const std::string name = "lane " + std::to_string(lane);
      const auto work = [&, lane] {
        if (inside[static_cast<std::size_t>(lane)].fetch_add(1) != 0) overlapped = true;
        std::this_thread::yield();
        inside[static_cast<std::size_t>(lane)].fetch_sub(1);
      };
      ASSERT_TRUE(pool.Submit(name, hours(1), work,
                              [&, name, job](const JobReport& report) {
                                EXPECT_FALSE(report.late);
                                done[name].push_back(job);
                                if (--left == 0) loop.Stop();
                              })
                      .has_value());
    }
  }
  loop.Run();
  EXPECT_FALSE(overlapped);
  for (const auto& [lane, jobs] : done) {
    ASSERT_EQ(jobs.size(), static_cast<std::size_t>(kJobs));
    EXPECT_TRUE(std::is_sorted(jobs.begin(), jobs.end())) << lane;
  }
  EXPECT_EQ(pool.counters().done, static_cast<std::uint64_t>(kLanes * kJobs));
}

TEST(WorkerPool, AnAbortPassesWhenEveryOtherThreadIsBlocked) {
  Loop loop;
  WorkerPool pool(loop, {.threads = 2, .jobs_max = 4});
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  int blocked_done = 0;
  const auto wait = [released] { released.wait(); };
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(pool.Submit("blocked " + std::to_string(i), hours(1), wait,
                            [&](const JobReport&) {
                              if (++blocked_done == 4) loop.Stop();
                            })
                    .has_value());
  }
  ASSERT_TRUE(pool.Submit(
                      "abort default/api", hours(1), [] {},
                      [&](const JobReport&) {
                        EXPECT_EQ(blocked_done, 0);
                        release.set_value();
                      })
                  .has_value());
  loop.Run();
  EXPECT_EQ(blocked_done, 4);
}

TEST(WorkerPool, RefusesAJobOverItsLimitByName) {
  Loop loop;
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  std::promise<void> started;
  WorkerPool pool(loop, {.threads = 1, .jobs_max = 1});
  const auto nothing = [](const JobReport&) {};
  ASSERT_TRUE(pool.Submit("a", hours(1), [&] { started.set_value(), released.wait(); }, nothing).has_value());
  started.get_future().wait();
  ASSERT_TRUE(pool.Submit("b", hours(1), [] {}, nothing).has_value());
  const Result<void> refused = pool.Submit("c", hours(1), [] {}, nothing);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kLimit);
  EXPECT_EQ(pool.counters().waiting, 1U);
  EXPECT_TRUE(pool.Submit("abort c", hours(1), [] {}, nothing).has_value());
  release.set_value();
}

TEST(WorkerPool, ReportsAJobThatOutlivesItsDeadlineWhileItRunsAndAtItsEnd) {
  Loop loop;
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  std::vector<std::string> overdue;
  WorkerPool pool(loop, {}, [&](const std::string& lane) {
    overdue.push_back(lane);
    release.set_value();
  });
  bool late = false;
  ASSERT_TRUE(pool.Submit(
                      "slow", milliseconds(1), [released] { released.wait(); },
                      [&](const JobReport& report) {
                        late = report.late;
                        loop.Stop();
                      })
                  .has_value());
  loop.Run();
  EXPECT_TRUE(late);
  EXPECT_EQ(overdue, std::vector<std::string>{"slow"});
  EXPECT_EQ(pool.counters().late, 1U);
}

TEST(WorkerPool, BringsAValueBack) {
  Loop loop;
  WorkerPool pool(loop);
  std::unique_ptr<std::string> answer;
  ASSERT_TRUE(pool.Submit<std::unique_ptr<std::string>>(
                      "a", hours(1), [] { return std::make_unique<std::string>("42"); },
                      [&](std::unique_ptr<std::string> value, const JobReport&) {
                        answer = std::move(value);
                        loop.Stop();
                      })
                  .has_value());
  loop.Run();
  EXPECT_EQ(*answer, "42");
}

TEST(WorkerPool, GivesNoAnswerAfterItsEnd) {
  Loop loop;
  bool answered = false;
  {
    WorkerPool pool(loop);
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(pool.Submit("a", hours(1), [] {}, [&](const JobReport&) { answered = true; }).has_value());
    }
  }
  loop.Post([&] { loop.Stop(); });
  loop.Run();
  EXPECT_FALSE(answered);
}

}  // namespace
}  // namespace tuesday::http
