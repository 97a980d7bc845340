// SPDX-License-Identifier: Apache-2.0
#include "core/expression/value/value.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/expression/value/number.h"
#include "core/expression/value/text.h"

namespace tuesday::expression {
namespace {

TEST(Numbers, AreReadAsTheRunnerReadsThem) {
  const struct {
    std::string_view text;
    double number;
  } rows[] = {{"", 0},
              {"  ", 0},
              {" +1.5e2 ", 150},
              {".5", 0.5},
              {"5.", 5},
              {"0x1F", 31},
              {"0xFFFFFFFF", -1},
              {"0o17", 15},
              {"-0", 0},
              {"Infinity", INFINITY},
              {"-infinity", -INFINITY},
              {"1e999", INFINITY},
              {"1e-999", 0},
              {"\xC2\xA0"
               "7",
               7}};
  for (const auto& row : rows) EXPECT_EQ(ParseNumber(row.text), row.number) << row.text;
  for (const std::string_view text :
       {"abc", "1e", ".", "-0x1", "0x", "0o8", "0x100000000", "1,000", "Inf", "NaN", "1 2", "--1"}) {
    EXPECT_TRUE(std::isnan(ParseNumber(text))) << text;
  }
}

TEST(Numbers, ArePrintedWithFifteenDigits) {
  EXPECT_EQ(NumberText(-0.0), "0");
  EXPECT_EQ(NumberText(0.1 + 0.2), "0.3");
  EXPECT_EQ(NumberText(1e15), "1E+15");
  EXPECT_EQ(NumberText(123456789012345), "123456789012345");
  EXPECT_EQ(NumberText(0.0001), "0.0001");
  EXPECT_EQ(NumberText(0.00001), "1E-05");
  EXPECT_EQ(NumberText(-INFINITY), "-Infinity");
}

TEST(Texts, CompareByUpperCaseOfEachCharacter) {
  EXPECT_TRUE(SameText("\xCF\x82", "\xCE\xA3"));  // Final sigma and capital sigma.
  EXPECT_FALSE(SameText("\xC4\xB1", "I"));        // Dotless i.
  EXPECT_FALSE(
      SameText("stra\xC3\x9F"
               "e",
               "strasse"));
  EXPECT_TRUE(SameText("\xC3\xBC", "\xC3\x9C"));
  EXPECT_TRUE(CompareText("a", "[") < 0);
  // A character beyond the basic plane comes before U+FF21, because its first UTF-16 unit does.
  EXPECT_TRUE(CompareText("\xF0\x9F\x98\x8A", "\xEF\xBC\xA1") < 0);
  EXPECT_EQ(Utf16Length("a\xF0\x9F\x98\x8A"), 3u);
}

TEST(Values, CompareLoosely) {
  const Value array = Value::Array({});
  EXPECT_TRUE(LooselyEqual(Value(), Value("")));
  EXPECT_TRUE(LooselyEqual(Value(true), Value(" 1 ")));
  EXPECT_FALSE(LooselyEqual(Value("null"), Value()));
  EXPECT_TRUE(LooselyEqual(array, array));
  EXPECT_FALSE(LooselyEqual(array, Value::Array({})));
  EXPECT_FALSE(LooselyEqual(Value(NAN), Value(NAN)));
  EXPECT_FALSE(LooselyLess(Value(), array));
  EXPECT_TRUE(LooselyLess(Value("abc"), Value("DEF")));
}

TEST(Values, ObjectsKeepOrderAndIgnoreCase) {
  ObjectValue object;
  object.Set("B", Value(1));
  object.Set("a", Value(2));
  object.Set("b", Value(3));
  ASSERT_EQ(object.members().size(), 2u);
  EXPECT_EQ(object.members()[0].first, "B");
  EXPECT_EQ(object.Find("b")->ToNumber(), 3);
  ObjectValue exact(KeyCase::kExact);
  exact.Set("B", Value(1));
  EXPECT_EQ(exact.Find("b"), nullptr);
}

}  // namespace
}  // namespace tuesday::expression
