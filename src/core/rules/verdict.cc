// SPDX-License-Identifier: Apache-2.0
#include "core/rules/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/metrics/text.h"
#include "core/promql/parser.h"
#include "core/rules/blindness.h"
#include "core/rules/figures.h"
#include "core/rules/reads.h"

namespace tuesday::rules {
namespace {

using promql::Witness;

WallTime At(std::int64_t ms) { return WallTime(std::chrono::milliseconds(ms)); }

// Empty: nothing is missing. Else a sentence without its full stop.
using Missing = std::string;

// What a witness lacks to prove that its alert would have fired had the numbers been bad.
class Proof {
 public:
  Proof(const Group& group, std::size_t rule, const Evaluation& evaluation, const AttemptTime& attempt)
      : group_(group), rule_(rule), evaluation_(evaluation), attempt_(attempt), root_(evaluation.results[rule].witness) {}

  Missing Of(const Witness& witness) const {
    switch (witness.kind) {
      case Witness::Kind::kNone: return "it compares nothing";
      case Witness::Kind::kComparison: return OfComparison(*witness.comparison);
      case Witness::Kind::kUnless: return witness.parts.empty() ? "it compares nothing" : Of(witness.parts.front());
      case Witness::Kind::kAnd: {
        for (const Witness& part : witness.parts) {
          if (Missing missing = Of(part); !missing.empty()) return missing;
        }
        return "";
      }
      case Witness::Kind::kOr: {
        Missing first;
        for (const Witness& part : witness.parts) {
          Missing missing = Of(part);
          if (missing.empty()) return "";
          if (first.empty()) first = std::move(missing);
        }
        return first;
      }
    }
    return "";
  }

 private:
  Missing OfComparison(const promql::ComparisonWitness& comparison) const {
    if (Missing missing = OfSide("left", comparison.left_text, comparison.left); !missing.empty()) return missing;
    if (Missing missing = OfSide("right", comparison.right_text, comparison.right); !missing.empty()) return missing;
    if (Missing missing = OfPartners(comparison); !missing.empty()) return missing;
    for (const promql::SelectorWitness& selector : root_.selectors) {
      if (comparison.text.find(selector.text) == std::string::npos) continue;
      if (Missing missing = OfWindow(selector); !missing.empty()) return missing;
    }
    return OfRecorded();
  }

  // The selectors without a sample among those of a text, for the sentence.
  std::string Silent(std::string_view text) const {
    for (const promql::SelectorWitness& selector : root_.selectors) {
      if (selector.samples == 0 && text.find(selector.text) != std::string_view::npos) {
        return fmt::format("{} has no samples", selector.text);
      }
    }
    return fmt::format("{} gives nothing", text);
  }

  Missing OfSide(std::string_view side, const std::string& text, const promql::Value& value) const {
    if (const auto* scalar = std::get_if<promql::ScalarValue>(&value)) {
      return std::isnan(scalar->value) ? fmt::format("the {} side is NaN: {}", side, text) : "";
    }
    const auto* vector = std::get_if<promql::Vector>(&value);
    if (vector == nullptr || vector->empty()) return fmt::format("the {} side is empty: {}", side, Silent(text));
    for (const promql::VectorSample& sample : *vector) {
      if (!std::isnan(sample.value)) continue;
      const std::string who = sample.labels.empty() ? "" : " for " + sample.labels.Text();
      return fmt::format("the {} side is NaN{}: {} (no requests in the window?)", side, who, text);
    }
    return "";
  }

  // Labels by which two vectors are matched.
  static metrics::Labels Signature(const metrics::Labels& labels, const promql::VectorMatching& matching) {
    std::vector<metrics::Labels::Pair> kept;
    for (const auto& pair : labels) {
      const bool listed = std::ranges::find(matching.labels, pair.first) != matching.labels.end();
      if (matching.on ? listed : !listed && pair.first != metrics::kNameLabel) kept.push_back(pair);
    }
    return metrics::Labels(std::move(kept));
  }

  // An element without a partner on the other side was compared with nothing.
  Missing OfPartners(const promql::ComparisonWitness& comparison) const {
    const auto* left = std::get_if<promql::Vector>(&comparison.left);
    const auto* right = std::get_if<promql::Vector>(&comparison.right);
    if (left == nullptr || right == nullptr) return "";
    for (const promql::BinaryExpr* candidate : OutermostComparisons(*group_.rules[rule_].expr)) {
      if (promql::PrintExpr(*candidate->left) != comparison.left_text) continue;
      std::set<metrics::Labels> partners;
      for (const promql::VectorSample& sample : *right) partners.insert(Signature(sample.labels, candidate->matching));
      for (const promql::VectorSample& sample : *left) {
        if (!partners.contains(Signature(sample.labels, candidate->matching))) {
          return fmt::format("{} on the left has no partner on the right: {}", sample.labels.Text(), comparison.text);
        }
      }
      return "";
    }
    return "";
  }

