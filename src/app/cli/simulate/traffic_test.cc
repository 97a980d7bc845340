// SPDX-License-Identifier: Apache-2.0
#include "app/cli/simulate/traffic.h"

#include <gtest/gtest.h>

#include "core/promql/engine.h"
#include "core/promql/parser.h"

namespace tuesday::cli::simulate {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr Instant kBegan{std::chrono::hours(1)};
const ClockJoin kJoin{kBegan, WallTime(seconds(1'000'000))};
const RolloutName kName{Namespace("default"), "api"};

class TrafficTest : public ::testing::Test {
 protected:
  void Play(const Script& script, Weight weight, Duration time) {
    script_ = script;
    TrafficPlan plan{{kName, RevisionId("new"), "api-new-0", AttemptId("u.2")},
                     {kName, RevisionId("old"), "api-old-0", AttemptId("none")},
                     kBegan,
                     seconds(15),
                     kJoin};
    Traffic traffic(plan, script_, 1, store_);
    traffic.Advance(kBegan, weight, 0);
    traffic.Advance(kBegan + time, weight, 3);
  }

  // The one value of an expression at `at` after the attempt began.
  double Ask(const std::string& query, Duration at) const {
    const Result<promql::ExprPtr> expr = promql::ParseExpr(query);
    const Result<promql::Value> value =
        promql::EvaluateInstant(**expr, *store_.Snapshot(), kJoin.ToWall(kBegan + at).time_since_epoch().count(), {}, nullptr);
    const auto* vector = value.has_value() ? std::get_if<promql::Vector>(&*value) : nullptr;
    return vector == nullptr || vector->size() != 1 ? -1 : vector->front().value;
  }

  Script script_;
  metrics::SeriesStore store_;
};

TEST_F(TrafficTest, TheWeightSplitsTheRequests) {
  Play({}, Weight::Percent(10), minutes(10));
  EXPECT_NEAR(Ask(R"(sum(rate(http_requests_total{revision="new"}[5m])))", minutes(10)), 20, 1);
  EXPECT_NEAR(Ask(R"(sum(rate(http_requests_total{revision="old"}[5m])))", minutes(10)), 180, 3);
}

TEST_F(TrafficTest, ErrorsComeAsStatus500) {
  Script script;
  script.changes.front().canary.errors_percent = 5;
  Play(script, Weight::Percent(50), minutes(10));
  EXPECT_NEAR(Ask(R"(sum(rate(http_requests_total{revision="new",status="500"}[5m])))", minutes(10)), 5, 0.5);
  EXPECT_EQ(Ask(R"(sum(rate(http_requests_total{revision="old",status="500"}[5m])))", minutes(10)), 0);
}

TEST_F(TrafficTest, TheLatencyFactorScalesTheQuantile) {
  Script script;
  script.changes.front().canary.latency_factor = 1.5;
  Play(script, Weight::Percent(50), minutes(10));
  const std::string p99 = "histogram_quantile(0.99, sum(rate(http_request_duration_seconds_bucket{revision=\"";
  const double slow = Ask(p99 + "new\"}[5m])) by (le))", minutes(10));
  const double usual = Ask(p99 + "old\"}[5m])) by (le))", minutes(10));
  EXPECT_NEAR(usual, 0.064, 0.004);
  EXPECT_NEAR(slow / usual, 1.5, 0.1);
}

TEST_F(TrafficTest, AChangeBeginsWhenItSays) {
  Script script;
  script.changes.push_back(script.changes.front());
  script.changes.back().at = minutes(5);
  script.changes.back().requests_per_second = 20;
  Play(script, Weight::Percent(50), minutes(10));
  EXPECT_NEAR(Ask(R"(sum(rate(http_requests_total{revision="old"}[4m])))", minutes(5)), 100, 3);
  EXPECT_NEAR(Ask(R"(sum(rate(http_requests_total{revision="old"}[4m])))", minutes(10)), 10, 1);
}

TEST_F(TrafficTest, TheCanaryBeginsAtZeroAndTheStableHasHistory) {
  Play({}, Weight::Percent(10), minutes(1));
  EXPECT_EQ(Ask(R"(sum(http_requests_total{revision="new"}))", Duration::zero()), 0);
  EXPECT_NEAR(Ask(R"(sum(rate(http_requests_total{revision="old"}[2m])))", Duration::zero()), 200, 5);
}

TEST_F(TrafficTest, RestartsAreCounted) {
  Play({}, Weight::Percent(10), minutes(1));
  EXPECT_GT(Ask(R"(increase(kube_pod_container_status_restarts_total{revision="new"}[5m]))", minutes(1)), 0);
}

TEST(Chance, MeansAreWhatWasAsked) {
  Chance chance(3);
  double few = 0;
  double many = 0;
  double hits = 0;
  double rare = 0;
  constexpr int kDraws = 20'000;
  for (int i = 0; i < kDraws; ++i) {
    few += static_cast<double>(chance.Poisson(2.5));
    many += static_cast<double>(chance.Poisson(80));
    hits += static_cast<double>(chance.Binomial(200, 0.7));
    rare += static_cast<double>(chance.Binomial(1000, 0.002));
  }
  EXPECT_NEAR(few / kDraws, 2.5, 0.05);
  EXPECT_NEAR(many / kDraws, 80, 0.3);
  EXPECT_NEAR(hits / kDraws, 140, 0.3);
  EXPECT_NEAR(rare / kDraws, 2, 0.05);
}

}  // namespace
}  // namespace tuesday::cli::simulate
