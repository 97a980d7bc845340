// SPDX-License-Identifier: Apache-2.0
#include "core/promql/engine.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/metrics/store.h"
#include "core/promql/parser.h"
#include "core/promql/series_text.h"

namespace tuesday::promql {
namespace {

constexpr const char* kErrorRate =
    "(sum(rate(http_requests_total{status=~\"5..\",canary=\"true\"}[2m]))"
    " / sum(rate(http_requests_total{canary=\"true\"}[2m]))) > 0.01";
constexpr const char* kLatency =
    "histogram_quantile(0.99, sum(rate(http_request_duration_seconds_bucket{canary=\"true\"}[2m])) by (le))"
    " > 1.25 * histogram_quantile(0.99, sum(rate(http_request_duration_seconds_bucket{canary=\"false\"}[2m])) by (le))";
constexpr const char* kRestarts = "increase(kube_pod_container_status_restarts_total{pod=~\".*canary.*\"}[5m]) > 0";

// A sample every 30 s from 0 on.
std::shared_ptr<const metrics::Source> Load(std::initializer_list<const char*> lines) {
  metrics::SeriesStore store;
  for (const char* line : lines) {
    const Result<SeriesText> series = ParseSeriesText(line);
    EXPECT_TRUE(series.has_value()) << line;
    for (std::size_t i = 0; i < series->values.size(); ++i) {
      if (!series->values[i]) continue;
      EXPECT_TRUE(store.Append(series->labels, {static_cast<std::int64_t>(i) * 30'000, *series->values[i]}).has_value());
    }
  }
  return store.Snapshot();
}

Value Evaluate(const metrics::Source& source, const char* query, std::int64_t time_ms, Witness* witness = nullptr) {
  const Result<ExprPtr> expr = ParseExpr(query);
  EXPECT_TRUE(expr.has_value()) << query;
  Result<Value> value = EvaluateInstant(**expr, source, time_ms, {}, witness);
  EXPECT_TRUE(value.has_value()) << query << " " << (value ? "" : value.error().message);
  return value.value_or(Value{});
}

double Only(const Value& value) {
  if (const auto* scalar = std::get_if<ScalarValue>(&value)) return scalar->value;
  const Vector& vector = std::get<Vector>(value);
  EXPECT_EQ(vector.size(), 1U);
  return vector.empty() ? -1 : vector[0].value;
}

bool Empty(const Value& value) { return std::get<Vector>(value).empty(); }

TEST(PlaybookErrorRate, HealthyCanaryHasBothSidesAndDoesNotHold) {
  const auto source = Load({"http_requests_total{status=\"200\",canary=\"true\"} 0+995x20",
                            "http_requests_total{status=\"500\",canary=\"true\"} 0+5x20",
                            "http_requests_total{status=\"500\",canary=\"false\"} 0+500x20"});
  Witness witness;
  EXPECT_TRUE(Empty(Evaluate(*source, kErrorRate, 300'000, &witness)));
  ASSERT_EQ(witness.kind, Witness::Kind::kComparison);
  EXPECT_FALSE(witness.comparison->held);
  EXPECT_NEAR(Only(witness.comparison->left), 0.005, 1e-12);
  EXPECT_EQ(Only(witness.comparison->right), 0.01);
  EXPECT_EQ(witness.comparison->right_text, "0.01");
  ASSERT_EQ(witness.selectors.size(), 2U);
  EXPECT_EQ(witness.selectors[0].series, 1);
  EXPECT_EQ(witness.selectors[1].series, 2);
  EXPECT_EQ(witness.selectors[0].from, 180'000);
  EXPECT_EQ(witness.selectors[0].to, 300'000);
  EXPECT_EQ(witness.selectors[0].samples, 4);
  EXPECT_EQ(witness.selectors[0].first, 210'000);
  EXPECT_EQ(witness.selectors[0].last, 300'000);
}

TEST(PlaybookErrorRate, TwoPercentHoldsFromTheSecondSampleOn) {
  const auto source = Load({"http_requests_total{status=\"200\",canary=\"true\"} 0+980x20",
                            "http_requests_total{status=\"500\",canary=\"true\"} 0+8x20",
                            "http_requests_total{status=\"503\",canary=\"true\"} 0+12x20"});
  EXPECT_TRUE(Empty(Evaluate(*source, kErrorRate, 0)));
  Witness witness;
  EXPECT_NEAR(Only(Evaluate(*source, kErrorRate, 30'000, &witness)), 0.02, 1e-12);
  EXPECT_TRUE(witness.comparison->held);
}

TEST(PlaybookErrorRate, ArithmeticIsThatOfPrometheusToTheLastBit) {
  const auto exact = Load({"http_requests_total{status=\"200\",canary=\"true\"} 0+99x20",
                           "http_requests_total{status=\"500\",canary=\"true\"} 0+1x20"});
  Witness witness;
  EXPECT_TRUE(Empty(Evaluate(*exact, kErrorRate, 60'000, &witness)));
  EXPECT_EQ(Only(witness.comparison->left), 0.01);
  const auto below = Load({"http_requests_total{status=\"200\",canary=\"true\"} 0+990x20",
                           "http_requests_total{status=\"500\",canary=\"true\"} 0+10x20"});
  EXPECT_TRUE(Empty(Evaluate(*below, kErrorRate, 60'000, &witness)));
  EXPECT_EQ(Only(witness.comparison->left), 0.009999999999999998);
}

TEST(PlaybookErrorRate, NoRequestsIsNotANumberAndTheWitnessSaysSo) {
  const auto source = Load(
      {"http_requests_total{status=\"200\",canary=\"true\"} 7x20", "http_requests_total{status=\"500\",canary=\"true\"} 0x20"});
  Witness witness;
  EXPECT_TRUE(Empty(Evaluate(*source, kErrorRate, 300'000, &witness)));
  EXPECT_TRUE(std::isnan(Only(witness.comparison->left)));
}

TEST(PlaybookErrorRate, NoFailureSeriesIsAnEmptySideNotZero) {
  const auto source = Load({"http_requests_total{status=\"200\",canary=\"true\"} 0+10x20"});
  Witness witness;
  EXPECT_TRUE(Empty(Evaluate(*source, kErrorRate, 300'000, &witness)));
  EXPECT_TRUE(Empty(witness.comparison->left));
  EXPECT_EQ(witness.selectors[0].series, 0);
  EXPECT_FALSE(witness.selectors[0].first.has_value());
  EXPECT_EQ(witness.selectors[1].series, 1);
}

TEST(PlaybookErrorRate, CounterResetIsCorrected) {
  const auto source = Load({"http_requests_total{status=\"200\",canary=\"true\"} 0+995x9 0+995x10",
                            "http_requests_total{status=\"500\",canary=\"true\"} 0+5x9 0+5x10"});
  Witness witness;
  EXPECT_TRUE(Empty(Evaluate(*source, kErrorRate, 330'000, &witness)));
  EXPECT_NEAR(Only(witness.comparison->left), 0.005, 1e-12);
}

TEST(PlaybookLatency, BothQuantilesAreWitnessed) {
  // All requests of the canary between 0.2 and 0.26 s at the 99th percentile, those of stable at 0.2 s.
  const auto source = Load({"http_request_duration_seconds_bucket{canary=\"true\",le=\"0.1\"} 0+0x20",
                            "http_request_duration_seconds_bucket{canary=\"true\",le=\"0.26\"} 0+99x20",
                            "http_request_duration_seconds_bucket{canary=\"true\",le=\"+Inf\"} 0+100x20",
                            "http_request_duration_seconds_bucket{canary=\"false\",le=\"0.1\"} 0+0x20",
                            "http_request_duration_seconds_bucket{canary=\"false\",le=\"0.2\"} 0+99x20",
                            "http_request_duration_seconds_bucket{canary=\"false\",le=\"+Inf\"} 0+100x20"});
  Witness witness;
  EXPECT_NEAR(Only(Evaluate(*source, kLatency, 300'000, &witness)), 0.26, 1e-9);
  EXPECT_TRUE(witness.comparison->held);
  EXPECT_NEAR(Only(witness.comparison->right), 0.25, 1e-9);
}

TEST(PlaybookLatency, StableWithoutTrafficMakesTheThresholdNotANumber) {
  const auto source = Load({"http_request_duration_seconds_bucket{canary=\"true\",le=\"0.26\"} 0+99x20",
                            "http_request_duration_seconds_bucket{canary=\"true\",le=\"+Inf\"} 0+100x20",
                            "http_request_duration_seconds_bucket{canary=\"false\",le=\"0.2\"} 5x20",
                            "http_request_duration_seconds_bucket{canary=\"false\",le=\"+Inf\"} 5x20"});
  Witness witness;
  EXPECT_TRUE(Empty(Evaluate(*source, kLatency, 300'000, &witness)));
  EXPECT_TRUE(std::isnan(Only(witness.comparison->right)));
}

TEST(PlaybookLatency, BeyondTheLastBoundBothSidesAreClamped) {
  const auto source = Load({"http_request_duration_seconds_bucket{canary=\"true\",le=\"0.5\"} 0+1x20",
                            "http_request_duration_seconds_bucket{canary=\"true\",le=\"+Inf\"} 0+100x20",
                            "http_request_duration_seconds_bucket{canary=\"false\",le=\"0.5\"} 0+50x20",
                            "http_request_duration_seconds_bucket{canary=\"false\",le=\"+Inf\"} 0+100x20"});
  Witness witness;
  EXPECT_TRUE(Empty(Evaluate(*source, kLatency, 300'000, &witness)));
  EXPECT_EQ(Only(witness.comparison->left), 0.5);
  EXPECT_EQ(Only(witness.comparison->right), 0.625);
}

TEST(PlaybookRestarts, OneRestartCountsOneAndTheWindowIsOpenOnTheLeft) {
  // 0 until 5:00, 1 from 5:30 on.
  const auto source = Load({"kube_pod_container_status_restarts_total{pod=\"api-server-canary-1\"} 0x10 1x20",
                            "kube_pod_container_status_restarts_total{pod=\"api-server-7d4b9-x\"} 0x10 1x20"});
  EXPECT_TRUE(Empty(Evaluate(*source, kRestarts, 300'000)));
  EXPECT_EQ(Only(Evaluate(*source, kRestarts, 330'000)), 1);
  EXPECT_EQ(Only(Evaluate(*source, kRestarts, 570'000)), 1);
  EXPECT_TRUE(Empty(Evaluate(*source, kRestarts, 630'000)));
}

TEST(PlaybookRestarts, FirstSeenWithACountOfOneIsNoIncrease) {
  const auto source = Load({"kube_pod_container_status_restarts_total{pod=\"api-server-canary-1\"} 1x20"});
  EXPECT_TRUE(Empty(Evaluate(*source, kRestarts, 300'000)));
}

TEST(Witness, FollowsTheStructureOfSetOperations) {
  const auto source = Load({"a 5x10", "b 1x10"});
  Witness witness;
  Evaluate(*source, "(a > 1 and b > 3) or sum(a) < 100 unless absent(c)", 60'000, &witness);
  ASSERT_EQ(witness.kind, Witness::Kind::kOr);
  ASSERT_EQ(witness.parts[0].kind, Witness::Kind::kAnd);
  EXPECT_TRUE(witness.parts[0].parts[0].comparison->held);
  EXPECT_FALSE(witness.parts[0].parts[1].comparison->held);
  ASSERT_EQ(witness.parts[1].kind, Witness::Kind::kUnless);
  EXPECT_EQ(witness.parts[1].parts[0].comparison->text, "sum(a) < 100");
  EXPECT_EQ(witness.parts[1].parts[1].kind, Witness::Kind::kNone);
  EXPECT_EQ(witness.selectors.size(), 4U);
}

TEST(Witness, NoComparisonIsKindNone) {
  Witness witness;
  Evaluate(*Load({"a 5x10"}), "sum(a)", 60'000, &witness);
  EXPECT_EQ(witness.kind, Witness::Kind::kNone);
  EXPECT_EQ(witness.selectors.size(), 1U);
}

TEST(Engine, LookbackIsOpenOnTheLeftAndStaleEndsASeries) {
  const auto source = Load({"a 1 2 stale", "b 1"});
  EXPECT_EQ(Only(Evaluate(*source, "a", 59'999)), 2);
  EXPECT_TRUE(Empty(Evaluate(*source, "a", 60'000)));
  EXPECT_EQ(Only(Evaluate(*source, "b", 299'999)), 1);
  EXPECT_TRUE(Empty(Evaluate(*source, "b", 300'000)));
}

TEST(Engine, RangeQueryEqualsInstantQueriesAtEachStep) {
  const auto source = Load({"x{i=\"1\"} 0+3x60", "x{i=\"2\"} 5 _ 9 1 stale _x10 4+1x40", "y{i=\"1\"} 1+1x60"});
  for (const char* query : {"x", "rate(x[2m])", "sum(x)", "x > 20", "x * on (i) y", "x or y", "max_over_time(sum(x)[3m:45s])",
                            "topk(1, x)", "absent(x{i=\"2\"})", "x offset 1m", "x @ 300", "count_values(\"v\", x)", "-y",
                            "quantile(0.3, x)", "scalar(y) + time()", "deriv(x[4m])"}) {
    const Result<ExprPtr> expr = ParseExpr(query);
    ASSERT_TRUE(expr.has_value());
    const Result<Matrix> matrix = EvaluateRange(**expr, *source, 7'000, 1'500'000, 37'000, {});
    ASSERT_TRUE(matrix.has_value()) << query;
    std::size_t points = 0;
    for (std::int64_t t = 7'000; t <= 1'500'000; t += 37'000) {
      const Value value = Evaluate(*source, query, t);
      Vector vector;
      if (const auto* scalar = std::get_if<ScalarValue>(&value)) {
        vector = {{metrics::Labels{}, scalar->value}};
      } else {
        vector = std::get<Vector>(value);
      }
      points += vector.size();
      for (const VectorSample& sample : vector) {
        bool found = false;
        for (const metrics::Series& series : *matrix) {
          if (series.labels != sample.labels) continue;
          for (const metrics::Sample& point : series.samples) found = found || (point.t == t && point.value == sample.value);
        }
        EXPECT_TRUE(found) << query << " at " << t;
      }
    }
    std::size_t in_matrix = 0;
    for (const metrics::Series& series : *matrix) in_matrix += series.samples.size();
    EXPECT_EQ(in_matrix, points) << query;
  }
}

TEST(Engine, RefusesByName) {
  const auto source = Load({"x{a=\"1\"} 1x10", "x{a=\"2\"} 1x10", "y 1x10"});
  struct Row {
    const char* query;
    const char* message;
  };
  const Row rows[] = {
      {"x + on () y", "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"},
      {"y + on () x",
       "found duplicate series for the match group {} on the right hand-side of the operation: [x{a=\"2\"}, "
       "x{a=\"1\"}];many-to-many "
       "matching not allowed: matching labels must be unique on one side"},
      {"label_replace(x, \"a\", \"\", \"a\", \".*\")", "vector cannot contain metrics with the same labelset"},
      {"topk(NaN, x)", "Parameter value is NaN"},
  };
  for (const Row& row : rows) {
    const Result<ExprPtr> expr = ParseExpr(row.query);
    ASSERT_TRUE(expr.has_value()) << row.query;
    const Result<Value> value = EvaluateInstant(**expr, *source, 60'000, {}, nullptr);
    ASSERT_FALSE(value.has_value()) << row.query;
    EXPECT_EQ(value.error().message, row.message);
  }
  EngineOptions few;
  few.samples_max = 3;
  EXPECT_EQ(EvaluateInstant(**ParseExpr("x[5m]"), *source, 200'000, few, nullptr).error().code, ErrorCode::kLimit);
}

TEST(Engine, NamesGoAtOnceOrAtTheVeryEnd) {
  const auto source = Load({"a_total 0+1x10", "b_total 0+2x10"});
  const Result<ExprPtr> expr = ParseExpr("sum by (__name__) (rate({__name__=~\"._total\"}[2m]))");
  EngineOptions delayed;
  delayed.delayed_name_removal = true;
  EXPECT_FALSE(EvaluateInstant(**expr, *source, 120'000, {}, nullptr).has_value());
  const Result<Value> value = EvaluateInstant(**expr, *source, 120'000, delayed, nullptr);
  EXPECT_FALSE(value.has_value());
  EXPECT_TRUE(
      EvaluateInstant(**ParseExpr("label_replace(rate({__name__=~\"._total\"}[2m]), \"n\", \"$1\", \"__name__\", \"(.*)\")"),
                      *source, 120'000, delayed, nullptr)
          .has_value());
}

}  // namespace
}  // namespace tuesday::promql
