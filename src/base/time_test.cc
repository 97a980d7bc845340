// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include <gtest/gtest.h>

namespace tuesday {
namespace {

using namespace std::chrono_literals;

struct DurationCase {
  std::string_view text;
  std::optional<Duration> go;
  std::optional<Duration> prom;
};

TEST(Duration, IsReadAsGoAndAsPrometheusReadIt) {
  for (const DurationCase& c : std::initializer_list<DurationCase>{{"30s", 30s, 30s},
                                                                   {"1h30m", 90min, 90min},
                                                                   {"1.5h", 90min, std::nullopt},
                                                                   {"250ms", 250ms, 250ms},
                                                                   {"1d", std::nullopt, 24h},
                                                                   {"30m1h", 90min, std::nullopt},
                                                                   {"1m1m", 2min, std::nullopt},
                                                                   {"-5s", -5s, std::nullopt},
                                                                   {"0", 0s, 0s},
                                                                   {"5", std::nullopt, std::nullopt},
                                                                   {"", std::nullopt, std::nullopt},
                                                                   {"999999999999y", std::nullopt, std::nullopt}}) {
    const Result<Duration> go = ParseGoDuration(c.text);
    const Result<Duration> prom = ParsePromDuration(c.text);
    EXPECT_EQ(go.has_value() ? std::optional(*go) : std::nullopt, c.go) << c.text;
    EXPECT_EQ(prom.has_value() ? std::optional(*prom) : std::nullopt, c.prom) << c.text;
  }
}

TEST(DurationText, ShowsTheTwoLargestUnits) {
  EXPECT_EQ(DurationText(0s), "0s");
  EXPECT_EQ(DurationText(92s), "1m32s");
  EXPECT_EQ(DurationText(26h + 5min + 1s), "1d2h");
  EXPECT_EQ(DurationText(1h + 5s), "1h");
  EXPECT_EQ(DurationText(250ms), "250ms");
  EXPECT_EQ(DurationText(-5s), "-5s");
}

TEST(WallTime, PrintsAndReadsBack) {
  const Result<WallTime> time = ParseWall("2026-11-24T14:00:00.125Z");
  ASSERT_TRUE(time.has_value());
  EXPECT_EQ(WallText(*time), "2026-11-24T14:00:00.125Z");
  EXPECT_EQ(ParseWall("2026-11-24T15:00:00.125+01:00"), time);
  EXPECT_FALSE(ParseWall("2026-02-30T00:00:00Z").has_value());
  EXPECT_FALSE(ParseWall("yesterday").has_value());
}

TEST(ClockJoin, ConvertsBothWays) {
  const ClockJoin join{Instant(100s), WallTime(1'000s)};
  EXPECT_EQ(join.ToWall(Instant(130s)), WallTime(1'030s));
  EXPECT_EQ(join.ToBoot(WallTime(1'030s)), Instant(130s));
}

}  // namespace
}  // namespace tuesday
