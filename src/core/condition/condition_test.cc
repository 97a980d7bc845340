// SPDX-License-Identifier: Apache-2.0
#include "core/condition/condition.h"

#include <gtest/gtest.h>

#include <limits>
#include <optional>

namespace tuesday::condition {
namespace {

Json Value(std::string_view text) {
  const Result<Json> json = ParseJson(text);
  EXPECT_TRUE(json.has_value()) << text;
  return *json;
}

struct HoldsCase {
  std::string_view condition;
  std::string_view result;
  std::optional<bool> expected;  // None: an error.
};

// The conditions that Argo's documents, tests and users write.
TEST(Condition, DecidesAsArgoDoes) {
  for (const HoldsCase& c : std::initializer_list<HoldsCase>{
           {"result[0] >= 0.95", "[0.96]", true},
           {"result[0] >= 0.95", "[0.94]", false},
           {"result[0] >= 0.95", "[]", std::nullopt},
           {"result >= 0.95", "1", true},
           {"result == true", "true", true},
           {"all(result, # < 1000)", "[1, 999]", true},
           {"any(result, {# > 5})", "[1, 2]", false},
           {"max(result) < 0.05", "[0.01, 0.06]", false},
           {"default(result, 0) < 0.05", "[]", true},
           {"len(result) == 0 || result[0] >= 0.95", "[]", true},
           {"isNaN(result) || result > 1", "2", true},
           {"10 in result", "[10, 20]", true},
           {"10.0 not in result", "[10, 20]", false},
           {"result.ok && result.successPercent >= 0.90", R"({"ok": true, "successPercent": 0.91})", true},
           {"result.count == 10 and result['average.duration'] < 15.0", R"({"count": 10, "average.duration": 14})", true},
           {"result.major == '1'", R"({"major": "1"})", true},
           {"all(result.apdex.values, {asFloat(.value) >= 9900})",
            R"({"apdex": {"values": [{"value": "9901"}, {"value": 9950}]}})", true},
           {"result != nil", "null", false},
           {"len(result) == 1 && !isNaN(result[0]) && !isInf(result[0]) && result[0] >= 20", "[21]", true},
           {"len(result) > 0 ? result[0] < 1 : true", "[]", true},
           {"result && result[0] >= 0.9", "[1]", std::nullopt},
           {"not (result[0] > 1)", "[2]", false},
           {"result[-1] == 3", "[1, 2, 3]", true},
           {"result[1:3] == [2, 3]", "[1, 2, 3]", true},
           {"count(result, # > 1) == 2", "[1, 2, 3]", true},
           {"sum(map(result, # * 2)) == 12", "[1, 2, 3]", true},
           {"result matches '^v1'", R"("v1.2")", true},
           {"result?.a?.b == nil", R"({"a": null})", true},
           {"(result[0] ?? 1) == 1", "[]", true},
           {"-2 ** 2 == 4 || 2 ** 3 ** 2 == 512", "0", true},
           {"1 + 2 * 3 == 7 and 7 / 2 == 3.5 and 7 % 4 == 3", "0", true},
           {"isNil(result)", "null", true},
           {"result | filter(# > 1) | len() == 2", "[1, 2, 3]", true},
           {"let worst = max(result); worst < 5 && worst > 2", "[1, 4]", true},
           {"if len(result) == 0 { false } else { result[0] < 1 }", "[0.5]", true},
           {"if len(result) == 0 { false } else if result[0] > 9 { false } else { true }", "[0.5]", true},
           {"reduce(result, #acc + #, 0) == 6", "[1, 2, 3]", true},
           {"reduce(result, #acc + #) > 0", "[]", std::nullopt},
           {"all(result, #index < 2)", "[7, 8]", true},
           {"findIndex(result, # > 7) == 1 and findLast(result, # > 6) == 8", "[7, 8]", true},
           {"sort(result) == [1, 2, 3] && reverse(sort(result)) == sort(result, 'desc')", "[2, 3, 1]", true},
           {"sort(result) == []", R"([1, "a"])", std::nullopt},
           {"len(uniq(flatten(result))) == 3", "[[1, 2], [2, [3]]]", true},
           {"sortBy(result, .a)[0].a == 1 && groupBy(result, .b)['x'][1].a == 1", R"([{"a": 2, "b": "x"}, {"a": 1, "b": "x"}])",
            true},
           {"countBy(result, string(# > 1))['true'] == 2", "[1, 2, 3]", true},
           {"get(result, 5) ?? 0 == 0", "[1]", true},
           {"(get(result, 5) ?? 0) == 0 && get(result, -1) == 1", "[1]", true},
           {"{'ok': result[0], n: 2}.n == 2", "[1]", true},
           {"result?.['a'] == nil", "null", true},
           {"split(result, ',')[1] == 'b' && join(['a', 'b'], '-') == 'a-b'", R"("a,b")", true},
           {"replace(result, 'a', 'bb') == 'bbc' && trimPrefix(result, 'a') == 'c'", R"("ac")", true},
           {"indexOf(result, 'c') == 1 && repeat(result, 2) == 'acac'", R"("ac")", true},
           {"repeat(result, 1000000000) == ''", R"("ac")", std::nullopt},
           {"fromJSON(result).a[0] == 1 && toJSON([1]) == '[1]'", R"("{\"a\": [1]}")", true},
           {"fromJSON(result) == 1", R"("{")", std::nullopt},
           {"result[0] == 0x1F /* thirty-one */ // and no more", "[31]", true},
           {"result[0] == 0b101 || result[0] == 0o17", "[15]", true},
           {"1 in result and 'a' in {'a': 1} and 3 in 1..5", "[1]", true},
           {"result[0].value contains 'x' ? true : false", R"([{"value": "axe"}])", true},
       }) {
    const Result<Condition> condition = Condition::Parse(c.condition);
    ASSERT_TRUE(condition.has_value()) << c.condition << ": " << condition.error().message;
    const Result<bool> holds = condition->Holds(Value(c.result));
    EXPECT_EQ(holds.has_value() ? std::optional(*holds) : std::nullopt, c.expected)
        << c.condition << " on " << c.result << (holds.has_value() ? "" : ": " + holds.error().message);
  }
}

TEST(Condition, SaysNoToNaNUnlessAsked) {
  const Json nan(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(Condition::Parse("result < 1")->Holds(nan), Result<bool>(false));
  EXPECT_EQ(Condition::Parse("result >= 1")->Holds(nan), Result<bool>(false));
  EXPECT_EQ(Condition::Parse("isNaN(result)")->Holds(nan), Result<bool>(true));
}

// Each of these would double a value until no memory is left, or be looked at twice at every depth.
TEST(Condition, IsBoundedWhateverItMakes) {
  std::string lets = "let v0 = result;";
  for (int i = 1; i < 50; ++i)
    lets += " let v" + std::to_string(i) + " = [v" + std::to_string(i - 1) + ", v" + std::to_string(i - 1) + "];";
  for (const std::string& text : {lets + " len(v49) == 2", std::string("len(reduce(1..60, [#acc, #acc], result)) == 2"),
                                  std::string("len(reduce(1..60, #acc + #acc, 'x')) == 2")}) {
    const Result<Condition> condition = Condition::Parse(text);
    ASSERT_TRUE(condition.has_value()) << text << ": " << condition.error().message;
    const Result<bool> holds = condition->Holds(Value("[1]"));
    ASSERT_FALSE(holds.has_value()) << text;
    EXPECT_EQ(holds.error().code, ErrorCode::kLimit) << holds.error().message;
  }
  std::string calls = "true";
  for (int i = 0; i < 28; ++i) calls = "not(" + calls + ")";
  EXPECT_TRUE(Condition::Parse(calls).has_value());
}

struct BadCase {
  const char* name;
  std::string text;
  std::string expected;
};

class BadCondition : public testing::TestWithParam<BadCase> {};

TEST_P(BadCondition, IsRefusedAtLoadWithItsColumn) {
  const Result<Condition> condition = Condition::Parse(GetParam().text);
  ASSERT_FALSE(condition.has_value());
  EXPECT_NE(ErrorText(condition.error()).find(GetParam().expected), std::string::npos) << ErrorText(condition.error());
}

INSTANTIATE_TEST_SUITE_P(Cases, BadCondition,
                         testing::Values(BadCase{"Empty", "", "column 1: A value is expected"},
                                         BadCase{"UnknownVariable", "reslut > 1", "column 1: \"reslut\" is not known"},
                                         BadCase{"UnknownFunction", "lne(result) > 1", "Did you mean len?"},
                                         BadCase{"NeverABool", "result[0] + 1", "never yields true or false"},
                                         BadCase{"WrongCount", "len(result, 1) > 0", "takes 1 argument"},
                                         BadCase{"OpenQuote", "result == 'a", "no closing quote"},
                                         BadCase{"Rest", "result > 1 2", "column 12: \"2\" is not expected"},
                                         BadCase{"SingleEquals", "result = 1", "column 8"},
                                         BadCase{"NumberAndBool", "1 && true", "column 1: a bool is expected here"},
                                         BadCase{"TextBelowNumber", "len(result) < '5'", "number < string"},
                                         BadCase{"NumberIsText", "result[0] > 1 || len(result) == 'none'", "number == string"},
                                         BadCase{"SumOfTexts", "'a' * 2 > 1", "string * number"},
                                         BadCase{"MemberOfNumber", "len(result).x > 1", "a number has no members"},
                                         BadCase{"PredicateIsNoBool", "all(result, len(#))", "column 13: a bool is expected"},
                                         BadCase{"BadPattern", "result matches '('", "no regular expression"},
                                         BadCase{"TernaryOfNumbers", "result ? 1 : 2", "never yields true or false"},
                                         BadCase{"LetOfAKnownName", "let len = 1; true", "A new name is expected"},
                                         BadCase{"LetIsOver", "(let a = 1; a == 1) && a > 0", "\"a\" is not known"},
                                         BadCase{"PipeIntoNothing", "result | 1", "A function is expected"},
                                         BadCase{"OpenComment", "result /* > 1", "The comment has no end"},
                                         BadCase{"BadBase", "result == 0b2", "not a number of base 2"},
                                         BadCase{"ClockIsNotKnown", "now() > 1", "There is no function"},
                                         BadCase{"TooDeep", std::string(500, '(') + "true" + std::string(500, ')'),
                                                 "nested deeper"},
                                         BadCase{"TooLong", std::string(5000, ' ') + "true", "the limit is 4096"}),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace tuesday::condition
