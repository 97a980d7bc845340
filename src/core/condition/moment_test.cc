// SPDX-License-Identifier: Apache-2.0
#include "core/condition/moment.h"

#include <gmock/gmock.h>

namespace tuesday::condition {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kNow = 1'795'528'800'000;  // 2026-11-24T14:00:00Z

TEST(Moment, IsComputedFromTheClockThatIsGiven) {
  struct Case {
    const char* name;
    const char* text;
    std::int64_t expected;
  };
  const Case cases[] = {
      {"Now", "now()", kNow},
      {"AnHourAgo", "now() - duration(\"1h\")", kNow - 3'600'000},
      {"SingleQuotes", "now() - duration('90s') + duration('500ms')", kNow - 89'500},
      {"LengthFirst", "duration(\"1m\") + now()", kNow + 60'000},
      {"Parentheses", "now() - (duration(\"1h\") - duration(\"30m\"))", kNow - 1'800'000},
      {"Negative", "now() + -duration(\"1m\")", kNow - 60'000},
      {"Difference", "now() - (now() - date('2026-11-24'))", kNow - 14 * 3'600'000},
      {"Date", "date(\"2026-11-24T14:00:00Z\")", kNow},
      {"DateWithZone", "date('2026-11-24T15:00:00+01:00')", kNow},
      {"DateWithoutZone", "date('2026-11-24 14:00:00')", kNow},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    const Result<std::int64_t> moment = EvaluateMoment(one.text, kNow);
    ASSERT_TRUE(moment.has_value()) << moment.error().message;
    EXPECT_EQ(*moment, one.expected);
  }
}

TEST(Moment, WhatIsNoneIsRefusedWithItsColumn) {
  struct Case {
    const char* name;
    std::string text;
    const char* message;
  };
  const Case cases[] = {
      {"Empty", "", "the end"},
      {"Length", "duration('1h')", "no instant"},
      {"TwoInstants", "now() + now()", "cannot be added"},
      {"InstantFromLength", "duration('1h') - now()", "cannot be taken away"},
      {"BadLength", "now() - duration('1 hour')", "column 18"},
      {"BadDate", "date('yesterday')", "is not a date"},
      {"OtherFunction", "now() - median('1h')", "no function median"},
      {"Argument", "now('x')", "\"x\""},
      {"Rest", "now() now()", "not expected"},
      {"Open", "(now()", "the end"},
      {"Deep", std::string(40, '(') + "now()", "too many parentheses"},
      {"Long", std::string(600, ' ') + "now()", "limit"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    const Result<std::int64_t> moment = EvaluateMoment(one.text, kNow);
    ASSERT_FALSE(moment.has_value());
    EXPECT_THAT(moment.error().message, HasSubstr(one.message));
  }
}

}  // namespace
}  // namespace tuesday::condition
