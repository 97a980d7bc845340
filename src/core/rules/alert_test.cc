// SPDX-License-Identifier: Apache-2.0
#include "core/rules/alert.h"

#include <gmock/gmock.h>

namespace tuesday::rules {
namespace {

Group Read(const std::string& rules) {
  ReadGroupsResult read = ReadRuleFile("groups:\n  - name: g\n" + rules, "f");
  EXPECT_TRUE(read.findings.empty()) << read.findings.front().Text();
  return std::move(read.groups.front());
}

// `x` has the value of the digit at each minute; a dot is no sample, `s` a stale marker.
Recorded Input(std::string_view digits) {
  Recorded input;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const auto t = static_cast<std::int64_t>(i) * 60'000;
    if (digits[i] == '.') continue;
    input[metrics::Labels{{"__name__", "x"}, {"job", "a"}}].push_back(
        {t, digits[i] == 's' ? metrics::StaleMarker() : digits[i] - '0'});
  }
  return input;
}

// Phases of the last rule, one letter a minute. The state makes the round trip through JSON at each one.
std::string Phases(const Group& group, std::string_view digits) {
  const Recorded input = Input(digits);
  const EmptySource nothing;
  const RecordedSource source(nothing, {&input});
  GroupState state;
  std::string phases;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    state = Evaluate(group, std::move(state), source, static_cast<std::int64_t>(i) * 60'000).state;
    const Result<Json> json = ParseJson(CanonicalJson(GroupStateToJson(state)));
    Result<GroupState> read = GroupStateFromJson(*json);
    EXPECT_EQ(GroupStateToJson(*read), GroupStateToJson(state));
    state = std::move(*read);
    phases += HasPhase(state.rules.back(), AlertPhase::kFiring)    ? 'F'
              : HasPhase(state.rules.back(), AlertPhase::kPending) ? 'p'
                                                                   : '.';
  }
  return phases;
}

TEST(Alert, FiresAtOnceWithoutFor) { EXPECT_EQ(Phases(Read("    rules: [{alert: A, expr: x > 1}]\n"), "0220"), ".FF."); }

TEST(Alert, PendingIsForgottenWhenTheExpressionStops) {
  EXPECT_EQ(Phases(Read("    rules: [{alert: A, expr: x > 1, for: 2m}]\n"), "022022222"), ".pp.ppFFF");
}

TEST(Alert, KeepFiringForHoldsAndAHitBeginsItAnew) {
  EXPECT_EQ(Phases(Read("    rules: [{alert: A, expr: x > 1, keep_firing_for: 2m}]\n"), "20020000"), "FFFFFF..");
}

TEST(Alert, RecordingRulesFeedLaterRulesAtTheSameInstant) {
  EXPECT_EQ(Phases(Read("    rules: [{record: y, expr: x * 2}, {alert: A, expr: y > 3}]\n"), "0202"), ".F.F");
}

TEST(Alert, ASeriesThatEndsGetsAStaleMarker) {
  const Group group = Read("    rules: [{record: y, expr: x > 1}]\n");
  const Recorded input = Input("20");
  const EmptySource nothing;
  const RecordedSource source(nothing, {&input});
  GroupState state = Evaluate(group, {}, source, 0).state;
  state = Evaluate(group, std::move(state), source, 60'000).state;
  const std::vector<metrics::Sample>& samples = state.recorded.at({{"__name__", "y"}, {"job", "a"}});
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_EQ(samples[0].value, 2);
  EXPECT_TRUE(metrics::IsStale(samples[1].value));
}

TEST(Alert, DuplicatesAfterItsLabelsAreAnError) {
  const Group group = Read("    rules: [{record: y, expr: x, labels: {job: same}}]\n");
  Recorded input = Input("1");
  input[metrics::Labels{{"__name__", "x"}, {"job", "b"}}] = {{0, 1}};
  const EmptySource nothing;
  const Evaluation evaluation = Evaluate(group, {}, RecordedSource(nothing, {&input}), 0);
  EXPECT_EQ(evaluation.results[0].error, "vector contains metrics with the same labelset after applying rule labels");
  EXPECT_EQ(evaluation.state.rules[0].error, evaluation.results[0].error);
}

TEST(Alert, LimitDiscardsAllAlertsOfTheRule) {
  const Group group = Read("    limit: 1\n    rules: [{alert: A, expr: x}]\n");
  Recorded input = Input("1");
  input[metrics::Labels{{"__name__", "x"}, {"job", "b"}}] = {{0, 1}};
  const EmptySource nothing;
  const Evaluation evaluation = Evaluate(group, {}, RecordedSource(nothing, {&input}), 0);
  EXPECT_EQ(evaluation.results[0].error, "exceeded limit of 1 with 2 alerts");
  EXPECT_TRUE(evaluation.state.rules[0].alerts.empty());
}

TEST(Alert, QueryOffsetLooksBack) {
  const Group group = Read("    query_offset: 1m\n    rules: [{record: y, expr: x}]\n");
  const Recorded input = Input("12");
  const EmptySource nothing;
  const Evaluation evaluation = Evaluate(group, {}, RecordedSource(nothing, {&input}), 60'000);
  ASSERT_EQ(evaluation.results[0].output.size(), 1U);
  EXPECT_EQ(evaluation.results[0].output[0].value, 1);
  EXPECT_EQ(evaluation.state.recorded.begin()->second.front().t, 0);
}

struct BadFile {
  std::string_view name;
  std::string_view rules;
  std::string_view finding;
};

class RuleFile : public testing::TestWithParam<BadFile> {};

TEST_P(RuleFile, IsRefusedWithItsPlace) {
  const ReadGroupsResult read = ReadRuleFile("groups:\n- name: g\n  rules:\n" + std::string(GetParam().rules), "f.yml");
  ASSERT_FALSE(read.findings.empty());
  EXPECT_THAT(read.findings.front().Text(), testing::HasSubstr(GetParam().finding));
  EXPECT_TRUE(read.groups.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Cases, RuleFile,
    testing::Values(
        BadFile{"MisspeltKey", "  - {alert: A, expr: x, annotation: {}}\n", "Did you mean \"annotations\"?"},
        BadFile{"Place", "  - alert: A\n    exprr: x\n", "f.yml:5:5"},
        BadFile{"TwoKinds", "  - {alert: A, record: b, expr: x}\n", "only one of 'record' and 'alert' must be set"},
        BadFile{"BadExpression", "  - {alert: A, expr: 'x +'}\n",
                "group \"g\", rule 1, \"A\": could not parse expression: 1:4: parse error: unexpected end of input"},
        BadFile{"ForOnARecordingRule", "  - {record: a, expr: x, for: 1m}\n", "invalid field 'for' in recording rule"},
        BadFile{"BadDuration", "  - {alert: A, expr: x, for: 1 minute}\n", "not a valid duration string"}),
    [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace tuesday::rules
