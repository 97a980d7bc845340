// SPDX-License-Identifier: Apache-2.0
// What upstream's tests ask of a rollout, answered from what tuesday shows of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stage.h"

namespace tuesday::scenarios {

enum class RunKind { kBackground, kInline, kPrePromotion, kPostPromotion };

// Argo's word; "Progressing" while the newest spec was not looked at.
std::string PhaseOf(const control::RolloutView& view);

// desired, current, updated, ready, available.
std::vector<int> ReplicaCounts(const Stage& stage, const control::RolloutView& view);

// Instances that are not told to stop; 0 for a revision that is not known.
int PodCount(const control::RolloutView& view, int revision);

int CanaryPodCount(const control::RolloutView& view);
int StablePodCount(const control::RolloutView& view);
int StepIndex(const Stage& stage, const control::RolloutView& view);

// Numbers; 0 for none.
int ActiveRevision(const control::RolloutView& view);
int StableRevision(const control::RolloutView& view);
int PreviewRevision(const control::RolloutView& view);

bool HasScaleDownDeadline(const control::RolloutView& view, int revision);

// The phase of the newest run of that kind, "" when there is none.
std::string RunPhase(const Stage& stage, const control::RolloutView& view, RunKind kind);

// Whether requests of the Service can only reach one revision, as upstream sees by its selector: one that the strategy names.
bool IsSelectedByRevision(const Json& rollout, const std::string& service);

// The reasons of upstream's events, from the journal.
std::vector<std::string> Events(const Stage& stage);

}  // namespace tuesday::scenarios
