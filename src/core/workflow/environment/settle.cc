// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/environment/settle.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace tuesday::workflow {
namespace {

class Settler {
 public:
  Settler(const EnvironmentNow& environment, WallTime now) : environment_(environment), rules_(environment.rules), now_(now) {}

  EnvironmentOutcome Settle(const std::vector<EnvironmentLeg>& legs) {
    for (const EnvironmentLeg& leg : legs) {
      if (leg.holds) holder_ = std::max(holder_.value_or(0), leg.number);
    }
    for (const EnvironmentLeg& leg : legs) {
      if (!leg.holds) asking_.emplace_back(&leg, Judge(leg));
    }
    for (const auto& [leg, decision] : asking_) {
      if (decision.ruling == LegRuling::kGranted) next_ = std::max(next_.value_or(0), leg->number);
    }
    for (auto& [leg, decision] : asking_) TakeTurns(*leg, decision);
    for (auto& [leg, decision] : asking_) outcome_.legs.push_back(std::move(decision));
    return std::move(outcome_);
  }

 private:
  void WakeAt(WallTime at) {
    if (!outcome_.wake_at.has_value() || at < *outcome_.wake_at) outcome_.wake_at = at;
  }

  static LegDecision& Lose(LegDecision& decision, LegRuling ruling, std::string reason) {
    decision.ruling = ruling;
    decision.reasons = {std::move(reason)};
    return decision;
  }

  // By the rules alone; kGranted stands for: they are met.
  LegDecision Judge(const EnvironmentLeg& leg) {
    LegDecision decision{.run = leg.run, .leg = leg.leg};
    if (!TakesRef(rules_, leg.ref)) {
      return Lose(
          decision, LegRuling::kRefused,
          fmt::format("the environment {} takes no release of {}; it takes {}", environment_.name, leg.ref, TakenRefs()));
    }
    if (environment_.released.has_value() && leg.number < *environment_.released) {
      return Lose(decision, LegRuling::kSuperseded,
                  fmt::format("run {} was released to {} meanwhile, and an older run never overwrites a newer release",
                              *environment_.released, environment_.name));
    }
    bool is_bypassed = false;
    std::vector<std::string> approved;
    for (const Review& review : environment_.reviews) {
      if (review.run != leg.run) continue;
      if (!review.approves) {
        const std::string tail = review.reason.empty() ? "" : ": " + review.reason;
        return Lose(decision, LegRuling::kRefused, fmt::format("{} rejected it{}", review.by, tail));
      }
      is_bypassed = is_bypassed || review.bypasses;
      if (std::ranges::find(approved, review.by) == approved.end()) approved.push_back(review.by);
    }
    if (!is_bypassed) AskReviews(leg, approved, decision);
    if (decision.ruling == LegRuling::kRefused) return decision;
    if (!is_bypassed) AskTime(leg, decision);
    if (decision.reasons.empty()) decision.ruling = LegRuling::kGranted;
    return decision;
  }

  void AskReviews(const EnvironmentLeg& leg, const std::vector<std::string>& approved, LegDecision& decision) {
    decision.reviews_missing = std::max(0, rules_.reviews_needed - static_cast<int>(approved.size()));
    if (decision.reviews_missing == 0) return;
    const WallTime limit = leg.since + kReviewPatience;
    if (now_ >= limit) {
      Lose(decision, LegRuling::kRefused, "nobody reviewed it for 30 days");
      return;
    }
    WakeAt(limit);
    decision.reasons.push_back(fmt::format("{} of {} reviews are missing; {} may review", decision.reviews_missing,
                                           rules_.reviews_needed, fmt::join(rules_.reviewers, ", ")));
  }

  void AskTime(const EnvironmentLeg& leg, LegDecision& decision) {
    if (const WallTime ends = leg.since + std::chrono::duration_cast<std::chrono::milliseconds>(rules_.wait); now_ < ends) {
      WakeAt(ends);
      decision.reasons.push_back(fmt::format("the wait timer ends at {}", WallText(ends)));
    }
    static const calendar::Utc kUtc;
    const Opening opening = OpeningAt(rules_, environment_.zone == nullptr ? kUtc : *environment_.zone, now_);
    if (!opening.is_open) {
      if (opening.opens_at.has_value()) WakeAt(*opening.opens_at);
      decision.reasons.push_back(
          fmt::format("no window is open{}",
                      opening.opens_at.has_value() ? "; the next one opens at " + WallText(*opening.opens_at) : std::string()));
    }
    if (rules_.freeze.has_value() && (!rules_.freeze->until.has_value() || now_ < *rules_.freeze->until)) {
      if (rules_.freeze->until.has_value()) WakeAt(*rules_.freeze->until);
      decision.reasons.push_back(fmt::format("{} froze it: {}", rules_.freeze->by, rules_.freeze->reason));
    }
  }

  void TakeTurns(const EnvironmentLeg& leg, LegDecision& decision) const {
    if (decision.ruling == LegRuling::kRefused || decision.ruling == LegRuling::kSuperseded) return;
    const std::uint64_t newest = std::max(holder_.value_or(0), next_.value_or(0));
    if (leg.number < newest) {
      Lose(decision, LegRuling::kSuperseded, fmt::format("run {} goes to {} in its place", newest, environment_.name));
    } else if (decision.ruling == LegRuling::kGranted && holder_.has_value() && *holder_ != leg.number) {
      decision.ruling = LegRuling::kWaits;
      decision.reasons = {fmt::format("run {} is being released to {}", *holder_, environment_.name)};
    }
  }

  std::string TakenRefs() const {
    std::vector<std::string> patterns;
    for (const std::string& branch : rules_.branches) patterns.push_back("branches " + branch);
    for (const std::string& tag : rules_.tags) patterns.push_back("tags " + tag);
    return fmt::format("{}", fmt::join(patterns, ", "));
  }

  const EnvironmentNow& environment_;
  const EnvironmentRules& rules_;
  WallTime now_;
  std::optional<std::uint64_t> holder_;
  std::optional<std::uint64_t> next_;
  std::vector<std::pair<const EnvironmentLeg*, LegDecision>> asking_;
  EnvironmentOutcome outcome_;
};

}  // namespace

EnvironmentOutcome SettleEnvironment(const EnvironmentNow& environment, const std::vector<EnvironmentLeg>& legs, WallTime now) {
  return Settler(environment, now).Settle(legs);
}

std::optional<std::string> MayNotReview(const EnvironmentRules& rules, const std::string& actor, const std::string& by) {
  if (std::ranges::find(rules.reviewers, by) == rules.reviewers.end())
    return fmt::format("{} is none of the reviewers: {}.", by, fmt::join(rules.reviewers, ", "));
  if (by == actor && !rules.allows_self_review) return "A release is reviewed by another than who began it.";
  return std::nullopt;
}

}  // namespace tuesday::workflow
