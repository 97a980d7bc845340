// SPDX-License-Identifier: Apache-2.0
// What every Jobs must do, run against the fake and the real adapter alike.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "ports/jobs.h"

namespace tuesday::testing {

// A harness has: Jobs& jobs(); bool WaitUntil(condition), which lets time pass until the condition holds or too much of it has
// passed.
template <typename Harness>
class JobsContract : public ::testing::Test {
 protected:
  static JobSpec Job(const std::string& id, const std::string& script) {
    JobSpec spec;
    spec.id = JobId(id);
    spec.rollout = {Namespace("default"), "api"};
    spec.command = {"sh", "-c", script};
    spec.grace = std::chrono::milliseconds(200);
    return spec;
  }
  void Start(const JobSpec& spec) {
    const Result<void> started = harness_.jobs().Start(spec);
    ASSERT_TRUE(started.has_value()) << started.error().message;
  }
  std::optional<JobState> Seen(const std::string& id) {
    const auto seen = harness_.jobs().Observe();
    EXPECT_TRUE(seen.has_value());
    for (const JobState& state : seen.value_or(std::vector<JobState>())) {
      if (state.id.str() == id) return state;
    }
    return std::nullopt;
  }
  bool WaitForPhase(const std::string& id, JobPhase phase) {
    return harness_.WaitUntil([&] { return Seen(id).value_or(JobState()).phase == phase; });
  }
  Harness harness_;
};

TYPED_TEST_SUITE_P(JobsContract);

TYPED_TEST_P(JobsContract, ExitZeroSucceedsAndItsLastLineIsSeen) {
  this->Start(this->Job("a-1", "echo all good; exit 0"));
  ASSERT_TRUE(this->WaitForPhase("a-1", JobPhase::kSucceeded));
  const JobState state = *this->Seen("a-1");
  EXPECT_EQ(state.exit_code, 0);
  EXPECT_EQ(state.tries, 1);
  EXPECT_EQ(state.last_line, "all good");
}

TYPED_TEST_P(JobsContract, AnotherExitFailsAfterAllTries) {
  JobSpec spec = this->Job("a-1", "exit 3");
  spec.backoff_limit = 2;
  this->Start(spec);
  ASSERT_TRUE(this->WaitForPhase("a-1", JobPhase::kFailed));
  EXPECT_EQ(this->Seen("a-1")->exit_code, 3);
  EXPECT_EQ(this->Seen("a-1")->tries, 3);
}

TYPED_TEST_P(JobsContract, AnIdIsDoneOnce) {
  this->Start(this->Job("a-1", "exit 3"));
  ASSERT_TRUE(this->WaitForPhase("a-1", JobPhase::kFailed));
  this->Start(this->Job("a-1", "exit 0"));
  EXPECT_EQ(this->Seen("a-1")->phase, JobPhase::kFailed);
  EXPECT_EQ(this->Seen("a-1")->tries, 1);
}

TYPED_TEST_P(JobsContract, ItsDeadlineEndsIt) {
  JobSpec spec = this->Job("a-1", "sleep 6000; exit 0");
  spec.deadline = std::chrono::milliseconds(100);
  spec.backoff_limit = 6;
  this->Start(spec);
  ASSERT_TRUE(this->WaitForPhase("a-1", JobPhase::kFailed));
  EXPECT_EQ(this->Seen("a-1")->message, "It was ended at its deadline.");
}

TYPED_TEST_P(JobsContract, WhatIsOnlyKeptIsEndedAndItsOutcomeStays) {
  this->Start(this->Job("a-1", "sleep 6000; exit 0"));
  this->Start(this->Job("a-2", "sleep 6000; exit 0"));
  ASSERT_TRUE(this->harness_.jobs().Keep({.running = {JobId("a-2")}, .kept = {JobId("a-1")}}).has_value());
  ASSERT_TRUE(this->WaitForPhase("a-1", JobPhase::kFailed));
  EXPECT_EQ(this->Seen("a-2")->phase, JobPhase::kRunning);
}

TYPED_TEST_P(JobsContract, WhatNobodyNamesIsEndedAndForgotten) {
  this->Start(this->Job("a-1", "sleep 6000; exit 0"));
  this->Start(this->Job("a-2", "exit 0"));
  ASSERT_TRUE(this->WaitForPhase("a-2", JobPhase::kSucceeded));
  ASSERT_TRUE(this->harness_.jobs().Keep({}).has_value());
  EXPECT_TRUE(this->harness_.WaitUntil([&] { return !this->Seen("a-1") && !this->Seen("a-2"); }));
}

TYPED_TEST_P(JobsContract, OthersAreSparedWhereTheTargetSaysSo) {
  this->Start(this->Job("a-1", "sleep 6000; exit 0"));
  this->Start(this->Job("a-2", "sleep 6000; exit 0"));
  ASSERT_TRUE(this->harness_.jobs().Keep({.running = {}, .kept = {JobId("a-1")}, .spares_others = true}).has_value());
  ASSERT_TRUE(this->WaitForPhase("a-1", JobPhase::kFailed));
  EXPECT_EQ(this->Seen("a-2")->phase, JobPhase::kRunning);
}

REGISTER_TYPED_TEST_SUITE_P(JobsContract, ExitZeroSucceedsAndItsLastLineIsSeen, AnotherExitFailsAfterAllTries, AnIdIsDoneOnce,
                            ItsDeadlineEndsIt, WhatIsOnlyKeptIsEndedAndItsOutcomeStays, WhatNobodyNamesIsEndedAndForgotten,
                            OthersAreSparedWhereTheTargetSaysSo);

}  // namespace tuesday::testing
