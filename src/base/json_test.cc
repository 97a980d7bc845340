// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <gtest/gtest.h>

#include <limits>

namespace tuesday {
namespace {

TEST(Json, ReadsAndWritesCanonically) {
  const Result<Json> json = ParseJson(R"( {"b": [1, -2.5, true, null], "a": "x\ny", "c": {}} )");
  ASSERT_TRUE(json.has_value());
  EXPECT_EQ(CanonicalJson(*json), R"({"a":"x\ny","b":[1,-2.5,true,null],"c":{}})");
  EXPECT_EQ(json->At("b").as_array()->size(), 4U);
  EXPECT_TRUE(json->At("nothing").At("deeper").is_null());
}

TEST(Json, RefusesWhatIsNotOneDocument) {
  for (const char* text : {"", "{", "[1,]", "{\"a\":1,\"a\":2}", "1 2", "nul", "\"\xff\""}) {
    EXPECT_FALSE(ParseJson(text).has_value()) << text;
  }
}

TEST(Json, EndsDeepNestingAtTheLimit) {
  const std::string deep(1'000, '[');
  const Result<Json> json = ParseJson(deep);
  ASSERT_FALSE(json.has_value());
  EXPECT_NE(json.error().message.find("nested"), std::string::npos);
}

struct NumberCase {
  double value;
  const char* text;
};

// RFC 8785 appendix B.
TEST(CanonicalJson, PrintsNumbersAsEcmaScriptDoes) {
  for (const NumberCase& c : std::initializer_list<NumberCase>{{0.0, "0"},
                                                               {-0.0, "0"},
                                                               {5e-324, "5e-324"},
                                                               {1.7976931348623157e308, "1.7976931348623157e+308"},
                                                               {9007199254740992.0, "9007199254740992"},
                                                               {295147905179352830000.0, "295147905179352830000"},
                                                               {9.999999999999997e22, "9.999999999999997e+22"},
                                                               {1e21, "1e+21"},
                                                               {1e-7, "1e-7"},
                                                               {0.000001, "0.000001"},
                                                               {333333333.33333329, "333333333.3333333"}}) {
    EXPECT_EQ(CanonicalJson(Json(c.value)), c.text);
  }
  EXPECT_EQ(CanonicalJson(Json(std::numeric_limits<double>::quiet_NaN())), "null");
}

// RFC 8785 3.2.3.
TEST(CanonicalJson, SortsKeysByUtf16CodeUnits) {
  const Json json(
      Json::Object{{"\xe2\x82\xac", 1}, {"\r", 2}, {"\xef\xac\xb3", 3}, {"1", 4}, {"\xf0\x9f\x98\x80", 5}, {"\xc3\xb6", 6}});
  EXPECT_EQ(CanonicalJson(json),
            "{\"\\r\":2,\"1\":4,\"\xc3\xb6\":6,\"\xe2\x82\xac\":1,\"\xf0\x9f\x98\x80\":5,\"\xef\xac\xb3\":3}");
}

TEST(PrettyJson, IndentsByTwo) {
  EXPECT_EQ(PrettyJson(Json(Json::Object{{"a", Json::Array{1, 2}}, {"b", Json::Object{}}})),
            "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {}\n}");
}

}  // namespace
}  // namespace tuesday