  // Only a range must be filled from its beginning; of an instant selector the newest sample is enough.
  Missing OfWindow(const promql::SelectorWitness& selector) const {
    if (!selector.first || !selector.last) return "";  // Empty but not needed: its side exists all the same.
    if (!selector.text.ends_with(']') && selector.text.find("] ") == std::string::npos) return "";
    const std::int64_t start = std::max(selector.from, attempt_.began_ms);
    const std::int64_t tolerance = attempt_.sample_interval_ms;
    if (*selector.first > start + tolerance) {
      return fmt::format("the samples of {} begin {} s late in its window", selector.text,
                         (*selector.first - start + 999) / 1000);
    }
    if (*selector.last + tolerance < selector.to) {
      return fmt::format("the samples of {} end {} s before the evaluation", selector.text,
                         (selector.to - *selector.last + 999) / 1000);
    }
    return "";
  }

  // Recording rules that this rule reads must have seen their windows too.
  Missing OfRecorded() const {
    for (const std::size_t index : WithDependencies(group_, rule_)) {
      if (index == rule_) continue;
      const RuleResult& result = evaluation_.results[index];
      if (!result.error.empty()) return fmt::format("the recording rule {} failed: {}", result.rule, result.error);
      for (const promql::SelectorWitness& selector : result.witness.selectors) {
        if (Missing missing = OfWindow(selector); !missing.empty()) return missing;
      }
    }
    return "";
  }

  const Group& group_;
  std::size_t rule_;
  const Evaluation& evaluation_;
  const AttemptTime& attempt_;
  const Witness& root_;
};

void CollectComparisons(const Witness& witness, std::vector<const promql::ComparisonWitness*>& found) {
  if (witness.comparison) found.push_back(&*witness.comparison);
  for (const Witness& part : witness.parts) CollectComparisons(part, found);
}

std::string SideText(const promql::Value& value) {
  if (const auto* scalar = std::get_if<promql::ScalarValue>(&value)) return metrics::NumberText(scalar->value);
  const auto* vector = std::get_if<promql::Vector>(&value);
  if (vector == nullptr || vector->empty()) return "absent";
  std::string text;
  constexpr std::size_t kShownMax = 5;
  for (std::size_t i = 0; i < vector->size() && i < kShownMax; ++i) {
    text += (i == 0 ? "" : ", ") + metrics::NumberText((*vector)[i].value);
  }
  return vector->size() > kShownMax ? fmt::format("{} and {} more", text, vector->size() - kShownMax) : text;
}

std::vector<gate::Evidence> EvidenceOf(const RuleResult& result, const AttemptTime& attempt) {
  std::int64_t from = result.query_ms;
  for (const promql::SelectorWitness& selector : result.witness.selectors) from = std::min(from, selector.from);
  from = std::max(from, std::min(attempt.began_ms, result.query_ms));
  std::vector<gate::Evidence> evidence;
  std::vector<const promql::ComparisonWitness*> comparisons;
  CollectComparisons(result.witness, comparisons);
  for (const promql::ComparisonWitness* comparison : comparisons) {
    evidence.push_back({result.rule + " left side", SideText(comparison->left), At(from), At(result.query_ms)});
    evidence.push_back({result.rule + " right side", SideText(comparison->right), At(from), At(result.query_ms)});
  }
  for (const promql::SelectorWitness& selector : result.witness.selectors) {
    evidence.push_back({fmt::format("samples of {}", selector.text),
                        fmt::format("{} in {} series", selector.samples, selector.series), At(selector.from), At(selector.to)});
  }
  return evidence;
}

const ActiveAlert* FirstIn(const RuleState& state, AlertPhase phase) {
  for (const ActiveAlert& alert : state.alerts) {
    if (alert.phase == phase) return &alert;
  }
  return nullptr;
}

}  // namespace

gate::Finding JudgeRule(const Group& group, std::size_t rule, const Evaluation& evaluation, const metrics::Source& source,
                        const AttemptTime& attempt) {
  const Rule& judged = group.rules[rule];
  const RuleResult& result = evaluation.results[rule];
  const RuleState& state = evaluation.state.rules[rule];
  gate::Finding finding;
  finding.evidence = EvidenceOf(result, attempt);
  const RecordedSource seen(source, {&evaluation.state.recorded});
  const auto with_figures = [&] { return judged.name + " " + FiguresOf(judged, result, seen, finding.evidence); };
  if (FirstIn(state, AlertPhase::kFiring) != nullptr) {
    finding.verdict = gate::Verdict::kFail;
    finding.reason = with_figures();
    return finding;
  }
  if (!result.error.empty()) {
    finding.reason = fmt::format("{} could not be evaluated: {}", judged.name, result.error);
    return finding;
  }
  if (const ActiveAlert* pending = FirstIn(state, AlertPhase::kPending)) {
    const Duration since = std::chrono::milliseconds(evaluation.state.last_ms.value_or(0) - pending->active_at);
    finding.reason = fmt::format("{}, pending for {} of {}", with_figures(), DurationText(std::max(since, Duration::zero())),
                                 DurationText(judged.hold));
    return finding;
  }
  const Missing missing = Proof(group, rule, evaluation, attempt).Of(result.witness);
  if (!missing.empty()) {
    finding.reason = fmt::format("{}: {}", judged.name, missing);
    return finding;
  }
  const Blindness blind = BlindnessOf(judged, result, seen);
  if (blind.hides) {
    finding.reason = fmt::format("{}: {}", judged.name, blind.reason);
    return finding;
  }
  finding.verdict = gate::Verdict::kPass;
  finding.reason = with_figures() + (blind.reason.empty() ? "" : "; " + blind.reason);
  return finding;
}

}  // namespace tuesday::rules
