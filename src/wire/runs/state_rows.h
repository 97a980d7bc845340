// SPDX-License-Identifier: Apache-2.0
// The state of a run as several rows: the run, each leg, and each step has one of its own, so that a decision writes what it
// has changed and not the whole run. See docs/formats/runs.md.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "core/workflow/run/state.h"
#include "wire/runs/runs.h"

namespace tuesday::runs {

// Keys of the rows of a run's state begin so; the first is this itself.
std::string StatePrefix(const std::string& id);

// The rows of `now` that are not those of `before`; all of them without a `before`.
struct StateRow {
  std::string key;
  std::string text;
};
std::vector<StateRow> ChangedRows(const std::string& id, const std::string& boot_id, const workflow::RunState* before,
                                  const workflow::RunState& now);

// The state that the rows hold, text by key. One row with everything in it is read too.
Result<StoredState> DecodeState(const std::string& id, const std::map<std::string, std::string>& rows);

}  // namespace tuesday::runs
