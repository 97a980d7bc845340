// SPDX-License-Identifier: Apache-2.0
#include "core/analysis/analysis.h"

#include <gtest/gtest.h>

#include <limits>

namespace tuesday::analysis {
namespace {

using namespace std::chrono_literals;

Metric SuccessRate() {
  Metric metric;
  metric.name = "success-rate";
  metric.interval = 30s;
  metric.failure_limit = 2;
  metric.success_condition = "result[0] >= 0.99";
  return metric;
}

// Plays a run: answers each command with the next value, advancing to each wake-up.
class Played {
 public:
  explicit Played(Spec spec) : spec_(std::move(spec)) {}

  const Status& Play(const std::vector<Result<Json>>& answers) {
    Take(Tick());
    for (const Result<Json>& answer : answers) {
      if (IsDone(status_.phase)) break;
      if (commands_.empty()) {
        now_ = *wake_at_;
        Take(Tick());
      }
      const Measure command = commands_.front();
      Take(Answer{command.metric, command.ordinal, answer});
    }
    return status_;
  }

  const Status& Take(const Event& event) {
    Outcome outcome = Step(spec_, status_, event, now_);
    status_ = std::move(outcome.status);
    commands_ = std::move(outcome.commands);
    wake_at_ = outcome.wake_at;
    return status_;
  }

  const Status& status() const { return status_; }
  const std::vector<Measure>& commands() const { return commands_; }
  std::optional<Instant> wake_at() const { return wake_at_; }
  Instant now() const { return now_; }

