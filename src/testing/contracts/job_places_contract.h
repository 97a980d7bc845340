// SPDX-License-Identifier: Apache-2.0
// What every JobPlaces must do, run against the fake and the real adapter alike.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ports/job_places.h"

namespace tuesday::testing {

// A harness has: JobPlaces& places(); bool WaitUntil(condition), which lets time pass until the condition holds or too much of
// it has passed; void Lose(PlaceId), which ends what keeps the place.
template <typename Harness>
class JobPlacesContract : public ::testing::Test {
 protected:
  static PlaceSpec Spec(const std::string& id) {
    PlaceSpec spec;
    spec.id = PlaceId(id);
    spec.workspace = "/home/runner/work/app/app";
    spec.network = Network::kNone;
    return spec;
  }
  static StepOrder Step(int ordinal, const std::string& script) {
    StepOrder step;
    step.id = "s" + std::to_string(ordinal);
    step.ordinal = ordinal;
    step.argv = {"bash", "-e", "{0}"};
    step.script = script;
    step.script_suffix = ".sh";
    step.working_dir = "/home/runner/work/app/app";
    return step;
  }
  void Open(const PlaceSpec& spec) {
    const Result<void> opened = places().Open(spec);
    ASSERT_TRUE(opened.has_value()) << ErrorText(opened.error());
  }
  void Start(const StepOrder& step) {
    const Result<void> started = places().Start(kPlace, step);
    ASSERT_TRUE(started.has_value()) << ErrorText(started.error());
  }
  PlaceView Look(int seen = 0) {
    const Result<PlaceView> view = places().Look(kPlace, seen, std::chrono::milliseconds(20));
    EXPECT_TRUE(view.has_value());
    return view.value_or(PlaceView());
  }
  std::optional<StepReport> ReportOf(int ordinal) {
    for (const StepReport& report : Look().reports) {
      if (report.ordinal == ordinal) return report;
    }
    return std::nullopt;
  }
  StepReport Ended(int ordinal) {
    EXPECT_TRUE(harness_.WaitUntil([&] { return ReportOf(ordinal).has_value(); }));
    return ReportOf(ordinal).value_or(StepReport());
  }
  StepReport Run(const StepOrder& step) {
    Start(step);
    return Ended(step.ordinal);
  }
  JobPlaces& places() { return harness_.places(); }

