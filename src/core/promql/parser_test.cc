// SPDX-License-Identifier: Apache-2.0
#include "core/promql/parser.h"

#include <gtest/gtest.h>

#include <random>

#include "core/promql/series_text.h"

namespace tuesday::promql {
namespace {

TEST(Parser, PrintsCanonically) {
  struct Row {
    const char* what;
    const char* in;
    const char* out;
  };
  const Row rows[] = {
      {"Selector", "up { job = 'a' , x=~\"b\" }", "up{job=\"a\",x=~\"b\"}"},
      {"KeywordsAreNames", "sum by (on) (offset{by=\"x\"})", "sum by (on) (offset{by=\"x\"})"},
      {"PowerIsRightAssociative", "2^3^2", "2 ^ 3 ^ 2"},
      {"UnaryBindsLooserThanPower", "-x^2", "-x ^ 2"},
      {"ModifiersInOneOrder", "x offset 5m @ 10", "x @ 10.000 offset 5m"},
      {"AggregationModifierBehind", "sum(x) by (a)", "sum by (a) (x)"},
      {"Matching", "a/on(x)group_left(y)b", "a / on (x) group_left (y) b"},
      {"Subquery", "rate(x[1m])[5m:30s]", "rate(x[1m])[5m:30s]"},
      {"NumbersAreDurations", "x[300]", "x[5m]"},
      {"OctalNumber", "010", "8"},
      {"HexNumber", "0x1F", "31"},
      {"Comment", "x # y\n + 1", "x + 1"},
      {"NameInQuotes", "{\"my.metric\", a=\"b\"}", "{\"my.metric\",a=\"b\"}"},
  };
  for (const Row& row : rows) {
    const Result<ExprPtr> expr = ParseExpr(row.in);
    ASSERT_TRUE(expr.has_value()) << row.what << " " << expr.error().message;
    EXPECT_EQ(PrintExpr(**expr), row.out) << row.what;
  }
}

TEST(Parser, RefusesInPrometheusWords) {
  struct Row {
    const char* what;
    const char* in;
    const char* message;
  };
  const Row rows[] = {
      {"Empty", "", "1:1: parse error: no expression found in input"},
      {"EndsEarly", "1 +", "1:4: parse error: unexpected end of input"},
      {"OpenParenthesis", "(1", "1:3: parse error: unclosed left parenthesis"},
      {"SecondLine", "1 +\n*", "2:1: parse error: unexpected <op:*>"},
      {"RangeOfVector", "rate(x)",
       "1:6: parse error: expected type range vector in call to function \"rate\", got instant vector"},
      {"EmptySelector", "{}", "1:1: parse error: vector selector must contain at least one non-empty matcher"},
      {"ScalarComparison", "1 > 2", "1:3: parse error: comparisons between scalars must use BOOL modifier"},
      {"ZeroRange", "x[0s]", "1:3: parse error: duration must be greater than 0"},
      {"UnknownFunction", "foo(x)", "1:1: parse error: unknown function with name \"foo\""},
      {"Experimental", "mad_over_time(x[5m])", "1:1: parse error: function \"mad_over_time\" is not enabled"},
      {"BadRegex", "x{a=~\"(\"}", "1:3: parse error: error parsing regexp: missing ): ("},
      {"BadUnits", "x[5m1h]", "1:3: parse error: not a valid duration string: \"5m1h\""},
  };
  for (const Row& row : rows) {
    const Result<ExprPtr> expr = ParseExpr(row.in);
    ASSERT_FALSE(expr.has_value()) << row.what;
    EXPECT_EQ(expr.error().message, row.message) << row.what;
  }
}

TEST(Parser, DeepAndLongTextsAreRefusedAndDoNotOverflow) {
  for (const char* unit : {"(", "-", "sum(", "x+", "x[1m:", "{a=\"", "x offset -(", "2^"}) {
    std::string text;
    while (text.size() < 30'000) text += unit;
    EXPECT_FALSE(ParseExpr(text, {.experimental = true}).has_value()) << unit;
  }
  std::string sum = "x";
  for (int i = 0; i < 10'000; ++i) sum += "+x";
  EXPECT_FALSE(ParseExpr(sum).has_value());
  EXPECT_FALSE(ParseExpr(std::string(100'000, ' ')).has_value());
}

// Expressions made at random: what is printed reads back to what prints the same.
class Grower {
 public:
  explicit Grower(std::uint32_t seed) : random_(seed) {}

  std::string Vector(int depth) {
    if (depth <= 0) return Pick({"x", "y{a=\"b\"}", "{a=~\"b.*\"}", "x offset 5m", "x @ 10", "x @ end() offset -1h"});
    switch (random_() % 8) {
      case 0: return Vector(depth - 1) + Pick({" + ", " - ", " / ", " % ", " ^ ", " atan2 "}) + Vector(depth - 1);
      case 1: return Vector(depth - 1) + Pick({" > ", " == bool ", " and ", " or ", " unless on (a) "}) + Vector(depth - 1);
      case 2:
        return Pick({"sum", "max by (a)", "count without (b, c)", "topk by (a) (3, y) + sum"}) + " (" + Vector(depth - 1) + ")";
      case 3: return Pick({"rate", "max_over_time", "deriv"}) + "(x[5m])";
      case 4: return "avg_over_time((" + Vector(depth - 1) + ")[10m:" + Pick({"", "30s", "1m30s"}) + "] offset 5m)";
      case 5: return "-" + Vector(depth - 1);
      case 6: return "(" + Vector(depth - 1) + ")";
      default: return "clamp(" + Vector(depth - 1) + ", " + Pick({"0", "-1.5", "1e10", "Inf"}) + ", 1 + 2 * 3)";
    }
  }

 private:
  std::string Pick(std::initializer_list<const char*> from) { return *(from.begin() + random_() % from.size()); }
  std::mt19937 random_;
};

TEST(Parser, PrintedExpressionsReadBackTheSame) {
  int parsed = 0;
  for (std::uint32_t seed = 0; seed < 500; ++seed) {
    const std::string text = Grower(seed).Vector(4);
    const Result<ExprPtr> first = ParseExpr(text);
    if (!first) continue;  // Such as a comparison that the random operators made wrong.
    ++parsed;
    const std::string printed = PrintExpr(**first);
    const Result<ExprPtr> second = ParseExpr(printed);
    ASSERT_TRUE(second.has_value()) << printed;
    EXPECT_EQ(PrintExpr(**second), printed) << text;
  }
  EXPECT_GT(parsed, 400);
}

TEST(Duration, ReadsAndPrints) {
  EXPECT_EQ(*ParseDuration("1h30m"), 5'400'000);
  EXPECT_EQ(*ParseDuration("0"), 0);
  EXPECT_EQ(*ParseDuration("1ms"), 1);
  for (const char* bad : {"", "5", "5m5m", "1s1m", "-5m", "99999999999y", "m"})
    EXPECT_FALSE(ParseDuration(bad).has_value()) << bad;
  EXPECT_EQ(DurationText(5'400'000), "1h30m");
  EXPECT_EQ(DurationText(90LL * 86'400'000), "90d");
  EXPECT_EQ(DurationText(0), "0s");
}

TEST(SeriesText, RunsGapsAndStaleMarkers) {
  const Result<SeriesText> series = ParseSeriesText("m{a=\"x y\"} 1+2x2 _ _x2 stale -5-1x1 NaN 1e3");
  ASSERT_TRUE(series.has_value()) << series.error().message;
  EXPECT_EQ(series->labels.Text(), "m{a=\"x y\"}");
  ASSERT_EQ(series->values.size(), 11U);
  EXPECT_EQ(series->values[2], 5);
  EXPECT_FALSE(series->values[5].has_value());
  EXPECT_EQ(series->values[8], -6);
  EXPECT_EQ(series->values[10], 1000);
  for (const char* bad : {"m 1x", "m x", "m 1+x3", "m{a=~\"b\"} 1", "m 1x99999999999", "m {{}}"}) {
    EXPECT_FALSE(ParseSeriesText(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace tuesday::promql