 private:
  Spec spec_;
  Status status_;
  Instant now_{1000s};
  std::vector<Measure> commands_;
  std::optional<Instant> wake_at_;
};

Json Vector(double value) { return Json(Json::Array{Json(value)}); }
Result<Json> Broken() { return Fail(ErrorCode::kUnavailable, "The store did not answer."); }

struct EndCase {
  const char* name;
  std::vector<Result<Json>> answers;
  bool end;
  Phase expected;
};

class Ends : public testing::TestWithParam<EndCase> {};

TEST_P(Ends, As) {
  Played run(Spec{{SuccessRate()}});
  run.Play(GetParam().answers);
  if (GetParam().end) run.Take(End());
  EXPECT_EQ(run.status().phase, GetParam().expected) << run.status().message;
}

INSTANTIATE_TEST_SUITE_P(
    Cases, Ends,
    testing::Values(
        EndCase{"ThreeFailuresAreOverTheLimitOfTwo", {Vector(0.9), Vector(0.9), Vector(0.9)}, false, Phase::kFailed},
        EndCase{"TwoFailuresAreNot", {Vector(0.9), Vector(0.9), Vector(1.0)}, false, Phase::kRunning},
        EndCase{"EndedAfterASuccess", {Vector(1.0)}, true, Phase::kSuccessful},
        EndCase{"EndedWithNothingButErrorsIsNoSuccess", {Broken(), Broken()}, true, Phase::kError},
        EndCase{"EndedBeforeAnythingWasMeasuredIsNoSuccess", {}, true, Phase::kInconclusive},
        EndCase{"EndedOnSilenceIsNoSuccess", {Json(Json::Array{}), Json(Json::Array{})}, true, Phase::kInconclusive},
        EndCase{"FiveErrorsInARow", {Broken(), Broken(), Broken(), Broken(), Broken()}, false, Phase::kError},
        EndCase{
            "FourErrorsAndASuccess", {Broken(), Broken(), Broken(), Broken(), Vector(1.0), Broken()}, false, Phase::kRunning}),
    [](const auto& test) { return test.param.name; });

TEST(Analysis, MeasuresAtItsInterval) {
  Played run(Spec{{SuccessRate()}});
  run.Take(Tick());
  ASSERT_EQ(run.commands().size(), 1U);
  run.Take(Answer{0, 1, Vector(1.0)});
  EXPECT_EQ(run.wake_at(), run.now() + 30s);
}

TEST(Analysis, AnAnswerThatNobodyWaitsForChangesNothing) {
  Played run(Spec{{SuccessRate()}});
  run.Take(Tick());
  run.Take(Answer{0, 1, Vector(1.0)});
  const Status before = run.status();
  run.Take(Answer{0, 1, Vector(0.0)});
  run.Take(Answer{0, 7, Vector(0.0)});
  run.Take(Answer{3, 1, Vector(0.0)});
  EXPECT_EQ(run.status(), before);
}

TEST(Analysis, AMetricWithoutIntervalIsMeasuredOnce) {
  Metric metric = SuccessRate();
  metric.interval.reset();
  Played run(Spec{{metric}});
  EXPECT_EQ(run.Play({Vector(1.0)}).phase, Phase::kSuccessful);
}

TEST(Analysis, ADryRunMetricNeverDecides) {
  Metric good = SuccessRate();
  good.interval.reset();
  Metric bad = good;
  bad.dry_run = true;
  Played run(Spec{{good, bad}});
  run.Take(Tick());
  run.Take(Answer{1, 1, Vector(0.0)});
  EXPECT_EQ(run.Take(Answer{0, 1, Vector(1.0)}).phase, Phase::kSuccessful);
}

TEST(Analysis, OneBadMetricEndsTheOthers) {
  Metric other = SuccessRate();
  other.failure_limit = 0;
  Played run(Spec{{SuccessRate(), other}});
  run.Take(Tick());
  run.Take(Answer{0, 1, Vector(1.0)});
  EXPECT_EQ(run.Take(Answer{1, 1, Vector(0.0)}).phase, Phase::kFailed);
}

TEST(ShowsHealth, OnlyWhenTheLastMeasurementWasGood) {
  const Spec spec{{SuccessRate()}};
  Played run(spec);
  EXPECT_FALSE(ShowsHealth(spec, run.Take(Tick())));
  EXPECT_TRUE(ShowsHealth(spec, run.Take(Answer{0, 1, Vector(1.0)})));
  EXPECT_FALSE(ShowsHealth(spec, run.Play({Json(Json::Array{})})));
}

struct JudgeCase {
  const char* name;
  const char* success;
  const char* failure;
  Json value;
  Phase expected;
};

class Judges : public testing::TestWithParam<JudgeCase> {};

TEST_P(Judges, As) {
  Metric metric;
  metric.success_condition = GetParam().success;
  metric.failure_condition = GetParam().failure;
  EXPECT_EQ(Judge(metric, GetParam().value).phase, GetParam().expected);
}

const double kNaN = std::numeric_limits<double>::quiet_NaN();

INSTANTIATE_TEST_SUITE_P(
    TruthTable, Judges,
    testing::Values(JudgeCase{"NoCondition", "", "", Vector(1), Phase::kSuccessful},
                    JudgeCase{"SuccessHolds", "result[0] > 0", "", Vector(1), Phase::kSuccessful},
                    JudgeCase{"SuccessDoesNotHold", "result[0] > 0", "", Vector(0), Phase::kFailed},
                    JudgeCase{"FailureHolds", "", "result[0] > 0", Vector(1), Phase::kFailed},
                    JudgeCase{"FailureDoesNotHold", "", "result[0] > 0", Vector(0), Phase::kSuccessful},
                    JudgeCase{"FailureWins", "result[0] > 0", "result[0] > 0", Vector(1), Phase::kFailed},
                    JudgeCase{"NeitherHolds", "result[0] > 1", "result[0] < 1", Vector(1), Phase::kInconclusive},
                    JudgeCase{"WrongType", "result[0] > 'a'", "", Vector(1), Phase::kError},
                    JudgeCase{"EmptyIsNoEvidence", "result[0] > 0", "", Json(Json::Array{}), Phase::kNoEvidence},
                    JudgeCase{"EmptyNeverPasses", "len(result) == 0 || result[0] > 0", "", Json(Json::Array{}),
                              Phase::kNoEvidence},
                    JudgeCase{"EmptyMayFail", "", "len(result) == 0", Json(Json::Array{}), Phase::kFailed},
                    JudgeCase{"NaNIsNoEvidence", "result[0] > 0", "", Vector(kNaN), Phase::kNoEvidence},
                    JudgeCase{"ScalarNaNIsNoEvidence", "", "result < 1", Json(kNaN), Phase::kNoEvidence}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace tuesday::analysis
