// SPDX-License-Identifier: Apache-2.0
// What every Workloads must do, run against the fake and the real adapter alike. A harness gives the workloads, an
// artifact that becomes ready, and a way to let time pass; instantiate with INSTANTIATE_TYPED_TEST_SUITE_P.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <set>

#include "ports/workloads.h"

namespace tuesday::testing {

// A harness has: Workloads& workloads(); InstancesTarget Target(revision, generation, count), whose instances become ready;
// bool WaitUntil(condition), which lets time pass until the condition holds or too much of it has passed.
template <typename Harness>
class WorkloadsContract : public ::testing::Test {
 protected:
  std::vector<InstanceState> Seen() {
    auto seen = harness_.workloads().Observe();
    EXPECT_TRUE(seen.has_value());
    return seen.value_or(std::vector<InstanceState>());
  }
  int Ready(const std::string& revision) {
    int ready = 0;
    for (const auto& state : Seen()) ready += state.ready && state.revision.str() == revision ? 1 : 0;
    return ready;
  }
  bool WaitForReady(const std::string& revision, int count) {
    return harness_.WaitUntil([&] { return Ready(revision) == count && CountOf(revision) == count; });
  }
  int CountOf(const std::string& revision) {
    int count = 0;
    for (const auto& state : Seen()) count += state.revision.str() == revision ? 1 : 0;
    return count;
  }

  Harness harness_;
};

TYPED_TEST_SUITE_P(WorkloadsContract);

TYPED_TEST_P(WorkloadsContract, InstancesBecomeReadyAndSayWhereTheyListen) {
  ASSERT_TRUE(this->harness_.workloads().SetInstances(this->harness_.Target("aaaaaaaaaa", 1, 2)).has_value());
  ASSERT_TRUE(this->WaitForReady("aaaaaaaaaa", 2));
  std::set<std::uint16_t> ports;
  for (const auto& state : this->Seen()) {
    EXPECT_EQ(state.phase, InstancePhase::kRunning);
    EXPECT_TRUE(state.ready_since.has_value());
    EXPECT_EQ(state.host, "127.0.0.1");
    EXPECT_EQ(state.restarts, 0);
    ports.insert(state.port);
  }
  EXPECT_EQ(ports.size(), 2u);
  EXPECT_FALSE(ports.contains(0));
}

TYPED_TEST_P(WorkloadsContract, AskingTwiceChangesNothing) {
  const auto target = this->harness_.Target("aaaaaaaaaa", 1, 2);
  ASSERT_TRUE(this->harness_.workloads().SetInstances(target).has_value());
  ASSERT_TRUE(this->WaitForReady("aaaaaaaaaa", 2));
  const auto before = this->Seen();
  ASSERT_TRUE(this->harness_.workloads().SetInstances(target).has_value());
  const auto after = this->Seen();
  ASSERT_EQ(after.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(after[i].id, before[i].id);
    EXPECT_EQ(after[i].port, before[i].port);
    EXPECT_EQ(after[i].started_at, before[i].started_at);
  }
}

TYPED_TEST_P(WorkloadsContract, OlderGenerationIsStaleAndChangesNothing) {
  ASSERT_TRUE(this->harness_.workloads().SetInstances(this->harness_.Target("aaaaaaaaaa", 5, 1)).has_value());
  const auto stale = this->harness_.workloads().SetInstances(this->harness_.Target("aaaaaaaaaa", 4, 3));
  ASSERT_FALSE(stale.has_value());
  EXPECT_EQ(stale.error().code, ErrorCode::kStale);
  EXPECT_TRUE(this->WaitForReady("aaaaaaaaaa", 1));
}

TYPED_TEST_P(WorkloadsContract, CountGoesUpAndDownAndTheHighestOrdinalsGoFirst) {
  auto& workloads = this->harness_.workloads();
  ASSERT_TRUE(workloads.SetInstances(this->harness_.Target("aaaaaaaaaa", 1, 3)).has_value());
  ASSERT_TRUE(this->WaitForReady("aaaaaaaaaa", 3));
  ASSERT_TRUE(workloads.SetInstances(this->harness_.Target("aaaaaaaaaa", 2, 1)).has_value());
  ASSERT_TRUE(this->WaitForReady("aaaaaaaaaa", 1));
  EXPECT_EQ(this->Seen().front().ordinal, 0);
  ASSERT_TRUE(workloads.SetInstances(this->harness_.Target("aaaaaaaaaa", 3, 2)).has_value());
  EXPECT_TRUE(this->WaitForReady("aaaaaaaaaa", 2));
}

TYPED_TEST_P(WorkloadsContract, RevisionsOfOneRolloutDoNotTouchEachOther) {
  auto& workloads = this->harness_.workloads();
  ASSERT_TRUE(workloads.SetInstances(this->harness_.Target("aaaaaaaaaa", 1, 1)).has_value());
  ASSERT_TRUE(workloads.SetInstances(this->harness_.Target("bbbbbbbbbb", 1, 1)).has_value());
  ASSERT_TRUE(this->WaitForReady("aaaaaaaaaa", 1));
  ASSERT_TRUE(this->WaitForReady("bbbbbbbbbb", 1));
  ASSERT_TRUE(workloads.SetInstances(this->harness_.Target("aaaaaaaaaa", 2, 0)).has_value());
  ASSERT_TRUE(this->harness_.WaitUntil([&] { return this->CountOf("aaaaaaaaaa") == 0; }));
  EXPECT_EQ(this->Ready("bbbbbbbbbb"), 1);
}

TYPED_TEST_P(WorkloadsContract, LogsAreBoundedAndOfAnUnknownInstanceNotFound) {
  auto& workloads = this->harness_.workloads();
  ASSERT_TRUE(workloads.SetInstances(this->harness_.Target("aaaaaaaaaa", 1, 1)).has_value());
  ASSERT_TRUE(this->WaitForReady("aaaaaaaaaa", 1));
  const InstanceId id = this->Seen().front().id;
  EXPECT_TRUE(this->harness_.WaitUntil([&] {
    const auto lines = workloads.Logs(id, 1);
    return lines.has_value() && lines->size() == 1;
  }));
  EXPECT_TRUE(workloads.Logs(id, 0).value().empty());
  EXPECT_EQ(workloads.Logs(InstanceId("unknown"), 1).error().code, ErrorCode::kNotFound);
}

REGISTER_TYPED_TEST_SUITE_P(WorkloadsContract, InstancesBecomeReadyAndSayWhereTheyListen, AskingTwiceChangesNothing,
                            OlderGenerationIsStaleAndChangesNothing, CountGoesUpAndDownAndTheHighestOrdinalsGoFirst,
                            RevisionsOfOneRolloutDoNotTouchEachOther, LogsAreBoundedAndOfAnUnknownInstanceNotFound);

}  // namespace tuesday::testing
