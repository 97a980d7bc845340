// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <optional>

#include "core/expression/eval/evaluate.h"
#include "core/expression/parser.h"
#include "core/expression/value/json.h"
#include "core/expression/value/text.h"

namespace tuesday::expression {
namespace {

// Contexts from JSON; the one function `twice` of its own.
class TestHost : public Host {
 public:
  explicit TestHost(Value contexts) : contexts_(std::move(contexts)) {}

  Value NamedValue(std::string_view name) const override {
    const Value* found = contexts_.as_object()->Find(name);
    return found == nullptr ? Value() : *found;
  }

  Outcome<Value> Call(std::string_view name, const std::vector<Value>& parameters) const override {
    if (SameText(name, "fails")) return std::unexpected(Problem{ProblemKind::kEvaluation, "it failed", 0});
    return Value(2 * parameters.at(0).ToNumber());
  }

 private:
  Value contexts_;
};

// The value's text, "kind: text", or the problem's message.
std::string Told(std::string_view expression, std::string_view contexts = "{}") {
  const Result<Value> parsed = ReadJson(contexts);
  if (!parsed.has_value()) return parsed.error().message;
  const TestHost host(*parsed);
  Vocabulary vocabulary;
  for (const auto& [name, value] : parsed->as_object()->members()) vocabulary.named_values.push_back(name);
  vocabulary.functions = {{"twice", 1, 1}, {"fails", 0, 0}};
  const auto node = ParseExpression(expression, vocabulary);
  if (!node.has_value()) return node.error().message;
  if (!node->has_value()) return "nothing";
  const Outcome<Value> value = Evaluate(**node, host);
  if (!value.has_value()) return value.error().message;
  return std::string(ValueKindName(value->kind())) + ": " + value->ToText();
}

struct Case {
  std::string name;
  std::string expression;
  std::string contexts;
  std::string result;
};

class ExpressionTest : public testing::TestWithParam<Case> {};

TEST_P(ExpressionTest, GivesTheValueOrTheProblem) {
  EXPECT_EQ(Told(GetParam().expression, GetParam().contexts), GetParam().result);
}

INSTANTIATE_TEST_SUITE_P(
    Values, ExpressionTest,
    testing::Values(
        Case{"OperandsComeOutOfLogicUnchanged", "github.ref && 'yes' || 'no'", R"({"github":{"ref":"x"}})", "String: yes"},
        Case{"MissingPropertyOfNullIsNull", "github.a.b.c", R"({"github":{}})", "Null: "},
        Case{"PropertiesIgnoreCase", "GitHub.REF", R"({"github":{"ref":"main"}})", "String: main"},
        Case{"FilterMapsOverObjects", "join(a.*.name, '-')", R"({"a":[{"name":1},{"x":2},{"name":3}]})", "String: 1-3"},
        Case{"NegativeIndexIsNull", "a[-1]", R"({"a":[1]})", "Null: "},
        Case{"IndexIsFloored", "a[1.9]", R"({"a":[1,2]})", "Number: 2"},
        Case{"ComparisonIsLeftToRight", "3 < 2 < 1", "{}", "Boolean: true"},
        Case{"NotBindsCloserThanLess", "!2 < 3", "{}", "Boolean: true"},
        Case{"CaseTakesTheFirstThatHolds", "case(1 == 2, 'a', true, 'b', 'c')", "{}", "String: b"},
        Case{"CaseLeavesTheRestAlone", "case(true, 1, fails(), 2, 3)", "{}", "Number: 1"},
        Case{"AndStopsAtTheFirstFalse", "false && fails()", "{}", "Boolean: false"},
        Case{"FormatKeepsDoubledBraces", "format('{{{0}}} {1}', 'a', 2)", "{}", "String: {a} 2"},
        Case{"FormatEvaluatesOnlyWhatItNames", "format('{0}', 1, fails())", "{}", "String: 1"},
        Case{"HostFunctionsGetValues", "twice('0x10')", "{}", "Number: 32"},
        Case{"JsonIsIndentedByTwo", "toJSON(a)", R"({"a":{"b":[1,{}],"c":"\t"}})",
             "String: {\n  \"b\": [\n    1,\n    {}\n  ],\n  \"c\": \"\\t\"\n}"},
        Case{"JsonComesBack", "fromJSON('[1, {\"a\": null}]')[1].a", "{}", "Null: "},
        Case{"SpaceAloneIsNothing", " \t", "{}", "nothing"}),
    [](const auto& each) { return each.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Problems, ExpressionTest,
    testing::Values(
        Case{"UnknownContextInDeadBranch", "false && nope.x", "{}",
             "Unrecognized named-value: 'nope'. Located at position 10 within expression: false && nope.x"},
        Case{"PositionsCountUtf16Units", "'\xF0\x9F\x98\x8A' == nope", "{}",
             "Unrecognized named-value: 'nope'. Located at position 9 within expression: '\xF0\x9F\x98\x8A' == nope"},
        Case{"TooFewParameters", "contains('a')", "{}",
             "Too few parameters supplied: '('. Located at position 9 within expression: contains('a')"},
        Case{"EvenCase", "case(true, 1, 2, 3)", "{}",
             "Even number of parameters supplied, requires an odd number of parameters: '('. Located at position 5 within "
             "expression: case(true, 1, 2, 3)"},
        Case{"CasePredicateMustBeBoolean", "case(1, 2, 3)", "{}", "case predicate must evaluate to a boolean value"},
        Case{"FormatIndexOutOfRange", "format('{1}', 'a')", "{}",
             "The following format string references more arguments than were supplied: {1}"},
        Case{"FormatSpecifiers", "format('{0:x}', 1)", "{}",
             "The format specifiers 'x' are not valid for objects of type 'Number'"},
        Case{"EmptyJson", "fromJSON('')", "{}", "Error parsing fromJson: the text is not JSON at byte 1"},
        Case{"HostProblemPassesThrough", "1 == fails()", "{}", "it failed"}),
    [](const auto& each) { return each.param.name; });

TEST(ExpressionLimits, DepthOfNotIsCutWithoutRecursion) {
  EXPECT_EQ(Told(std::string(20'000, '!') + "true"), "Exceeded max expression depth 50");
  EXPECT_EQ(Told(std::string(49, '!') + "true"), "Boolean: false");
  EXPECT_EQ(Told(std::string(10'000, '(') + "1" + std::string(10'000, ')')), "Number: 1");
}

TEST(ExpressionLimits, LengthCountsUtf16Units) {
  EXPECT_EQ(Told("'" + std::string(20'998, 'x') + "'").substr(0, 9), "String: x");
  EXPECT_EQ(Told("'" + std::string(20'999, 'x') + "'"), "Exceeded max expression length 21000");
}

TEST(ExpressionLimits, ResultsTogetherAreBounded) {
  const std::string contexts = R"({"a":")" + std::string(200'000, 'x') + R"("})";
  EXPECT_THAT(Told("format('{0}{0}{0}{0}', a)", contexts), testing::HasSubstr("maximum allowed memory size was exceeded"));
  EXPECT_THAT(Told("startsWith(format('{0}', a), 'xx')", contexts), "Boolean: true");
}

TEST(ExpressionLimits, JsonDepthIsBounded) {
  EXPECT_THAT(Told("fromJSON(a)", R"({"a":")" + std::string(101, '[') + R"("})"), testing::HasSubstr("nested deeper than 100"));
}

TEST(ExpressionTree, StatusFunctionsAreFoundInTheTreeOnly) {
  const Vocabulary any{.named_values = {}, .functions = {}, .unknown = UnknownNames::kAllowed};
  const auto calls = [&](std::string_view text) { return CallsStatusFunction(**ParseExpression(text, any)); };
  EXPECT_TRUE(calls("a && (b || Always())"));
  EXPECT_TRUE(calls("format('{0}', failure('job'))"));
  EXPECT_FALSE(calls("contains('always()', x)"));
  EXPECT_FALSE(calls("success.outputs"));
}

TEST(ExpressionTree, PrintsTheNormalForm) {
  const Vocabulary any{.named_values = {}, .functions = {}, .unknown = UnknownNames::kAllowed};
  const auto print = [&](std::string_view text) { return PrintExpression(**ParseExpression(text, any)); };
  EXPECT_EQ(print("a['b'][ 'c d' ].*  && !x(1,'it''s')||null"), "((a.b['c d'].* && !x(1, 'it''s')) || null)");
}

}  // namespace
}  // namespace tuesday::expression
