// SPDX-License-Identifier: Apache-2.0
// A rollout's state in the words that people read: Argo's phases and messages, and the head of `rollout get`. Pure.
#pragma once

#include <string>
#include <string_view>

#include "core/rollout/spec.h"
#include "core/rollout/status.h"
#include "core/rollout/world.h"

namespace tuesday::rollout {

std::string_view PhaseName(Phase phase);         // "Healthy", "Progressing", "Paused", "Degraded"
std::string_view StageName(Stage stage);         // "stepping", "switching", "baking", "done", "aborting", "aborted"
std::string_view EndingName(Ending ending);      // "", "promoted", "aborted", "rolled back", "superseded"
std::string_view PauseName(PauseReason reason);  // Argo's: "CanaryPauseStep", "InconclusiveAnalysisRun"; ours: "NoEvidence".

// The head of `rollout get`, field by field.
struct Head {
  std::string phase;
  std::string message;
  std::string step;  // "2/6"; empty without steps.
  int steps_done = 0;
  int step_count = 0;
  Weight set_weight;     // What the steps allow.
  Weight actual_weight;  // What the edge was last seen to do.
  int desired = 0;       // spec.replicas
  int current = 0;       // Instances that exist.
  int updated = 0;       // Of the spec's revision.
  int ready = 0;
  int available = 0;
};
Head DescribeHead(const Spec& spec, const Status& status, const World& world, Instant now);

// One step for people: "setWeight 10 %", "pause 5m", "pause until promoted", "analysis success-rate".
std::string StepText(const Spec& spec, const Step& step);

// A revision's part: "stable", "canary", "stable,canary" never; "" for one without.
std::string_view RoleName(const Status& status, const RevisionId& revision);

}  // namespace tuesday::rollout
