// SPDX-License-Identifier: Apache-2.0
#include "core/rules/lint.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/promql/parser.h"
#include "core/rules/reads.h"
#include "core/rules/standing.h"

namespace tuesday::rules {
namespace {

using promql::BinaryExpr;
using promql::Expr;

constexpr std::string_view kCanarySide = "canary=\"true\"";
constexpr std::string_view kStableSide = "canary=\"false\"";

std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

bool ReadsSide(const Expr& expr, std::string_view side) { return promql::PrintExpr(expr).find(side) != std::string::npos; }

// A division of one vector by another, somewhere in the expression.
const BinaryExpr* Division(const Expr& expr) {
  const BinaryExpr* found = nullptr;
  Visit(expr, [&](const Expr& part) {
    const auto* binary = part.As<BinaryExpr>();
    const bool vectors = binary != nullptr && binary->op == promql::BinaryOp::kDiv &&
                         binary->left->type == promql::ValueType::kVector && binary->right->type == promql::ValueType::kVector;
    if (vectors && found == nullptr) found = binary;
  });
  return found;
}

std::int64_t LongestWindow(const Expr& expr) {
  std::int64_t longest = 0;
  for (const SelectorUse& use : SelectorsOf(expr)) longest = std::max(longest, use.range_ms.value_or(0));
  return longest;
}

class RuleLint {
 public:
  RuleLint(const Group& group, const Rule& rule, std::vector<Finding>& findings)
      : group_(group), rule_(rule), findings_(findings) {}

  void Run() {
    for (const BinaryExpr* comparison : OutermostComparisons(*rule_.expr)) {
      Threshold(*comparison);
      WithoutTraffic(*comparison);
      Clamp(*comparison);
    }
    Hold();
    PodName();
    FirstSample();
    RollbackLabel();
  }

 private:
  void Say(Severity severity, std::string rule, std::string message, std::string mend = {}) {
    findings_.push_back(
        {rule_.expr_at, severity, std::move(rule), fmt::format("{}: {}", rule_.name, message), std::move(mend)});
  }

  // A rate of the canary held against a number: a bad day of everything looks like a bad release.
  void Threshold(const BinaryExpr& comparison) {
    const bool number = comparison.right->type == promql::ValueType::kScalar;
    const bool more = comparison.op == promql::BinaryOp::kGreater || comparison.op == promql::BinaryOp::kGreaterEqual;
    if (!number || !more || Division(*comparison.left) == nullptr) return;
    const std::string left = promql::PrintExpr(*comparison.left);
    if (left.find(kCanarySide) == std::string::npos || ReadsSide(*rule_.expr, kStableSide)) return;
    const std::string stable = Replaced(left, kCanarySide, kStableSide);
    Say(Severity::kWarning, "absolute-threshold",
        fmt::format("{} is an absolute threshold with no baseline: when the stable instances fail alike, the canary is blamed.",
                    promql::PrintExpr(*comparison.right)),
        fmt::format("To fire above the baseline write: {} - {} {} {}", left, stable, promql::BinaryOpText(comparison.op),
                    promql::PrintExpr(*comparison.right)));
  }

  void WithoutTraffic(const BinaryExpr& comparison) {
    for (const promql::ExprPtr& side : {comparison.left, comparison.right}) {
      const BinaryExpr* division = Division(*side);
      if (division == nullptr || LongestWindow(*division->right) == 0) continue;
      Say(Severity::kWarning, "nan-without-traffic",
          fmt::format("with no requests {} is 0/0 = NaN, which no comparison lets through: the alert cannot fire.",
                      promql::PrintExpr(*side)),
          "tuesday takes NaN as no evidence, which is never a pass.");
      return;
    }
  }

