// SPDX-License-Identifier: Apache-2.0
// From an entity and what is known about it to one transaction: the pure middle of the loop.
#pragma once

#include <optional>

#include "base/result.h"
#include "control/loop/entity.h"
#include "ports/workloads.h"

namespace tuesday::control {

// The world as the machine reads it.
rollout::World WorldOf(const Entity& entity, const Judge* judge, const AnalysisRunner* analyses, const ClockJoin& join);

struct DecideAt {
  Instant now;
  WallTime wall;  // Of `now`, by the joined clocks: never jumps.
  std::string boot_id;
  Duration restate_after{};
  const Memory* judge = nullptr;  // What judge and analyses must not lose; null when there is nothing.
  const Memory* analyses = nullptr;
};

// Decides. `request` may be null; an error means that the request makes no sense now, and nothing was decided.
Result<Decision> Decide(const Entity& entity, const rollout::World& world, const rollout::Request* request, const DecideAt& at);

// Entries that are larger than the journal takes lose their data, and say so.
audit::Entry Bounded(audit::Entry entry);

}  // namespace tuesday::control
