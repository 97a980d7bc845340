// SPDX-License-Identifier: Apache-2.0
#include "core/analysis/ask/json_path.h"

#include <gtest/gtest.h>

namespace tuesday::analysis {
namespace {

constexpr std::string_view kAnswer = R"({
  "ok": true, "data": {"ok": "yes", "list": [10, 20, 30, 40], "a.b": 7},
  "items": [{"name": "x", "n": 1}, {"name": "y", "n": 5, "tags": ["t"]}, {"name": "z", "n": 9}]
})";

struct Case {
  const char* path;
  const char* first;  // Canonical JSON; null: nothing is found.
};
class JsonPathTest : public ::testing::TestWithParam<Case> {};

TEST_P(JsonPathTest, FindsAsKubernetesDoes) {
  const Result<JsonPath> path = JsonPath::Parse(GetParam().path);
  ASSERT_TRUE(path.has_value()) << path.error().message;
  const Result<Json> first = path->First(*ParseJson(kAnswer));
  if (GetParam().first == nullptr) {
    ASSERT_FALSE(first.has_value()) << CanonicalJson(*first);
    EXPECT_EQ(first.error().code, ErrorCode::kNotFound);
  } else {
    ASSERT_TRUE(first.has_value()) << first.error().message;
    EXPECT_EQ(CanonicalJson(*first), GetParam().first);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, JsonPathTest,
    ::testing::Values(Case{"{$.ok}", "true"}, Case{"{.ok}", "true"}, Case{"{@.ok}", "true"}, Case{"{$['ok']}", "true"},
                      Case{"{$.data.ok}", "\"yes\""}, Case{"{ $.data.ok }", "\"yes\""}, Case{"{.data['a.b']}", "7"},
                      Case{R"({.data.a\.b})", "7"}, Case{"{.data.list}", "[10,20,30,40]"}, Case{"{.data.list[0]}", "10"},
                      Case{"{.data.list[-1]}", "40"}, Case{"{.data.list[1:3]}", "20"}, Case{"{.data.list[-2:]}", "30"},
                      Case{"{.data.list[1::2]}", "20"}, Case{"{.data.list[3,0]}", "40"}, Case{"{.items[*].name}", "\"x\""},
                      Case{"{.items[?(@.n > 3)].name}", "\"y\""}, Case{"{.items[?(@.n>=9)].name}", "\"z\""},
                      Case{"{.items[?(@.name == 'z')].n}", "9"}, Case{"{.items[?(@.name!=\"x\")].n}", "5"},
                      Case{"{.items[?(@.tags)].name}", "\"y\""}, Case{"{..name}", "\"x\""}, Case{"{$..tags[0]}", "\"t\""},
                      Case{"{.data.*}", "7"}, Case{"{$['none','ok']}", nullptr}, Case{"{.none}", nullptr},
                      Case{"{.data.list[4]}", nullptr}, Case{"{.ok.deeper}", nullptr},
                      Case{"{.items[?(@.n > 99)].name}", nullptr}, Case{"{.items[?(@.n == 'x')].name}", nullptr},
                      Case{"{..nowhere}", nullptr}));

TEST(JsonPathErrorTest, ARefusedPathNamesItsColumn) {
  for (const auto& [text, column] : {std::pair("$.ok", 1),
                                     {"{$.ok", 6},
                                     {"{.a[}", 5},
                                     {"{.a['x}", 8},
                                     {"{.a} and {.b}", 6},
                                     {"{.a[?(.n)]}", 7},
                                     {"{.a[?(@.n > )]}", 13},
                                     {"{.a[0:9:0]}", 10}}) {
    const Result<JsonPath> path = JsonPath::Parse(text);
    ASSERT_FALSE(path.has_value()) << text;
    EXPECT_EQ(path.error().code, ErrorCode::kInvalid);
    EXPECT_NE(path.error().message.find("column " + std::to_string(column) + ":"), std::string::npos) << path.error().message;
  }
}

TEST(JsonPathErrorTest, LimitsAreKept) {
  EXPECT_EQ(JsonPath::Parse("{" + std::string(kJsonPathBytesMax, '.') + "}").error().code, ErrorCode::kLimit);
  std::string deep = "{";
  for (std::size_t i = 0; i <= kJsonPathStepsMax + 1; ++i) deep += ".a";
  EXPECT_FALSE(JsonPath::Parse(deep + "}").has_value());
  const Json wide = Json::Array(1000, Json(Json::Array(200, Json(1))));
  EXPECT_EQ(JsonPath::Parse("{$..*}")->First(wide).error().code, ErrorCode::kLimit);
}

}  // namespace
}  // namespace tuesday::analysis
