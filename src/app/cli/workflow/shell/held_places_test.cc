// SPDX-License-Identifier: Apache-2.0
#include "app/cli/workflow/shell/held_places.h"

#include <gtest/gtest.h>

#include "testing/fake_clock.h"
#include "testing/fake_places.h"

namespace tuesday::cli {
namespace {

const PlaceId kPlace("1.test");

StepOrder Order(int ordinal, const std::string& script) {
  StepOrder order;
  order.id = "1.test." + std::to_string(ordinal);
  order.ordinal = ordinal;
  order.argv = {"bash", "{0}"};
  order.script = script;
  return order;
}

class Held : public ::testing::Test {
 protected:
  Held() {
    PlaceSpec spec;
    spec.id = kPlace;
    spec.workspace = "/w";
    EXPECT_TRUE(held_.Open(spec).has_value());
  }

  // The ids of what is told after `seen` reports, each with its exit code.
  std::string Told(int seen) {
    const Result<PlaceView> view = held_.Look(kPlace, seen, Duration::zero());
    std::string text;
    for (const StepReport& report : view->reports) text += report.id + "=" + std::to_string(report.exit_code) + " ";
    return text;
  }

  testing::FakeClock clock_;
  testing::FakePlaces fake_{clock_};
  std::vector<std::string> asked_;
  std::vector<std::string> given_up_;
  std::function<StepReport(const StepOrder&, StepReport)> answer_ = [](const StepOrder&, StepReport report) { return report; };
  HeldPlaces held_{fake_,
                   [this](const PlaceId&, const StepOrder& order, const StepReport& report) {
                     asked_.push_back(order.script);
                     return answer_(order, report);
                   },
                   [this](const PlaceId& place) { given_up_.push_back(place.str()); }};
};

TEST_F(Held, AStepThatPassesIsToldAtOnce) {
  ASSERT_TRUE(held_.Start(kPlace, Order(1, "true")).has_value());
  EXPECT_EQ(Told(0), "1.test.1=0 ");
  EXPECT_TRUE(asked_.empty());
}

TEST_F(Held, AFailedStepIsAskedAboutOnceAndToldAsAnswered) {
  answer_ = [](const StepOrder&, StepReport report) {
    report.exit_code = 0;
    return report;
  };
  ASSERT_TRUE(held_.Start(kPlace, Order(1, "exit 3")).has_value());
  EXPECT_EQ(Told(0), "1.test.1=0 ");
  EXPECT_EQ(Told(0), "1.test.1=0 ") << "looked at again";
  EXPECT_EQ(asked_, (std::vector<std::string>{"exit 3"}));
}

TEST_F(Held, WhatTheQuestionStartsIsToldToNobodyAndIsNotCounted) {
  answer_ = [this](const StepOrder& order, const StepReport& report) {
    StepOrder shell = order;
    shell.id += ".1.shell";
    shell.ordinal += kShellOrdinals;
    shell.script = "exit 9";
    EXPECT_TRUE(fake_.Start(kPlace, shell).has_value());
    return report;
  };
  ASSERT_TRUE(held_.Start(kPlace, Order(1, "exit 3")).has_value());
  EXPECT_EQ(Told(0), "1.test.1=3 ");
  ASSERT_TRUE(held_.Start(kPlace, Order(2, "true")).has_value());
  EXPECT_EQ(Told(1), "1.test.2=0 ");
  EXPECT_EQ(Told(2), "");
  EXPECT_EQ(asked_.size(), 1U);
}

TEST_F(Held, AStepThatWasSignalledIsNotAskedAbout) {
  ASSERT_TRUE(held_.Start(kPlace, Order(1, "sleep 60")).has_value());
  ASSERT_TRUE(held_.Signal(kPlace, "1.test.1", StepSignal::kInterrupt).has_value());
  EXPECT_NE(Told(0), "");
  EXPECT_TRUE(asked_.empty());
  EXPECT_TRUE(given_up_.empty());
}

TEST_F(Held, ASignalWhileTheQuestionIsOpenGivesItUp) {
  answer_ = [this](const StepOrder& order, const StepReport& report) {
    EXPECT_TRUE(held_.Signal(kPlace, order.id, StepSignal::kInterrupt).has_value());
    return report;
  };
  ASSERT_TRUE(held_.Start(kPlace, Order(1, "exit 3")).has_value());
  EXPECT_EQ(Told(0), "1.test.1=3 ");
  EXPECT_EQ(given_up_, (std::vector<std::string>{"1.test"}));
}

TEST_F(Held, ClosingThePlaceGivesTheQuestionUp) {
  ASSERT_TRUE(held_.Close(kPlace).has_value());
  EXPECT_EQ(given_up_, (std::vector<std::string>{"1.test"}));
}

TEST_F(Held, AReportOfAStepThatAnotherProcessBeganIsToldAsItIs) {
  ASSERT_TRUE(fake_.Start(kPlace, Order(1, "exit 3")).has_value());
  EXPECT_EQ(Told(0), "1.test.1=3 ");
  EXPECT_TRUE(asked_.empty());
}

}  // namespace
}  // namespace tuesday::cli
