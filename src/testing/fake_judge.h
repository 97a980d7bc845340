// SPDX-License-Identifier: Apache-2.0
// A judge that says what the test tells it to, attempt by attempt. Remembers nothing that a restart would lose.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/judge.h"

namespace tuesday::testing {

class FakeJudge : public control::Judge {
 public:
  using Opinion = std::function<gate::Finding(const RolloutName&, const rollout::Attempt&)>;

  // Asked at every look. Without one every attempt is well.
  void SetOpinion(Opinion opinion) { opinion_ = std::move(opinion); }

  void SetRules(const std::vector<manifest::Object>& rules) override { rules_ = rules.size(); }

  std::vector<control::Judged> Look(const control::JudgedRollout& rollout, Instant) override {
    if (!rollout.status.attempt) return {};
    const rollout::Attempt& attempt = *rollout.status.attempt;
    rollout::GateSeen seen{attempt.id, {gate::Verdict::kPass, "as well as stable", {}}};
    if (opinion_) seen.finding = opinion_(rollout.name, attempt);
    std::vector<control::Judged> news;
    std::optional<rollout::GateSeen>& last = gates_[rollout.name];
    if (!last || last->attempt != seen.attempt || last->finding.verdict != seen.finding.verdict) {
      control::Judged judged;
      judged.entry.kind = "gate.verdict";
      judged.entry.message = std::string(gate::VerdictName(seen.finding.verdict)) + ": " + seen.finding.reason;
      judged.samples = attempt.id.str() + " " + judged.entry.message;
      news.push_back(std::move(judged));
    }
    last = seen;
    return news;
  }

  std::optional<rollout::GateSeen> Gate(const RolloutName& rollout) const override {
    const auto found = gates_.find(rollout);
    return found == gates_.end() ? std::nullopt : found->second;
  }
  std::vector<control::SignalView> Signals(const RolloutName&) const override { return {}; }
  std::optional<Instant> WakeAt(const RolloutName&) const override { return std::nullopt; }
  void Forget(const RolloutName& rollout) override { gates_.erase(rollout); }
  const control::Memory* MemoryOf(const RolloutName&) override { return nullptr; }
  Result<void> Restore(const RolloutName&, const std::vector<Row>&, const std::string&, Instant) override { return {}; }

  std::size_t rules() const { return rules_; }

 private:
  Opinion opinion_;
  std::map<RolloutName, std::optional<rollout::GateSeen>> gates_;
  std::size_t rules_ = 0;
};

}  // namespace tuesday::testing
