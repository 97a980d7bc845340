// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/metrics/buckets.h"

namespace tuesday::metrics {
namespace {

std::vector<Series> Select(const Source& source, std::vector<LabelMatcher> matchers, std::int64_t from = -1,
                           std::int64_t to = INT64_MAX) {
  Result<std::vector<Series>> found = source.Select(matchers, from, to);
  EXPECT_TRUE(found.has_value());
  return found.value_or(std::vector<Series>{});
}

TEST(SeriesStore, SnapshotSeesWhatWasThereAndNothingLater) {
  SeriesStore store;
  const SeriesRef ref = store.Open(Labels{{"__name__", "up"}});
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(store.Append(ref, {i, i * 1.0}).has_value());
  const auto before = store.Snapshot();
  for (int i = 300; i < 900; ++i) ASSERT_TRUE(store.Append(ref, {i, i * 1.0}).has_value());
  store.DropBefore(850);
  const auto old_series = Select(*before, {{MatchOp::kEqual, "__name__", "up"}});
  ASSERT_EQ(old_series.size(), 1U);
  ASSERT_EQ(old_series[0].samples.size(), 300U);
  for (int i = 0; i < 300; ++i) EXPECT_EQ(old_series[0].samples[static_cast<std::size_t>(i)].value, i);
  EXPECT_EQ(Select(*store.Snapshot(), {})[0].samples.front().t, 840);
}

TEST(SeriesStore, OutOfOrderAndDuplicateSamplesAreStale) {
  SeriesStore store;
  const Labels labels{{"__name__", "up"}};
  ASSERT_TRUE(store.Append(labels, {10, 1}).has_value());
  EXPECT_EQ(store.Append(labels, {10, 2}).error().code, ErrorCode::kStale);
  EXPECT_EQ(store.Append(labels, {9, 2}).error().code, ErrorCode::kStale);
  EXPECT_EQ(store.stats().refused_samples, 2);
  EXPECT_EQ(store.stats().samples, 1);
}

TEST(SeriesStore, WindowIsOpenOnTheLeftAndClosedOnTheRight) {
  SeriesStore store;
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(store.Append(Labels{{"a", "b"}}, {i, 0}).has_value());
  const auto found = Select(*store.Snapshot(), {}, 100, 200);
  EXPECT_EQ(found[0].samples.front().t, 101);
  EXPECT_EQ(found[0].samples.back().t, 200);
}

TEST(SeriesStore, MatchersOfEveryKind) {
  SeriesStore store;
  const auto add = [&](const char* name, const char* code) {
    ASSERT_TRUE(store.Append(Labels{{"__name__", name}, {"code", code}}, {1, 1}).has_value());
  };
  add("a", "200");
  add("a", "500");
  add("a", "503");
  add("a", "");
  add("b", "50\n3");
  struct Row {
    const char* what;
    LabelMatcher matcher;
    std::size_t found;
  };
  const Row rows[] = {
      {"Equal", {MatchOp::kEqual, "code", "500"}, 1},
      {"EqualEmptyIsAbsent", {MatchOp::kEqual, "code", ""}, 1},
      {"NotEqual", {MatchOp::kNotEqual, "code", "500"}, 4},
      {"NotEqualEmptyIsPresent", {MatchOp::kNotEqual, "code", ""}, 4},
      {"RegexIsAnchored", {MatchOp::kRegex, "code", "50"}, 0},
      {"RegexDotMatchesNewline", {MatchOp::kRegex, "code", "50.3"}, 1},
      {"RegexThatMatchesEmpty", {MatchOp::kRegex, "code", "(500)?"}, 2},
      {"NotRegexKeepsAbsent", {MatchOp::kNotRegex, "code", "5.+"}, 2},
      {"UnknownLabel", {MatchOp::kEqual, "nothing", "x"}, 0},
  };
  for (const Row& row : rows) EXPECT_EQ(Select(*store.Snapshot(), {row.matcher}).size(), row.found) << row.what;
  EXPECT_FALSE(store.Snapshot()->Select({{MatchOp::kRegex, "code", "("}}, 0, 1).has_value());
}

TEST(SeriesStore, AtTheLimitTheOldestChunksGoFirstAndStatsSaySo) {
  SeriesStore store(120'000);
  for (int i = 0; i < 40'000; ++i) {
    const Labels labels{{"__name__", "m"}, {"i", std::to_string(i % 10)}};
    ASSERT_TRUE(store.Append(labels, {i, static_cast<double>((i * 7919LL) % 1000003) / 7}).has_value());
  }
  EXPECT_LE(store.stats().bytes, 120'000);
  EXPECT_GT(store.stats().evicted_samples, 0);
  const auto found = Select(*store.Snapshot(), {});
  ASSERT_EQ(found.size(), 10U);
  std::int64_t samples = 0;
  for (const Series& series : found) {
    EXPECT_GT(series.samples.front().t, 10'000);
    EXPECT_GE(series.samples.back().t, 39'990);
    samples += static_cast<std::int64_t>(series.samples.size());
  }
  EXPECT_EQ(samples, store.stats().samples);
  EXPECT_EQ(samples + store.stats().evicted_samples, 40'000);
}

TEST(SeriesStore, SeriesWithoutSamplesGoAndTheirRefIsNotFound) {
  SeriesStore store;
  const SeriesRef ref = store.Open(Labels{{"a", "b"}});
  const std::int64_t empty_bytes = SeriesStore().stats().bytes;
  ASSERT_TRUE(store.Append(ref, {1, 1}).has_value());
  store.DropBefore(2);
  EXPECT_EQ(store.stats().series, 0);
  EXPECT_EQ(store.stats().bytes, empty_bytes);
  EXPECT_EQ(store.Append(ref, {3, 1}).error().code, ErrorCode::kNotFound);
}

TEST(SeriesStore, SeriesThatAreNotWrittenAnyMoreAreCompressedWhole) {
  SeriesStore store;
  const Labels ended{{"__name__", "ended"}};
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(store.Append(ended, {i * 1000, 0}).has_value());
  const auto before = store.Snapshot();
  ASSERT_TRUE(store.Append(Labels{{"__name__", "goes_on"}}, {10 * 60 * 1000, 1}).has_value());
  const std::int64_t bytes = store.stats().bytes;
  store.DropBefore(0);
  EXPECT_EQ(store.stats().sealed_samples, 50);
  EXPECT_LT(store.stats().bytes, bytes - 500);
  EXPECT_EQ(Select(*before, {})[0].samples.size(), 50U);
  ASSERT_TRUE(store.Append(ended, {11 * 60 * 1000, 7}).has_value());
  const auto found = Select(*store.Snapshot(), {{MatchOp::kEqual, "__name__", "ended"}});
  ASSERT_EQ(found.size(), 1U);
  ASSERT_EQ(found[0].samples.size(), 51U);
  EXPECT_EQ(found[0].samples.back().value, 7);
}

TEST(SeriesStore, AtTheLimitSeriesOfInstancesThatAreGoneGo) {
  SeriesStore store(100'000);
  const auto add = [&](const std::string& instance, std::int64_t t) {
    ASSERT_TRUE(store.Append(Labels{{"__name__", "m"}, {"instance", instance}}, {t, 1}).has_value());
  };
  for (int i = 0; i < 500; ++i) add("gone" + std::to_string(i), i);
  add("here", 10 * 60 * 1000);
  EXPECT_GT(store.stats().bytes, 100'000);
  store.DropBefore(0);
  EXPECT_LE(store.stats().bytes, 100'000);
  EXPECT_GT(store.stats().evicted_samples, 0);
  EXPECT_EQ(Select(*store.Snapshot(), {{MatchOp::kEqual, "instance", "here"}}).size(), 1U);
  EXPECT_TRUE(Select(*store.Snapshot(), {{MatchOp::kEqual, "instance", "gone0"}}).empty());
  EXPECT_EQ(Select(*store.Snapshot(), {{MatchOp::kEqual, "instance", "gone499"}}).size(), 1U);
}

TEST(SeriesStore, DroppingInPiecesDropsTheSameAndGoesOnWhereItEnded) {
  SeriesStore store;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(store.Append(Labels{{"i", std::to_string(i)}}, {i % 2 == 0 ? 1 : 1000, 1}).has_value());
  }
  int calls = 1;
  while (!store.DropBefore(500, 7)) ++calls;
  EXPECT_EQ(calls, (100 + 6) / 7);
  EXPECT_EQ(store.stats().series, 50);
  EXPECT_TRUE(store.DropBefore(5000));
  EXPECT_EQ(store.stats().series, 0);
}

TEST(SeriesStore, SeriesThatBeganTogetherAreNotSealedTogether) {
  SeriesStore store;
  std::int64_t sealed = 0;
  std::int64_t most_at_once = 0;
  for (int t = 0; t < 2000; ++t) {
    const std::int64_t before = store.stats().sealed_samples;
    for (int i = 0; i < 60; ++i) ASSERT_TRUE(store.Append(Labels{{"i", std::to_string(i)}}, {t, t * 0.1 + i}).has_value());
    const std::int64_t now = store.stats().sealed_samples - before;
    most_at_once = std::max(most_at_once, now);
    sealed += now;
  }
  EXPECT_GT(sealed, 60 * 1800);
  EXPECT_LE(most_at_once, 2 * static_cast<std::int64_t>(kSealedSamples));
  for (const Series& series : Select(*store.Snapshot(), {})) {
    ASSERT_EQ(series.samples.size(), 2000U);
    for (int t = 0; t < 2000; ++t) ASSERT_EQ(series.samples[static_cast<std::size_t>(t)].t, t);
  }
}

TEST(SeriesStore, ChunksOfASeriesThatNeverChangesAreJoined) {
  SeriesStore store;
  const Labels rests{{"__name__", "rests"}};
  const Labels moves{{"__name__", "moves"}};
  for (int t = 0; t < 4320; ++t) {
    ASSERT_TRUE(store.Append(rests, {t * 5000LL, 0}).has_value());
    ASSERT_TRUE(store.Append(moves, {t * 5000LL, std::sin(t)}).has_value());
  }
  SeriesStore only_moves;
  for (int t = 0; t < 4320; ++t) ASSERT_TRUE(only_moves.Append(moves, {t * 5000LL, std::sin(t)}).has_value());
  EXPECT_LT(store.stats().bytes - only_moves.stats().bytes, 6'000) << "six hours of a series that never changes";
  const auto before = store.Snapshot();
  const std::vector<LabelMatcher> matchers = {{MatchOp::kEqual, "__name__", "rests"}};
  ASSERT_EQ(Select(*before, matchers)[0].samples.size(), 4320U);
  EXPECT_EQ(Select(*before, matchers, 1'000'000, 2'000'000)[0].samples.size(), 200U);
  // Age still lets them go, a joined chunk at a time.
  store.DropBefore(3'000'000 * 5);
  const auto left = Select(*store.Snapshot(), matchers);
  EXPECT_LE(left[0].samples.front().t, 15'000'000);
  EXPECT_GT(left[0].samples.front().t, 15'000'000 - 5000LL * static_cast<std::int64_t>(kJoinedSamplesMax));
  EXPECT_EQ(Select(*before, matchers)[0].samples.size(), 4320U) << "a snapshot keeps what it had";
  store.DropBefore(INT64_MAX);
  store.DropBefore(INT64_MAX);
  EXPECT_EQ(store.stats().sealed_samples, 0);
  EXPECT_EQ(store.stats().sealed_bytes, 0);
}

TEST(SeriesStore, SnapshotIsTheSameUntilSomethingChanges) {
  SeriesStore store;
  ASSERT_TRUE(store.Append(Labels{{"a", "b"}}, {1, 1}).has_value());
  const auto first = store.Snapshot();
  EXPECT_EQ(store.Snapshot(), first);
  ASSERT_TRUE(store.Append(Labels{{"a", "b"}}, {2, 1}).has_value());
  EXPECT_NE(store.Snapshot(), first);
}

TEST(Labels, TextIsThatOfPrometheus) {
  struct Row {
    Labels labels;
    const char* text;
  };
  const Row rows[] = {
      {Labels{}, "{}"},
      {Labels{{"__name__", "up"}}, "up"},
      {Labels{{"__name__", "up"}, {"job", "a\"b\\"}}, R"(up{job="a\"b\\"})"},
      {Labels{{"b", "2"}, {"a", "1"}, {"c", ""}}, R"({a="1", b="2"})"},
      {Labels{{"__name__", "my.metric"}, {"a.b", "1"}}, R"({"my.metric", "a.b"="1"})"},
  };
  for (const Row& row : rows) EXPECT_EQ(row.labels.Text(), row.text);
}

TEST(Labels, WithSetsReplacesAndRemoves) {
  const Labels labels{{"b", "2"}};
  EXPECT_EQ(labels.With("a", "1"), (Labels{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(labels.With("b", "3"), (Labels{{"b", "3"}}));
  EXPECT_EQ(labels.With("b", ""), Labels{});
  EXPECT_EQ(labels.With("c", ""), labels);
}

TEST(Buckets, GrowByTheRootOfFiveFourthsAndTwoStepsAreAQuarter) {
  const auto& bounds = BucketBounds();
  EXPECT_EQ(bounds.front(), 0.001);
  EXPECT_GE(bounds.back(), 60.0);
  for (std::size_t i = 2; i < bounds.size(); ++i) EXPECT_NEAR(bounds[i] / bounds[i - 2], 1.25, 1e-4);
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    EXPECT_EQ(std::stod(BucketTexts()[i]), bounds[i]);
    EXPECT_LE(BucketTexts()[i].size(), 11U);
    EXPECT_EQ(BucketOf(bounds[i]), static_cast<int>(i));
  }
  EXPECT_EQ(BucketOf(0), 0);
  EXPECT_EQ(BucketOf(1000), kBucketCount);
}

}  // namespace
}  // namespace tuesday::metrics
