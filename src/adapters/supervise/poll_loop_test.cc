// SPDX-License-Identifier: Apache-2.0
#include "adapters/supervise/poll_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <vector>

namespace tuesday::supervise {
namespace {

using std::chrono::milliseconds;

TEST(PollLoop, TimersAreCalledInOrderAndACancelledOneIsNot) {
  PollLoop loop;
  std::vector<int> called;
  loop.After(milliseconds(3), [&] {
    called.push_back(2);
    loop.Stop();
  });
  loop.After(milliseconds(1), [&] { called.push_back(1); });
  const auto cancelled = loop.After(milliseconds(2), [&] { called.push_back(3); });
  loop.Cancel(cancelled);
  loop.Cancel(0);
  loop.Run();
  EXPECT_THAT(called, ::testing::ElementsAre(1, 2));
}

TEST(PollLoop, WatchMayRemoveItselfAndItsNeighbour) {
  PollLoop loop;
  int first[2];
  int second[2];
  ASSERT_EQ(::pipe(first), 0);
  ASSERT_EQ(::pipe(second), 0);
  int calls = 0;
  const auto take = [&](short) {
    ++calls;
    loop.Unwatch(first[0]);
    loop.Unwatch(second[0]);
  };
  loop.Watch(first[0], POLLIN, take);
  loop.Watch(second[0], POLLIN, take);
  ASSERT_EQ(::write(first[1], "x", 1), 1);
  ASSERT_EQ(::write(second[1], "x", 1), 1);
  loop.RunOnce(Duration::zero());
  loop.RunOnce(Duration::zero());
  EXPECT_EQ(calls, 1);
  for (const int fd : {first[0], first[1], second[0], second[1]}) ::close(fd);
}

}  // namespace
}  // namespace tuesday::supervise
