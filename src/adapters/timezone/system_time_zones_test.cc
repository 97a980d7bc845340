// SPDX-License-Identifier: Apache-2.0
#include "adapters/timezone/system_time_zones.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

namespace tuesday {
namespace {

using calendar::SysSeconds;
using std::chrono::sys_days;
using std::chrono::operator""y;

// As the C library has it, which reads the same files in its own way.
std::chrono::seconds OffsetByLibrary(SysSeconds instant) {
  const time_t time = instant.time_since_epoch().count();
  tm local{};
  localtime_r(&time, &local);
  return std::chrono::seconds(local.tm_gmtoff);
}

TEST(TimeZones, ShowTheSameClocksAsTheSystemsLibrary) {
  for (const char* name :
       {"Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "Europe/Dublin", "America/Nuuk", "Asia/Gaza",
        "Africa/Casablanca", "Australia/Sydney", "America/St_Johns", "Antarctica/Troll", "Asia/Kathmandu", "Pacific/Apia",
        "America/Sao_Paulo", "Africa/Monrovia", "Etc/GMT+12", "Pacific/Kiritimati"}) {
    const auto zone = SystemTimeZones().Find(name);
    ASSERT_TRUE(zone.has_value()) << zone.error().message;
    setenv("TZ", name, 1);
    tzset();
    SysSeconds instant = sys_days(1890y / 1 / 1);
    for (int step = 0; instant < sys_days(2120y / 1 / 1); ++step) {
      const calendar::ZonePeriod period = (*zone)->PeriodAt(instant);
      ASSERT_LE(period.begin, instant) << name;
      ASSERT_LT(instant, period.end) << name;
      ASSERT_EQ(period.offset, OffsetByLibrary(instant)) << name << " " << instant.time_since_epoch().count();
      // Both sides of each change, and somewhere in between.
      const SysSeconds change = std::min(period.end, instant + std::chrono::hours(24 * 20));
      instant = step % 2 == 0 && change - instant > std::chrono::seconds(1) ? change - std::chrono::seconds(1) : change;
    }
  }
  unsetenv("TZ");
  tzset();
}

TEST(TimeZones, HaveUtcEvenWithoutADatabase) {
  const SystemTimeZones none("/nowhere");
  for (const char* name : {"", "UTC", "Etc/UTC"}) {
    const auto zone = none.Find(name);
    ASSERT_TRUE(zone.has_value()) << name;
    EXPECT_EQ((*zone)->PeriodAt(sys_days(2026y / 7 / 1)).offset, std::chrono::seconds(0));
  }
  const auto vienna = none.Find("Europe/Vienna");
  ASSERT_FALSE(vienna.has_value());
  EXPECT_TRUE(vienna.error().hint.contains("tzdata")) << vienna.error().hint;
}

TEST(TimeZones, RefuseWhatIsNoName) {
  for (const char* name : {"../../../etc/passwd", "/etc/passwd", "Europe/", "Europe//Vienna", "Europe/Wien\n"}) {
    EXPECT_EQ(SystemTimeZones().Find(name).error().code, ErrorCode::kInvalid) << name;
  }
  EXPECT_EQ(SystemTimeZones().Find("Europe/Wien").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(SystemTimeZones().Find("zone.tab").error().code, ErrorCode::kInvalid);
  EXPECT_FALSE(SystemTimeZones().Find("Europe").has_value());
}

}  // namespace
}  // namespace tuesday
