// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/rules/template/expand.h"

namespace tuesday::rules::text {
namespace {

struct Case {
  std::string_view name;
  std::string_view text;
  std::string_view output;
};

AlertFacts Facts() {
  AlertFacts facts;
  facts.alert = "A";
  facts.labels = {{"instance", "10.0.0.1:80"}, {"job", "api"}};
  facts.external_labels = {{"region", "eu"}};
  facts.external_url = "http://tuesday/";
  facts.value = 1234567;
  facts.now_ms = 1'500;
  facts.query = [](std::string_view expr) -> Result<std::vector<QueriedSample>> {
    if (expr == "broken") return Fail(ErrorCode::kInvalid, "no such thing");
    if (expr == "none") return std::vector<QueriedSample>();
    return std::vector<QueriedSample>{{{{"__name__", "up"}, {"job", "b"}}, 2}, {{{"__name__", "up"}, {"job", "a"}}, 0.5}};
  };
  return facts;
}

class AlertTemplate : public testing::TestWithParam<Case> {};

TEST_P(AlertTemplate, Expands) { EXPECT_EQ(ExpandForAlert(GetParam().text, Facts()), GetParam().output); }

INSTANTIATE_TEST_SUITE_P(
    Cases, AlertTemplate,
    testing::Values(
        Case{"TextStays", "no action", "no action"},
        Case{"LabelsAndValue", "{{ $labels.job }}={{ $value }}", "api=1.234567e+06"},
        Case{"MissingLabelIsEmpty", "[{{ $labels.nope }}]", "[]"},
        Case{"ExternalLabels", "{{ $externalLabels.region }} {{ $externalURL }}", "eu http://tuesday/"},
        Case{"TrimsSpace", "a  {{- 1 -}}  b", "a1b"}, Case{"CommentsVanish", "a{{/* no */}}b{{- /* no */ -}} c", "abc"},
        Case{"IfElseIf", "{{ if gt $value 2e6 }}x{{ else if gt $value 1.0 }}y{{ else }}z{{ end }}", "y"},
        Case{"RangeOverQuery", "{{ range query \"up\" | sortByLabel \"job\" }}{{ .Labels.job }}:{{ .Value }} {{ end }}",
             "a:0.5 b:2 "},
        Case{"RangeElse", "{{ range query \"none\" }}x{{ else }}nothing{{ end }}", "nothing"},
        Case{"RangeWithTwoVariables", "{{ range $i, $s := query \"up\" }}{{ $i }}{{ $s.Labels.job }}{{ end }}", "0b1a"},
        Case{"RangeBreaks", "{{ range $i, $s := query \"up\" }}{{ if eq $i 1 }}{{ break }}{{ end }}{{ $i }}{{ end }}", "0"},
        Case{"WithChangesTheDot", "{{ with query \"up\" }}{{ . | first | value }}{{ end }}", "2"},
        Case{"AssignmentReachesOut", "{{ $s := \"\" }}{{ if true }}{{ $s = \"s\" }}{{ end }}{{ $s }}", "s"},
        Case{"DefineAndTemplate", "{{ define \"x\" }}<{{ . }}>{{ end }}{{ template \"x\" $labels.job }}", "<api>"},
        Case{"BlockRunsWhereItStands", "{{ block \"x\" 1 }}b{{ . }}{{ end }}", "b1"},
        Case{"AndOrStopEarly", "{{ or 0 \"\" \"x\" }}{{ and 1 0 (query \"broken\") }}", "x0"},
        Case{"Printf", "{{ printf \"%05.1f|%-4s|%+d|%q|%x|%%\" 3.14159 \"ab\" 7 \"q\" 255 }}", "003.1|ab  |+7|\"q\"|ff|%"},
        Case{"PrintfBadVerb", "{{ printf \"%d\" 1.5 }}", "%!d(float64=1.5)"},
        Case{"PrintfMissing", "{{ printf \"%s\" }}", "%!s(MISSING)"}, Case{"SmallFloat", "{{ 0.00001 }}", "1e-05"},
        Case{"BigFixed", "{{ 123456.0 }} {{ 1000000.0 }}", "123456 1e+06"},
        Case{"IndexAndLen", "{{ index $labels \"job\" }} {{ len \"abc\" }} {{ slice \"abcd\" 1 3 }}", "api 3 bc"},
        Case{"StripPort", "{{ $labels.instance | stripPort }}", "10.0.0.1"},
        Case{"ReReplaceNamesTheLongestWord", "{{ reReplaceAll \"(a)\" \"$1x|${1}y\" \"a\" }}", "|ay"},
        Case{"HumanizePercentage", "{{ 0.0512 | humanizePercentage }}", "5.12%"},
        Case{"TimeFormat", "{{ (1435065584.128 | toTime).Format \"2006-01-02 15:04:05.000\" }}", "2015-06-23 13:19:44.128"},
        Case{"Now", "{{ now }}", "1.5"},
        Case{"ErrorBecomesText", "{{ query \"none\" | first }}",
             "<error expanding template: error executing template __alert_A: template: __alert_A:1:130: executing "
             "\"__alert_A\" at <first>: error calling first: first() called on vector with no elements>"},
        Case{"UnlikeTypesDoNotCompare", "{{ eq 1 1.0 }}",
             "<error expanding template: error executing template __alert_A: template: __alert_A:1:115: executing "
             "\"__alert_A\" at <eq 1 1.0>: error calling eq: incompatible types for comparison>"}),
    [](const auto& tested) { return std::string(tested.param.name); });

struct BadCase {
  std::string_view name;
  std::string_view text;
  std::string_view message;
};

class BadTemplate : public testing::TestWithParam<BadCase> {};

TEST_P(BadTemplate, IsRefusedWhenRead) {
  const Result<void> checked = CheckAlertTemplate(GetParam().text, "t");
  ASSERT_FALSE(checked.has_value());
  EXPECT_EQ(checked.error().message, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, BadTemplate,
    testing::Values(BadCase{"UndefinedVariable", "{{ $label.foo }}", "template: t:1: undefined variable \"$label\""},
                    BadCase{"UnknownFunction", "{{ nope 1 }}", "template: t:1: function \"nope\" not defined"},
                    BadCase{"Arithmetic", "{{$labels.quantile * 100}}", "template: t:1: unexpected \"*\" in operand"},
                    BadCase{"Unclosed", "{{ 1", "template: t:1: unclosed action"},
                    BadCase{"MissingEnd", "\n{{ if true }}x", "template: t:2: unexpected EOF"},
                    BadCase{"StrayEnd", "{{ end }}", "template: t:1: unexpected {{end}} in input"},
                    BadCase{"EmptyAction", "{{ }}", "template: t:1: missing value for command"},
                    BadCase{"BreakOutsideRange", "{{ break }}", "template: t:1: {{break}} outside {{range}}"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(Template, NeverEndingRecursionEnds) {
  const std::string text = ExpandForAlert("{{ define \"x\" }}{{ template \"x\" }}{{ end }}{{ template \"x\" }}", Facts());
  EXPECT_NE(text.find("exceeded maximum template depth"), std::string::npos) << text;
}

TEST(Template, OutputIsBounded) {
  std::string text = "{{ range 90000 }}0123456789{{ end }}";
  EXPECT_NE(ExpandForAlert(text, Facts()).find("bytes were written"), std::string::npos);
}

}  // namespace
}  // namespace tuesday::rules::text
