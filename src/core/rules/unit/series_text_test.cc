// SPDX-License-Identifier: Apache-2.0
#include "core/rules/unit/series_text.h"

#include <gmock/gmock.h>

#include "core/metrics/source.h"

namespace tuesday::rules::unit {
namespace {

using testing::ElementsAre;
using Values = std::vector<std::optional<double>>;

TEST(SeriesText, ReadsEveryForm) {
  EXPECT_EQ(ParseValues("1 _ 2").value(), (Values{1.0, std::nullopt, 2.0}));
  EXPECT_EQ(ParseValues("1x2").value(), (Values{1.0, 1.0, 1.0}));
  EXPECT_EQ(ParseValues("1+2x2").value(), (Values{1.0, 3.0, 5.0}));
  EXPECT_EQ(ParseValues("-1-0.5x1").value(), (Values{-1.0, -1.5}));
  EXPECT_EQ(ParseValues("_x2 1e+2").value(), (Values{std::nullopt, std::nullopt, 100.0}));
  const auto stale = ParseValues("0 stale");
  ASSERT_EQ(stale->size(), 2U);
  EXPECT_TRUE(metrics::IsStale(*(*stale)[1]));
}

TEST(SeriesText, RefusesWhatIsNoValue) {
  for (const std::string_view text : {"a", "1+2", "1xy", "{{sum:1}}", "1x99999999"}) {
    EXPECT_FALSE(ParseValues(text).has_value()) << text;
  }
}

TEST(SeriesText, ReadsMetrics) {
  EXPECT_EQ(ParseMetric("up").value(), metrics::Labels({{"__name__", "up"}}));
  EXPECT_EQ(ParseMetric("a:b{ x = \"1\", y='2',}").value(), metrics::Labels({{"__name__", "a:b"}, {"x", "1"}, {"y", "2"}}));
  EXPECT_EQ(ParseMetric("{x=\"1\"}").value(), metrics::Labels({{"x", "1"}}));
  EXPECT_EQ(ParseMetric("").value(), metrics::Labels());
}

TEST(SeriesText, RefusesWhatIsNoMetric) {
  for (const std::string_view text : {"up{job=\"a\"", "up{job}", "up{job=a}", "up up", "up{\"a\"=\"b}"}) {
    EXPECT_FALSE(ParseMetric(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace tuesday::rules::unit
