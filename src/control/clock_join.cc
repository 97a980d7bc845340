// SPDX-License-Identifier: Apache-2.0
#include "control/clock_join.h"

#include "wire/state/codec.h"
#include "wire/state/keys.h"

namespace tuesday::control {

Result<ClockJoin> JoinOfThisBoot(Store& store, const Clock& clock) {
  TRY(const std::optional<std::string> row, store.Get(state::kMetaTable, state::kClockKey));
  if (row) {
    TRY(const state::ClockRecord stored, state::Decode<state::ClockRecord>(*row));
    if (stored.boot_id == clock.BootId()) return stored.join;
  }
  return ClockJoin{clock.Now(), clock.Wall()};
}

}  // namespace tuesday::control
