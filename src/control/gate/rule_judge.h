// SPDX-License-Identifier: Apache-2.0
// Judges attempts by rules: evaluates each group at the attempt's start plus k times its interval, over the attempt's own
// view of the samples, and takes the rules that count, restarts and the least evidence together. Loop thread only.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/judge.h"
#include "control/metrics/recorder.h"
#include "core/gate/rollout_gate.h"
#include "core/metrics/store.h"
#include "core/rules/alert.h"
#include "core/rules/standing.h"

namespace tuesday::control {

struct JudgeSettings {
  Duration gate_interval = std::chrono::seconds(1);  // Restarts and readiness are looked at this often.
  Duration requests_window = std::chrono::minutes(2);
  int ticks_behind_max = 4;  // A tick that is later than this many intervals is left out.
};

class RuleJudge : public Judge {
 public:
  // `analyses` may be null. All must outlive it.
  RuleJudge(const metrics::SeriesStore& store, const Recorder& recorder, const AnalysisRunner* analyses, ClockJoin join,
            JudgeSettings settings = {});
  ~RuleJudge() override;

  void SetRules(const std::vector<manifest::Object>& rules) override;
  std::vector<Judged> Look(const JudgedRollout& rollout, Instant now) override;
  std::optional<rollout::GateSeen> Gate(const RolloutName& rollout) const override;
  std::vector<SignalView> Signals(const RolloutName& rollout) const override;
  std::optional<Instant> WakeAt(const RolloutName& rollout) const override;
  void Forget(const RolloutName& rollout) override;

 private:
  struct RuleGroup {
    rules::Group group;
    rules::ObjectAsks asks = rules::ObjectAsks::kNo;
  };
  struct GroupCase;
  struct Case;

  void Begin(const JudgedRollout& rollout, Case& attempt);
  void EvaluateGroup(const JudgedRollout& rollout, Case& attempt, std::size_t index, Instant at, std::vector<Judged>& news);
  void TakeRule(const JudgedRollout& rollout, Case& attempt, std::size_t index, std::size_t rule,
                const rules::Evaluation& evaluation, const metrics::Source& source, Instant at, std::vector<Judged>& news);
  static int EvaluationsOf(const Case& attempt);
  void JudgeGate(const JudgedRollout& rollout, Case& attempt, Instant now, std::vector<Judged>& news);
  std::int64_t Milliseconds(Instant at) const { return join_.ToWall(at).time_since_epoch().count(); }

  const metrics::SeriesStore& store_;
  const Recorder& recorder_;
  const AnalysisRunner* analyses_;
  ClockJoin join_;
  JudgeSettings settings_;
  std::vector<RuleGroup> groups_;
  std::uint64_t rules_version_ = 1;
  std::map<RolloutName, std::unique_ptr<Case>> cases_;
};

}  // namespace tuesday::control
