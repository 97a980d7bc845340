// SPDX-License-Identifier: Apache-2.0
#include "core/rollout/preview.h"

#include <algorithm>

namespace tuesday::rollout {

int AnsweringSlot(const Route& route) { return route.weight == kFullWeight ? route.canary_slot : route.stable_slot; }

int PreviewSlot(const Status& status, const Route& route) {
  if (status.attempt.has_value()) {
    const auto use = std::ranges::find(route.slots, status.attempt->revision, &SlotUse::revision);
    if (use != route.slots.end() && !use->instances.empty()) return use->slot;
  }
  return AnsweringSlot(route);
}

}  // namespace tuesday::rollout