  void Clamp(const BinaryExpr& comparison) {
    int quantiles = 0;
    Visit(*comparison.left, [&](const Expr& part) { quantiles += IsQuantile(part) ? 1 : 0; });
    if (quantiles == 0) return;
    bool both = false;
    Visit(*comparison.right, [&](const Expr& part) { both |= IsQuantile(part); });
    Say(Severity::kNote, "histogram-clamp",
        both
            ? "a latency beyond the last finite bucket is clamped to it on both sides, so a canary that is 100 times slower is "
              "invisible; without stable traffic the threshold is NaN."
            : "a latency beyond the last finite bucket is clamped to it; a threshold above that bound can never be crossed.",
        "The buckets that tuesday measures reach to 62.7 s; beyond them the verdict is no evidence.");
  }

  static bool IsQuantile(const Expr& expr) {
    const auto* call = expr.As<promql::CallExpr>();
    return call != nullptr && call->function == "histogram_quantile";
  }

  void Hold() {
    const std::int64_t window_ms = LongestWindow(*rule_.expr);
    const std::int64_t hold_ms = std::chrono::duration_cast<std::chrono::milliseconds>(rule_.hold).count();
    if (hold_ms == 0 || hold_ms >= window_ms) return;
    const std::string window = DurationText(std::chrono::milliseconds(window_ms));
    Say(Severity::kNote, "for-shorter-than-window",
        fmt::format(
            "`for: {}` under a window of {} filters little: one bad scrape stays in the window for {} and fires the alert "
            "after {}.",
            DurationText(rule_.hold), window, window, DurationText(rule_.hold)),
        fmt::format("To ask for bad requests all the time, make `for` longer than {}.", window));
  }

  void PodName() {
    for (const SelectorUse& use : SelectorsOf(*rule_.expr)) {
      for (const metrics::LabelMatcher& matcher : use.selector->matchers) {
        const bool by_name = matcher.name == "pod" && matcher.op == metrics::MatchOp::kRegex &&
                             matcher.value.find("canary") != std::string::npos;
        if (!by_name) continue;
        Say(Severity::kNote, "pod-name",
            fmt::format("pod=~\"{}\" matches no pod of Argo Rollouts, which names them <rollout>-<hash>-<id>.", matcher.value),
            "On one machine the names of canary instances contain \"canary\", so it works there.");
        return;
      }
    }
  }

  // An error series that begins with its first errors has no earlier sample for rate() to subtract.
  void FirstSample() {
    for (const SelectorUse& use : SelectorsOf(*rule_.expr)) {
      const bool errors = std::ranges::any_of(use.selector->matchers, [](const metrics::LabelMatcher& matcher) {
        return (matcher.name == "status" || matcher.name == "code") && matcher.value.starts_with("5");
      });
      if (!errors || !use.range_ms) continue;
      Say(Severity::kNote, "first-sample",
          fmt::format(
              "a series of {} that begins with its first errors has no sample before them, and rate() does not see them.",
              MetricOf(*use.selector)),
          "The series that tuesday measures begin at 0 when an instance starts.");
      return;
    }
  }

  void RollbackLabel() {
    if (rule_.labels.contains(std::string(kRollbackLabel))) return;
    if (ReadsSide(*rule_.expr, kCanarySide)) return;
    const bool about_canary = rule_.name.find("anary") != std::string::npos || group_.name.find("anary") != std::string::npos;
    if (!about_canary) return;
    Say(Severity::kNote, "missing-rollback-label",
        "nothing but its expression says that it shall take a canary back; it counts only if its matchers tell the canary "
        "apart.",
        "Add the label `tuesday_rollback: \"true\"`, or the annotation `tuesday/rollback: \"true\"` to the PrometheusRule.");
  }

  const Group& group_;
  const Rule& rule_;
  std::vector<Finding>& findings_;
};

}  // namespace

std::vector<Finding> LintGroups(const std::vector<Group>& groups) {
  std::vector<Finding> findings;
  for (const Group& group : groups) {
    for (const Rule& rule : group.rules) {
      if (rule.kind == RuleKind::kAlert && rule.expr != nullptr) RuleLint(group, rule, findings).Run();
    }
  }
  return findings;
}

}  // namespace tuesday::rules
