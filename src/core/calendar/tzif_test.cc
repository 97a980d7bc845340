// SPDX-License-Identifier: Apache-2.0
#include "core/calendar/tzif.h"

#include <gtest/gtest.h>

#include "core/calendar/posix_rule.h"

namespace tuesday::calendar {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::sys_days;
using std::chrono::operator""y;

std::string Big(std::int64_t number, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(number >> (8 * i));
  return text;
}

struct Type {
  int offset_seconds = 0;
};

struct Change {
  std::int64_t at = 0;
  int type = 0;
};

std::string Block(char version, const std::vector<Type>& types, const std::vector<Change>& changes, int time_bytes) {
  std::string text = "TZif" + std::string(1, version) + std::string(15, '\0');
  for (const std::size_t count : {std::size_t{0}, std::size_t{0}, std::size_t{0}, changes.size(), types.size(), std::size_t{4}})
    text += Big(static_cast<std::int64_t>(count), 4);
  for (const Change& change : changes) text += Big(change.at, time_bytes);
  for (const Change& change : changes) text += static_cast<char>(change.type);
  for (const Type& type : types) text += Big(type.offset_seconds, 4) + std::string(2, '\0');
  return text + std::string("ABC\0", 4);
}

std::string FileOf(const std::vector<Type>& types, const std::vector<Change>& changes, const std::string& footer) {
  return Block('2', {{}}, {{0, 0}}, 4) + Block('2', types, changes, 8) + "\n" + footer + "\n";
}

TEST(Tzif, ReadsTheTableThenTheRule) {
  const auto zone =
      ReadTzif(FileOf({{100}, {3'600}, {7'200}}, {{-1'000, 1}, {1'000, 2}, {2'000, 1}}, "CET-1CEST,M3.5.0,M10.5.0/3"));
  ASSERT_TRUE(zone.has_value()) << zone.error().message;
  struct Row {
    SysSeconds at;
    int offset_seconds;
  };
  for (const Row& row :
       {Row{SysSeconds(Seconds(-5'000)), 100}, Row{SysSeconds(Seconds(-1'000)), 3'600}, Row{SysSeconds(Seconds(1'500)), 7'200},
        Row{SysSeconds(Seconds(2'000)), 3'600}, Row{sys_days(2050y / 7 / 1), 7'200}, Row{sys_days(2050y / 12 / 1), 3'600}}) {
    const ZonePeriod period = (*zone)->PeriodAt(row.at);
    EXPECT_EQ(period.offset.count(), row.offset_seconds) << row.at.time_since_epoch().count();
    EXPECT_LE(period.begin, row.at);
    EXPECT_GT(period.end, row.at);
  }
  EXPECT_EQ((*zone)->PeriodAt(SysSeconds(Seconds(2'500))).begin, SysSeconds(Seconds(2'000)))
      << "the rule's period begins in the table";
}

TEST(Tzif, WithoutARuleTheLastChangeHolds) {
  const auto zone = ReadTzif(FileOf({{0}, {60}}, {{10, 1}}, ""));
  ASSERT_TRUE(zone.has_value());
  EXPECT_EQ((*zone)->PeriodAt(sys_days(3000y / 1 / 1)).offset, minutes(1));
}

TEST(Tzif, RefusesEveryBrokenFile) {
  const std::string whole = FileOf({{0}, {60}}, {{10, 1}, {20, 0}}, "UTC0");
  ASSERT_TRUE(ReadTzif(whole).has_value());
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(ReadTzif(whole.substr(0, size)).has_value()) << size;
  EXPECT_FALSE(ReadTzif(FileOf({{0}}, {{10, 1}}, "UTC0")).has_value()) << "a type that is not there";
  EXPECT_FALSE(ReadTzif(FileOf({{0}}, {{10, 0}, {10, 0}}, "UTC0")).has_value()) << "times that do not go on";
  EXPECT_FALSE(ReadTzif(FileOf({{0}}, {}, "nonsense")).has_value());
  EXPECT_EQ(ReadTzif(Block('\0', {{}}, {}, 4)).error().code, ErrorCode::kUnsupported);
  std::string many = whole;
  many.replace(many.rfind("TZif") + 32, 4, "\x7f\xff\xff\xff");
  EXPECT_EQ(ReadTzif(many).error().code, ErrorCode::kCorrupt) << "more changes than bytes";
}

TEST(PosixRule, ReadsEveryForm) {
  struct Row {
    std::string rule;
    SysSeconds at;
    Seconds offset;
  };
  const std::vector<Row> rows = {
      {"UTC0", sys_days(2026y / 1 / 1), hours(0)},
      {"<-03>3", sys_days(2026y / 1 / 1), hours(-3)},
      {"<+0545>-5:45", sys_days(2026y / 1 / 1), hours(5) + minutes(45)},
      {"EST5EDT,M3.2.0,M11.1.0", sys_days(2026y / 3 / 8) + hours(7), hours(-4)},
      {"EST5EDT,M3.2.0,M11.1.0", sys_days(2026y / 3 / 8) + hours(7) - Seconds(1), hours(-5)},
      {"AEST-10AEDT,M10.1.0,M4.1.0/3", sys_days(2026y / 1 / 1), hours(11)},
      {"IST-1GMT0,M10.5.0,M3.5.0/1", sys_days(2026y / 1 / 1), hours(0)},
      {"IST-1GMT0,M10.5.0,M3.5.0/1", sys_days(2026y / 7 / 1), hours(1)},
      {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", sys_days(2026y / 3 / 29) + hours(1), hours(-1)},
      {"<+0330>-3:30<+0430>,J79/24,J263/24", sys_days(2024y / 3 / 20) + hours(20) + minutes(30), hours(4) + minutes(30)},
      {"<+0330>-3:30<+0430>,J79/24,J263/24", sys_days(2024y / 3 / 20) + hours(20), hours(3) + minutes(30)},
      {"<+0330>-3:30<+0430>,78/24,262/24", sys_days(2023y / 3 / 20) + hours(20) + minutes(30), hours(4) + minutes(30)},
      {"XXX3EDT4,0/0,J365/23", sys_days(2026y / 1 / 1) + hours(4), hours(-4)},
      {"XXX3EDT4,0/0,J365/23", sys_days(2026y / 12 / 31) + hours(12), hours(-4)},
  };
  for (const Row& row : rows) {
    const auto rule = ParsePosixRule(row.rule);
    ASSERT_TRUE(rule.has_value()) << row.rule;
    EXPECT_EQ(rule->PeriodAt(row.at).offset, row.offset) << row.rule << " at " << row.at.time_since_epoch().count();
  }
}

TEST(PosixRule, RefusesWhatIsNone) {
  for (const char* text : {"", "A0", "CET", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
                           "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-200", "CET-1CEST,J0,J1",
                           "CET-1CEST,M3.5.0,M10.5.0/3x", "<CET-1", "CET-1:60", "CET--1", "CET-1CEST,366,1"}) {
    EXPECT_FALSE(ParsePosixRule(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace tuesday::calendar
