// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/view.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "core/metrics/matchers.h"
#include "core/metrics/store.h"

namespace tuesday::metrics {
namespace {

Labels Own(const std::string& rollout, const std::string& revision, const std::string& instance) {
  return Labels{{"__name__", "http_requests_total"},
                {"namespace", "default"},
                {"rollout", rollout},
                {"revision", revision},
                {"instance", instance},
                {"service", "as-stored"}};
}

std::shared_ptr<const Source> Store(const std::vector<Labels>& all, int samples) {
  SeriesStore store;
  for (const Labels& labels : all) {
    for (int i = 0; i < samples; ++i) EXPECT_TRUE(store.Append(labels, {i * 10, static_cast<double>(i)}).has_value());
  }
  return store.Snapshot();
}

std::vector<Series> Select(const Source& source, const std::vector<LabelMatcher>& matchers, std::int64_t from = -1,
                           std::int64_t to = 100'000) {
  Result<std::vector<Series>> found = source.Select(matchers, from, to);
  EXPECT_TRUE(found.has_value());
  return found.value_or(std::vector<Series>{});
}

const ViewIdentity kIdentity{"default", "api", "server"};

TEST(AttemptView, RolesBecomeLabelsAndOthersAreInvisible) {
  const auto base = Store({Own("api", "old", "api-1"), Own("api", "new", "api-2"), Own("web", "new", "web-1"),
                           Labels{{"__name__", "up"}, {"job", "node"}}},
                          20);
  const AttemptView view(
      kIdentity, base, {{"old", "", 0, INT64_MAX, false, "api-stable", 0}, {"new", "", 100, INT64_MAX, true, "api-canary", 0}});
  const auto canary = Select(view, {{MatchOp::kEqual, "canary", "true"}});
  ASSERT_EQ(canary.size(), 1U);
  EXPECT_EQ(canary[0].labels.Get("pod"), "api-2-canary");
  EXPECT_EQ(canary[0].labels.Get("service"), "api-canary");
  EXPECT_EQ(canary[0].labels.Get("container"), "server");
  EXPECT_EQ(canary[0].samples.front().t, 100);
  EXPECT_EQ(Select(view, {{MatchOp::kRegex, "pod", ".*canary.*"}}).size(), 1U);
  EXPECT_EQ(Select(view, {{MatchOp::kNotRegex, "pod", ".*canary.*"}}).size(), 2U);
  EXPECT_EQ(Select(view, {{MatchOp::kEqual, "rollout", "web"}}).size(), 0U);
  EXPECT_EQ(Select(view, {{MatchOp::kEqual, "canary", ""}}).size(), 1U);
  EXPECT_EQ(Select(view, {{MatchOp::kEqual, "service", "as-stored"}}).size(), 0U);
}

TEST(AttemptView, FrozenWindowIsReplayedLater) {
  const auto base = Store({Own("api", "old", "api-1")}, 20);
  const AttemptView view(kIdentity, base, {{"old", "", 50, 80, false, "s", 1000}});
  const auto found = Select(view, {}, 1049, 1060);
  ASSERT_EQ(found.size(), 1U);
  ASSERT_EQ(found[0].samples.size(), 2U);
  EXPECT_EQ(found[0].samples[0].t, 1050);
  EXPECT_EQ(found[0].samples[0].value, 5);
  EXPECT_TRUE(Select(view, {}, 0, 500).empty());
}

TEST(AttemptView, RecordedSeriesAreMergedIn) {
  SeriesStore recorded;
  ASSERT_TRUE(recorded.Append(Labels{{"__name__", "job:errors"}}, {10, 1}).has_value());
  const AttemptView view(kIdentity, Store({}, 0), {}, recorded.Snapshot());
  EXPECT_EQ(Select(view, {{MatchOp::kEqual, "__name__", "job:errors"}}).size(), 1U);
}

// Every sample relabelled one by one, then matched: what the view must equal.
std::vector<Series> Naive(const Source& base, const std::vector<RoleRow>& rows, const std::vector<LabelMatcher>& matchers,
                          std::int64_t from, std::int64_t to) {
  std::map<Labels, std::map<std::int64_t, double>> all;
  for (const Series& series : Select(base, {}, INT64_MIN, INT64_MAX)) {
    for (const Sample& sample : series.samples) {
      if (!IsOwnSeries(series.labels)) all[series.labels].try_emplace(sample.t, sample.value);
    }
  }
  for (const RoleRow& row : rows) {
    for (const Series& series : Select(base, {}, INT64_MIN, INT64_MAX)) {
      if (!IsOwnSeries(series.labels) || series.labels.Get("rollout") != "api") continue;
      if (series.labels.Get("revision") != row.revision) continue;
      if (!row.instance.empty() && row.instance != series.labels.Get("instance")) continue;
      for (const Sample& sample : series.samples) {
        if (sample.t < row.from_ms || sample.t >= row.to_ms) continue;
        all[WithRole(series.labels, row, "server")].try_emplace(sample.t + row.shift_ms, sample.value);
      }
    }
  }
  const Result<CompiledMatchers> compiled = CompiledMatchers::Compile(matchers);
  std::vector<Series> found;
  for (const auto& [labels, samples] : all) {
    Series series{labels, {}};
    for (const auto& [t, value] : samples) {
      if (t > from && t <= to) series.samples.push_back({t, value});
    }
    if (compiled->Match(labels) && !series.samples.empty()) found.push_back(series);
  }
  return found;
}

TEST(AttemptView, EqualsNaiveRelabellingOfEverySample) {
  const auto base = Store({Own("api", "a", "i1"), Own("api", "a", "i2"), Own("api", "b", "i3"), Own("web", "b", "i4"),
                           Labels{{"__name__", "up"}, {"canary", "true"}}, Labels{{"__name__", "x"}, {"namespace", "default"}}},
                          300);
  std::mt19937 random(11);
  const auto pick = [&](std::initializer_list<const char*> from) {
    return std::string(*(from.begin() + random() % from.size()));
  };
  const auto below = [&](std::uint32_t limit) { return static_cast<std::int64_t>(random() % limit); };
  for (int round = 0; round < 150; ++round) {
    std::vector<RoleRow> rows;
    for (std::uint32_t i = 0; i < random() % 5; ++i) {
      const std::int64_t start = below(3000);
      rows.push_back({pick({"a", "b", "c"}), pick({"", "", "i1", "i3"}), start, start + below(2000), random() % 2 == 0,
                      pick({"s", "c"}), below(2) * below(500)});
    }
    std::vector<LabelMatcher> matchers;
    for (std::uint32_t i = 0; i < random() % 3; ++i) {
      matchers.push_back({static_cast<MatchOp>(random() % 4),
                          pick({"canary", "pod", "service", "revision", "rollout", "__name__"}),
                          pick({"", "true", ".*canary.*", "i1", "s", "a", "api", ".+"})});
    }
    const std::int64_t from = below(2000);
    const std::int64_t to = from + below(2000);
    const std::vector<Series> seen = Select(AttemptView(kIdentity, base, rows), matchers, from, to);
    const std::vector<Series> expected = Naive(*base, rows, matchers, from, to);
    ASSERT_EQ(seen.size(), expected.size()) << round;
    for (std::size_t i = 0; i < seen.size(); ++i) {
      ASSERT_EQ(seen[i].labels, expected[i].labels);
      ASSERT_EQ(seen[i].samples.size(), expected[i].samples.size());
      for (std::size_t j = 0; j < seen[i].samples.size(); ++j) {
        ASSERT_EQ(seen[i].samples[j].t, expected[i].samples[j].t);
        ASSERT_EQ(seen[i].samples[j].value, expected[i].samples[j].value);
      }
    }
  }
}

}  // namespace
}  // namespace tuesday::metrics
