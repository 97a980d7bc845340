// SPDX-License-Identifier: Apache-2.0
// Judges attempts by rules: takes the ticks of each group (core/judge) over the attempt's own view of the samples, on a
// worker, and what they say with restarts, analyses and the least evidence together. Loop thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/executor.h"
#include "control/judge.h"
#include "control/metrics/recorder.h"
#include "core/judge/attempt_case.h"
#include "core/metrics/store.h"

namespace tuesday::control {

struct JudgeSettings {
  Duration gate_interval = std::chrono::seconds(1);  // Restarts and readiness are looked at this often.
  std::size_t ticks_per_turn_max = 16;               // Of one rollout, before its lane is free for another's.
  int ticks_unsaved_max = 8;                         // So many ticks a restart may have to take again.
};

// What the judge needs around it; all must outlive it. `analyses` may be null.
struct JudgeParts {
  const metrics::SeriesStore& store;
  const Recorder& recorder;
  const AnalysisRunner* analyses = nullptr;
  Executor& executor;
  ClockJoin join;
  std::function<void(const RolloutName&)> changed;  // Ticks were taken: look at the rollout again. Never from inside a call.
};

class RuleJudge : public Judge {
 public:
  explicit RuleJudge(JudgeParts parts, JudgeSettings settings = {});
  ~RuleJudge() override;

  void SetRules(const std::vector<manifest::Object>& rules) override;
  std::vector<Judged> Look(const JudgedRollout& rollout, Instant now) override;
  std::optional<rollout::GateSeen> Gate(const RolloutName& rollout) const override;
  std::vector<SignalView> Signals(const RolloutName& rollout) const override;
  std::optional<Instant> WakeAt(const RolloutName& rollout) const override;
  void Forget(const RolloutName& rollout) override;

  const Memory* MemoryOf(const RolloutName& rollout) override;
  Result<void> Restore(const RolloutName& rollout, const std::vector<Row>& rows, const std::string& boot_id,
                       Instant now) override;

 private:
  using Groups = std::vector<judge::RuleGroup>;
  struct Case;
  struct Turn;

  void Begin(const JudgedRollout& rollout, Case& attempt);
  static Duration ReachOf(const rules::Group& group, const rollout::Attempt& attempt);
  std::shared_ptr<Turn> TurnOf(const JudgedRollout& rollout, Case& attempt, Instant now) const;
  void Start(const RolloutName& name, Case& attempt, std::shared_ptr<Turn> turn);
  void TakeIn(const RolloutName& name, const Turn& turn);
  gate::RolloutGateInput GateInput(const JudgedRollout& rollout, const Case& attempt, Instant now) const;
  void JudgeGate(const JudgedRollout& rollout, Case& attempt, Instant now);
  std::int64_t Milliseconds(Instant at) const { return parts_.join.ToWall(at).time_since_epoch().count(); }

  JudgeParts parts_;
  JudgeSettings settings_;
  std::shared_ptr<const Groups> groups_ = std::make_shared<Groups>();
  std::map<RolloutName, std::unique_ptr<Case>> cases_;
  std::uint64_t last_edition_ = 0;    // Never given twice, also when a rollout is forgotten and comes again.
  std::shared_ptr<RuleJudge*> self_;  // Answers that come after our end find null.
};

}  // namespace tuesday::control
