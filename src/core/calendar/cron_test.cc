// SPDX-License-Identifier: Apache-2.0
#include "core/calendar/cron.h"

#include <gtest/gtest.h>

namespace tuesday::calendar {
namespace {

using std::chrono::April;
using std::chrono::February;
using std::chrono::March;
using std::chrono::year_month_day;
using std::chrono::operator""y;
using std::chrono::operator""d;

template <std::size_t N>
std::string Numbers(const std::bitset<N>& on) {
  std::string text;
  for (std::size_t i = 0; i < N; ++i) {
    if (on[i]) text += (text.empty() ? "" : ",") + std::to_string(i);
  }
  return text;
}

struct GoodCase {
  std::string name;
  std::string cron;
  std::string fields;  // The five sets, "M|H|D|M|W"; "all" for one that has everything.
};

std::string FieldsOf(const Cron& cron) {
  const auto field = [](const auto& on, std::size_t all) { return on.count() == all ? std::string("all") : Numbers(on); };
  return field(cron.minutes, 60) + "|" + field(cron.hours, 24) + "|" + field(cron.days, 31) + "|" + field(cron.months, 12) +
         "|" + field(cron.weekdays, 7);
}

TEST(CronText, ReadsWhatGitHubTakes) {
  const std::vector<GoodCase> cases = {
      {"Everything", "* * * * *", "all|all|all|all|all"},
      {"Numbers", "5 4 3 2 1", "5|4|3|2|1"},
      {"Lists", "0,30 9,17 1,15 * *", "0,30|9,17|1,15|all|all"},
      {"Ranges", "0 9-11 * 4-6 1-5", "0|9,10,11|all|4,5,6|1,2,3,4,5"},
      {"StepsOfAll", "*/20 */6 */10 */5 */3", "0,20,40|0,6,12,18|1,11,21,31|1,6,11|0,3,6"},
      {"StepsOfARange", "10-30/10 * * * *", "10,20,30|all|all|all|all"},
      {"StepsFromANumberOn", "20/15 * * * *", "20,35,50|all|all|all|all"},
      {"Names", "0 0 * JAN,jun-Aug sun,Fri-SAT", "0|0|all|1,6,7,8|0,5,6"},
      {"ListsOfRangesAndSteps", "0-4,50-59/3 * * * *", "0,1,2,3,4,50,53,56,59|all|all|all|all"},
      {"BlanksAndTabs", "  1 \t2   * * *  ", "1|2|all|all|all"},
      {"AStepThatIsTooLargeTakesTheFirst", "5/100 */2147483647 * * *", "5|0|all|all|all"},
  };
  for (const GoodCase& c : cases) {
    const auto cron = ReadCron(c.cron);
    ASSERT_TRUE(cron.has_value()) << c.name << ": " << cron.error().message;
    EXPECT_EQ(FieldsOf(*cron), c.fields) << c.name;
  }
}

struct BadCase {
  std::string name;
  std::string cron;
  std::size_t column;
  std::string message;
  std::string mend;
};

TEST(CronText, SaysWhereItIsWrongAndWhatToWrite) {
  const std::vector<BadCase> cases = {
      {"Empty", "", 1, "it has 0 fields, five are needed.", "five fields"},
      {"FourFields", "0 0 * *", 7, "it has 4 fields, five are needed.", "minute hour day month weekday"},
      {"SixFields", "0 0 0 * * *", 11, "it has 6 fields, five are needed.", "five fields"},
      {"Nickname", "@daily", 1, "it has 1 fields, five are needed.", "Write \"0 0 * * *\"."},
      {"Reboot", "@reboot", 1, "it has 1 fields, five are needed.", "five fields"},
      {"QuestionMark", "0 0 ? * MON", 5, "\"?\" is no number of the field day.", "from 1 to 31, or *"},
      {"LastDay", "0 0 L * *", 5, "\"L\" is no number of the field day.", "from 1 to 31"},
      {"MinuteTooLarge", "60 0 * * *", 1, "60 is not from 0 to 59, as the field minute needs.", "from 0 to 59"},
      {"HourTooLarge", "0 1,24 * * *", 5, "24 is not from 0 to 23", "from 0 to 23"},
      {"DayZero", "0 0 0 * *", 5, "0 is not from 1 to 31", "from 1 to 31"},
      {"MonthName", "0 0 1 JANUARY *", 7, "\"JANUARY\" is no number of the field month.", "a name from JAN to DEC"},
      {"SundayAsSeven", "0 0 * * 7", 9, "7 is not from 0 to 6", "Write 0 or SUN"},
      {"SecondWeekday", "0 0 * * MON#2", 9, "\"MON#2\" is no number", "a name from SUN to SAT"},
      {"Backwards", "0 22-5 * * *", 3, "The range \"22-5\" ends before it begins.", "22-23,0-5"},
      {"TwoSteps", "*/2/3 * * * *", 5, "\"*/2/3\" has two steps.", "Write one"},
      {"NoStep", "*/ * * * *", 3, "\"\" is no step.", "from 1 on"},
      {"StepZero", "*/0 * * * *", 3, "\"0\" is no step.", "from 1 on"},
      {"Minus", "-5 * * * *", 1, "\"\" is no number of the field minute.", "from 0 to 59"},
      {"ThreeBounds", "1-2-3 * * * *", 1, "\"1-2-3\" is no range.", "FIRST-LAST"},
      {"EmptyInAList", "1,,2 * * * *", 3, "\"\" is no number", "from 0 to 59"},
      {"StarInARange", "*-5 * * * *", 1, "\"*\" is no number", "from 0 to 59"},
      {"OverALimit", std::string(2'000, '1'), 1, "it has 2000 characters.", "1024"},
  };
  for (const BadCase& c : cases) {
    const auto cron = ReadCron(c.cron);
    ASSERT_FALSE(cron.has_value()) << c.name;
    EXPECT_EQ(cron.error().column, c.column) << c.name << ": " << cron.error().message;
    EXPECT_TRUE(cron.error().message.contains(c.message)) << c.name << ": " << cron.error().message;
    EXPECT_TRUE(cron.error().mend.contains(c.mend)) << c.name << ": " << cron.error().mend;
  }
  EXPECT_EQ(ParseCron("0 24 * * *").error().message,
            "\"0 24 * * *\" is no cron expression, at column 3: 24 is not from 0 to 23, as the field hour needs.");
}

TEST(CronText, DaysAndWeekdaysTogetherAreEitherUnlessOneIsAStar) {
  struct Row {
    std::string cron;
    year_month_day date;
    bool due;
  };
  // The 13th of March 2026 is a Friday, the 13th of April a Monday.
  const std::vector<Row> rows = {
      {"0 0 13 * *", 2026y / March / 13d, true},       {"0 0 13 * *", 2026y / March / 14d, false},
      {"0 0 * * FRI", 2026y / March / 6d, true},       {"0 0 * * FRI", 2026y / March / 7d, false},
      {"0 0 13 * FRI", 2026y / March / 6d, true},      {"0 0 13 * FRI", 2026y / April / 13d, true},
      {"0 0 13 * FRI", 2026y / April / 14d, false},    {"0 0 */2 * FRI", 2026y / March / 13d, true},
      {"0 0 */2 * FRI", 2026y / March / 6d, false},    {"0 0 */2 * FRI", 2026y / March / 11d, false},
      {"0 0 13 3 FRI", 2026y / February / 13d, false},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(ReadCron(row.cron).value().MatchesDay(row.date), row.due) << row.cron << " " << unsigned(row.date.day());
  }
}

}  // namespace
}  // namespace tuesday::calendar
