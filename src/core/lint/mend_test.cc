// SPDX-License-Identifier: Apache-2.0
// What people do with findings: silence them, mend them, keep them in a baseline.
#include <gtest/gtest.h>

#include "core/lint/baseline.h"
#include "core/lint/fix.h"
#include "core/lint/lint.h"
#include "core/lint/silence.h"
#include "core/manifest/object.h"

namespace tuesday::lint {
namespace {

Finding At(int line, const std::string& rule, Severity severity = Severity::kWarning) {
  return {{"f", line, 3}, severity, rule, "m", ""};
}

std::string RulesOf(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) text += finding.rule + "@" + std::to_string(finding.at.line) + " ";
  return text;
}

TEST(Silences, SpeakOfTheirLineOrTheNext) {
  struct Row {
    const char* name;
    const char* text;
    std::vector<Finding> findings;
    const char* left;
  };
  const Row rows[] = {
      {"SameLine", "a: 1\nb: 2 # tuesday: allow mutable-tag because x\n", {At(2, "mutable-tag")}, ""},
      {"NextLine", "# tuesday: allow mutable-tag because x\n# more\n\nb: 2\n", {At(4, "mutable-tag")}, ""},
      {"TwoOfOneLine",
       "# tuesday: allow no-probe because x\nb: 2 # tuesday: allow mutable-tag because y\n",
       {At(2, "mutable-tag"), At(2, "no-probe")},
       ""},
      {"OneSilenceIsForOneFinding",
       "b: 2 # tuesday: allow no-effect because x\n",
       {At(1, "no-effect"), At(1, "no-effect")},
       "no-effect@1 "},
      {"OtherRule", "b: 2 # tuesday: allow no-probe because x\n", {At(1, "mutable-tag")}, "mutable-tag@1 unused-silence@1 "},
      {"WithoutReason", "b: 2 # tuesday: allow mutable-tag\n", {At(1, "mutable-tag")}, "silence-without-reason@1 "},
      {"ErrorsStay",
       "b: 2 # tuesday: allow unknown-key because x\n",
       {At(1, "unknown-key", Severity::kError)},
       "unknown-key@1 unused-silence@1 "},
      {"ErrorsOfMeaningMayGo",
       "b: 2 # tuesday: allow contradicting-thresholds because x\n",
       {At(1, "contradicting-thresholds", Severity::kError)},
       ""},
      {"CarriageReturns", "# tuesday: allow mutable-tag because x\r\nb: 2\r\n", {At(2, "mutable-tag")}, ""},
      {"AtTheEndOfTheFile",
       "b: 2\n# tuesday: allow mutable-tag because x",
       {At(1, "mutable-tag")},
       "mutable-tag@1 unused-silence@2 "},
  };
  for (const Row& row : rows) {
    std::vector<Finding> findings = row.findings;
    ApplySilences(row.text, "f", findings);
    EXPECT_EQ(RulesOf(findings), row.left) << row.name;
  }
}

FixReport Fix(const std::string& text) { return ApplyFixes(text, "f", manifest::ReadManifests(text, "f").findings); }

constexpr const char* kService =
    "apiVersion: v1   # kept\r\nkind: Service\r\nmetadata: {name: a}\r\nspec:\r\n  \"selectr\": {app: 8080}  # kept\r\n"
    "  # prots: 1\r\n  prots: [{port: 80}]\r\n";

TEST(Fixes, ChangeTheWordAndNothingElse) {
  const FixReport fixed = Fix(kService);
  EXPECT_EQ(
      fixed.text,
      "apiVersion: v1   # kept\r\nkind: Service\r\nmetadata: {name: a}\r\nspec:\r\n  \"selector\": {app: 8080}  # kept\r\n"
      "  # prots: 1\r\n  ports: [{port: 80}]\r\n");
  EXPECT_EQ(fixed.mended.size(), 2U);
  const FixReport again = Fix(fixed.text);
  EXPECT_EQ(
      again.text,
      "apiVersion: v1   # kept\r\nkind: Service\r\nmetadata: {name: a}\r\nspec:\r\n  \"selector\": {app: \"8080\"}  # kept\r\n"
      "  # prots: 1\r\n  ports: [{port: 80}]\r\n");
  EXPECT_TRUE(Fix(again.text).mended.empty());
}

TEST(Fixes, LeaveAloneWhatHasSeveralMends) {
  for (const char* spec : {"spec: {ports: [], prots: []}", "spec: {zzzzz: 1}", "spec: {ports: 7}"}) {
    const std::string text = std::string("apiVersion: v1\nkind: Service\nmetadata: {name: a}\n") + spec + "\n";
    EXPECT_EQ(Fix(text).text, text) << spec;
  }
}

TEST(TemplateLanguage, IsToldAtItsFirstAction) {
  struct Row {
    const char* text;
    SourcePos at;  // Line 0: it is none.
  };
  const Row rows[] = {
      {"a: 1\nb: {{ .Values.x }}\nc: {{ .Values.y }}\n", {"f", 2, 4}},
      {"{{- if .Values.x }}\na: 1\n{{- end }}\n", {"f", 1, 1}},
      {"a: \"{{ include \\\"x\\\" . }}\"\n", {"f", 1, 5}},
      {"{{ range $x := list }}\na: b: c\n{{ end }}\n", {"f", 1, 1}},
      {"# {{ .Values.x }}\na: 1\n", {"f", 0, 0}},
      {"query: 'up{a=\"{{args.x}}\"}'\n", {"f", 0, 0}},
      {"description: |\n  {{ range query \"up\" }}\n  {{ .Labels.job }} {{ end }}\n", {"f", 0, 0}},
  };
  for (const Row& row : rows) {
    const std::vector<Finding> findings = FindTemplateLanguage(row.text, "f");
    ASSERT_EQ(findings.size(), row.at.line == 0 ? 0U : 1U) << row.text;
    if (findings.empty()) continue;
    EXPECT_EQ(findings.front().at, row.at) << row.text;
  }
}

TEST(Fixes, CountCharactersAndNotBytes) {
  const std::string text =
      "\xEF\xBB\xBF"
      "apiVersion: v1\nkind: Service\nmetadata: {name: a, labels: {a: \"ü\"}, annotatons: {}}\nspec: {}\n";
  EXPECT_NE(Fix(text).text.find("\"ü\"}, annotations: {}"), std::string::npos);
  EXPECT_EQ(Fix("\xEF\xBB\xBF"
                "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspecs: {}\n")
                .mended.size(),
            1U);
}

TEST(Fixes, AreShownAsADiff) { EXPECT_EQ(DiffText("a\nb\n", "a\nc\n", "f"), "--- f\n+++ f\n@@ -2 +2 @@\n-b\n+c\n"); }

TEST(Baselines, KnowAFindingWhereverItsLineIs) {
  const std::string text = "kind: Rollout\nmetadata: {name: api}\nspec:\n  containers:\n    - name: web\n      image: x\n";
  const FindingPlaces places(text, "f", "default");
  const FindingKey key = places.KeyOf({{"f", 6, 14}, Severity::kWarning, "mutable-tag", "", ""});
  EXPECT_EQ(key, (FindingKey{"mutable-tag", "Rollout default/api", "spec.containers[web].image"}));
  const FindingPlaces moved("\n\n" + text, "g", "default");
  EXPECT_EQ(moved.KeyOf({{"g", 8, 14}, Severity::kWarning, "mutable-tag", "", ""}), key);
  Baseline baseline{{key, 1}};
  const Result<Baseline> read = ReadBaseline(BaselineText(baseline));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(*read, baseline);
  EXPECT_TRUE(TakeKnown(baseline, key));
  EXPECT_FALSE(TakeKnown(baseline, key)) << "a second one is new";
}

TEST(Baselines, AreReadStrictly) {
  for (const char* text : {"", "[]", "{}", R"({"format": 2, "findings": []})"}) EXPECT_FALSE(ReadBaseline(text).has_value());
}

}  // namespace
}  // namespace tuesday::lint