  const PlaceId kPlace{"p-1"};
  Harness harness_;
};

TYPED_TEST_SUITE_P(JobPlacesContract);

TYPED_TEST_P(JobPlacesContract, AStepEndsWithItsExitCode) {
  this->Open(this->Spec("p-1"));
  const StepReport good = this->Run(this->Step(1, "echo well\nexit 0"));
  EXPECT_EQ(good.id, "s1");
  EXPECT_EQ(good.end, StepEnd::kExited);
  EXPECT_EQ(good.exit_code, 0);
  EXPECT_EQ(good.problem, "");
  EXPECT_LE(good.began, good.ended);
  EXPECT_EQ(this->Run(this->Step(2, "exit 3")).exit_code, 3);
}

TYPED_TEST_P(JobPlacesContract, WhatAStepWritesIntoItsFilesIsReported) {
  this->Open(this->Spec("p-1"));
  const StepReport report = this->Run(this->Step(1,
                                                 "echo a=1 >> \"$GITHUB_OUTPUT\"\necho B=2 >> \"$GITHUB_ENV\"\n"
                                                 "echo c=3 >> \"$GITHUB_STATE\"\necho /opt/x >> \"$GITHUB_PATH\"\n"
                                                 "echo words >> \"$GITHUB_STEP_SUMMARY\""));
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(report.outputs, (Pairs{{"a", "1"}}));
  EXPECT_EQ(report.environment, (Pairs{{"B", "2"}}));
  EXPECT_EQ(report.state, (Pairs{{"c", "3"}}));
  EXPECT_EQ(report.path, std::vector<std::string>{"/opt/x"});
  EXPECT_EQ(report.summary, "words\n");
  EXPECT_TRUE(this->Run(this->Step(2, "exit 0")).outputs.empty());
}

TYPED_TEST_P(JobPlacesContract, AFileOfAStepThatCannotBeReadIsAProblem) {
  this->Open(this->Spec("p-1"));
  const StepReport report = this->Run(this->Step(1, "echo nonsense >> \"$GITHUB_OUTPUT\""));
  EXPECT_EQ(report.exit_code, 0);
  EXPECT_NE(report.problem, "");
}

TYPED_TEST_P(JobPlacesContract, AStepIsDoneOnce) {
  this->Open(this->Spec("p-1"));
  EXPECT_EQ(this->Run(this->Step(1, "exit 3")).exit_code, 3);
  this->Start(this->Step(1, "exit 0"));
  EXPECT_EQ(this->Ended(1).exit_code, 3);
  EXPECT_EQ(this->Look().reports.size(), 1U);
}

TYPED_TEST_P(JobPlacesContract, AnOpenPlaceIsOpenedOnce) {
  this->Open(this->Spec("p-1"));
  EXPECT_EQ(this->Run(this->Step(1, "exit 0")).exit_code, 0);
  this->Open(this->Spec("p-1"));
  EXPECT_EQ(this->Look().reports.size(), 1U);
  EXPECT_EQ(this->Look().phase, PlacePhase::kOpen);
}

TYPED_TEST_P(JobPlacesContract, AProgramThatIsNotThereIsNotStartedAndNamed) {
  this->Open(this->Spec("p-1"));
  StepOrder step = this->Step(1, "");
  step.argv = {"/no/such/program"};
  const StepReport report = this->Run(step);
  EXPECT_EQ(report.end, StepEnd::kNotStarted);
  EXPECT_NE(report.problem.find("/no/such/program"), std::string::npos);
}

TYPED_TEST_P(JobPlacesContract, ASignalEndsAStep) {
  this->Open(this->Spec("p-1"));
  this->Start(this->Step(1, "sleep 6000"));
  EXPECT_EQ(this->Look().running, std::vector<std::string>{"s1"});
  ASSERT_TRUE(this->places().Signal(this->kPlace, "s1", StepSignal::kTerminate).has_value());
  EXPECT_EQ(this->Ended(1).exit_code, 143);
  EXPECT_TRUE(this->places().Signal(this->kPlace, "s1", StepSignal::kTerminate).has_value());
  EXPECT_EQ(this->Look().running, std::vector<std::string>());
}

TYPED_TEST_P(JobPlacesContract, ATimeoutEndsAStep) {
  this->Open(this->Spec("p-1"));
  StepOrder step = this->Step(1, "sleep 6000");
  step.timeout = std::chrono::milliseconds(50);
  const StepReport report = this->Run(step);
  EXPECT_EQ(report.end, StepEnd::kTimedOut);
  EXPECT_EQ(report.exit_code, 130);
}

TYPED_TEST_P(JobPlacesContract, StepsRunBesideEachOther) {
  this->Open(this->Spec("p-1"));
  this->Start(this->Step(1, "sleep 6000"));
  EXPECT_EQ(this->Run(this->Step(2, "exit 4")).exit_code, 4);
  EXPECT_EQ(this->Look().running, std::vector<std::string>{"s1"});
  EXPECT_EQ(this->Look(1).reports.size(), 0U);
  ASSERT_TRUE(this->places().Signal(this->kPlace, "s1", StepSignal::kKill).has_value());
  EXPECT_EQ(this->Ended(1).exit_code, 137);
  ASSERT_EQ(this->Look(1).reports.size(), 1U);
  EXPECT_EQ(this->Look(1).reports[0].id, "s1");
}

TYPED_TEST_P(JobPlacesContract, NotMoreStepsThanMayRunAtOnce) {
  this->Open(this->Spec("p-1"));
  for (int ordinal = 1; ordinal <= kStepsAtOnceMax; ++ordinal) this->Start(this->Step(ordinal, "sleep 6000"));
  const Result<void> one_more = this->places().Start(this->kPlace, this->Step(kStepsAtOnceMax + 1, "exit 0"));
  ASSERT_FALSE(one_more.has_value());
  EXPECT_EQ(one_more.error().code, ErrorCode::kLimit);
}

TYPED_TEST_P(JobPlacesContract, AClosedPlaceKeepsItsReportsAndTakesNoSteps) {
  this->Open(this->Spec("p-1"));
  EXPECT_EQ(this->Run(this->Step(1, "exit 0")).exit_code, 0);
  this->Start(this->Step(2, "sleep 6000"));
  ASSERT_TRUE(this->places().Close(this->kPlace).has_value());
  EXPECT_EQ(this->Look().phase, PlacePhase::kClosed);
  ASSERT_EQ(this->Look().reports.size(), 2U);
  EXPECT_EQ(this->Look().reports[1].end, StepEnd::kLost);
  EXPECT_EQ(this->places().Start(this->kPlace, this->Step(3, "exit 0")).error().code, ErrorCode::kConflict);
  EXPECT_TRUE(this->places().Close(this->kPlace).has_value());
}

TYPED_TEST_P(JobPlacesContract, AForgottenPlaceIsGone) {
  this->Open(this->Spec("p-1"));
  EXPECT_EQ(this->places().Forget(this->kPlace).error().code, ErrorCode::kConflict);
  ASSERT_TRUE(this->places().Close(this->kPlace).has_value());
  ASSERT_TRUE(this->places().Forget(this->kPlace).has_value());
  EXPECT_EQ(this->places().Look(this->kPlace, 0, Duration::zero()).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(this->places().Forget(this->kPlace).has_value());
}

TYPED_TEST_P(JobPlacesContract, ALostPlaceSaysSoAndItsReportsStay) {
  this->Open(this->Spec("p-1"));
  EXPECT_EQ(this->Run(this->Step(1, "exit 5")).exit_code, 5);
  this->Start(this->Step(2, "sleep 6000"));
  this->harness_.Lose(this->kPlace);
  const PlaceView view = this->Look();
  EXPECT_EQ(view.phase, PlacePhase::kLost);
  EXPECT_NE(view.message, "");
  ASSERT_EQ(view.reports.size(), 2U);
  EXPECT_EQ(view.reports[0].exit_code, 5);
  EXPECT_EQ(view.reports[1].end, StepEnd::kLost);
  EXPECT_EQ(this->places().Start(this->kPlace, this->Step(3, "exit 0")).error().code, ErrorCode::kConflict);
  EXPECT_TRUE(this->places().Close(this->kPlace).has_value());
  EXPECT_TRUE(this->places().Forget(this->kPlace).has_value());
}

TYPED_TEST_P(JobPlacesContract, APlaceEndsItselfAfterItsTime) {
  PlaceSpec spec = this->Spec("p-1");
  spec.time_max = std::chrono::milliseconds(500);
  this->Open(spec);
  this->Start(this->Step(1, "sleep 6000"));
  EXPECT_EQ(this->Ended(1).end, StepEnd::kTimedOut);
  EXPECT_TRUE(this->harness_.WaitUntil([&] { return this->Look().phase == PlacePhase::kClosed; }));
  EXPECT_NE(this->Look().message, "");
}

TYPED_TEST_P(JobPlacesContract, WhatIsNotThereIsNotFound) {
  EXPECT_EQ(this->places().Look(this->kPlace, 0, Duration::zero()).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(this->places().Start(this->kPlace, this->Step(1, "exit 0")).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(this->places().Close(this->kPlace).has_value());
  this->Open(this->Spec("p-1"));
  EXPECT_EQ(this->places().ReadFile(this->kPlace, "/home/runner/work/app/app/none", 10).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(this->places().HashFiles(this->kPlace, {"none"}).value_or("?"), "");
}

REGISTER_TYPED_TEST_SUITE_P(JobPlacesContract, AStepEndsWithItsExitCode, WhatAStepWritesIntoItsFilesIsReported,
                            AFileOfAStepThatCannotBeReadIsAProblem, AStepIsDoneOnce, AnOpenPlaceIsOpenedOnce,
                            AProgramThatIsNotThereIsNotStartedAndNamed, ASignalEndsAStep, ATimeoutEndsAStep,
                            StepsRunBesideEachOther, NotMoreStepsThanMayRunAtOnce, AClosedPlaceKeepsItsReportsAndTakesNoSteps,
                            AForgottenPlaceIsGone, ALostPlaceSaysSoAndItsReportsStay, APlaceEndsItselfAfterItsTime,
                            WhatIsNotThereIsNotFound);

}  // namespace tuesday::testing
