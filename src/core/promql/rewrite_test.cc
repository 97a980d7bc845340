// SPDX-License-Identifier: Apache-2.0
#include "core/promql/rewrite.h"

#include <gtest/gtest.h>

#include "core/promql/parser.h"

namespace tuesday::promql {
namespace {

std::string For2(std::string_view text) {
  const Result<ExprPtr> expr = ParseExpr(text, {.experimental = true});
  if (!expr.has_value()) return expr.error().message;
  const Result<std::string> changed = ForPrometheus2(**expr);
  if (!changed.has_value()) return changed.error().message;
  return *changed;
}

TEST(ForPrometheus2Test, WindowsLoseTheirLeftEnd) {
  EXPECT_EQ(For2("rate(x[5m])"), "rate(x[4m59s999ms])");
  EXPECT_EQ(For2("max_over_time(rate(x[1m])[5m:30s])"), "max_over_time(rate(x[59s999ms])[4m59s999ms:30s])");
  EXPECT_EQ(For2("sum by (a) (rate(x{b=\"c\"}[5m] offset 1m)) > 0.1"),
            "sum by (a) (rate(x{b=\"c\"}[4m59s999ms] offset 1m)) > 0.1");
}

TEST(ForPrometheus2Test, PatternsMatchOverLines) {
  EXPECT_EQ(For2(R"(x{a=~"b.*",c!~"d|e"})"), R"-(x{a=~"(?s:b.*)",c!~"d|e"})-");
}

TEST(ForPrometheus2Test, SmoothingHasItsOldName) {
  EXPECT_EQ(For2("double_exponential_smoothing(x[5m], 0.5, 0.5)"), "holt_winters(x[4m59s999ms], 0.5, 0.5)");
}

TEST(ForPrometheus2Test, WhatItDoesNotHaveIsRefusedByName) {
  EXPECT_EQ(For2(R"({"a.b"})"), "Prometheus 2 has no metric \"a.b\".");
  EXPECT_EQ(For2(R"({x="1","a.b"="2"})"), "Prometheus 2 has no label \"a.b\".");
  EXPECT_EQ(For2("limitk(2, x)"), "Prometheus 2 has no limitk.");
  EXPECT_EQ(For2("rate(x[5m + 1m])"), "Prometheus 2 has no arithmetic of durations.");
  EXPECT_EQ(For2("sum by (\"a.b\") (x)"), "Prometheus 2 has no such label names.");
}

std::string AsRevisions(std::string_view text) {
  const Result<ExprPtr> changed = RolesAsRevisions(*ParseExpr(text), {"new", "old"});
  return changed.has_value() ? PrintExpr(**changed) : changed.error().message;
}

TEST(RolesAsRevisionsTest, RolesBecomeRevisionsWhereverTheyStand) {
  EXPECT_EQ(AsRevisions(R"(sum(rate(x{canary="true"}[1m])) / sum(rate(x{canary="false"}[1m])) > 2)"),
            R"(sum(rate(x{revision="new"}[1m])) / sum(rate(x{revision="old"}[1m])) > 2)");
  EXPECT_EQ(AsRevisions(R"(x{canary!="true",a="b"})"), R"(x{revision!="new",a="b"})");
  EXPECT_EQ(AsRevisions("x"), "x");
}

TEST(RolesAsRevisionsTest, APatternOverRolesIsRefused) {
  EXPECT_NE(AsRevisions(R"(x{canary=~"t.*"})").find("may only ask for"), std::string::npos);
  EXPECT_NE(AsRevisions(R"(x{canary="maybe"})").find("may only ask for"), std::string::npos);
}

}  // namespace
}  // namespace tuesday::promql
