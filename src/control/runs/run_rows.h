// SPDX-License-Identifier: Apache-2.0
// Runs in the store: which rows a run has, and what of them a decision writes.
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "ports/store.h"
#include "wire/runs/state_rows.h"

namespace tuesday::control {

// The rows of each stored run by its id: the record's text, and the rows of its state by key.
struct RunRows {
  std::string record;
  std::map<std::string, std::string> state;
};
Result<std::map<std::string, RunRows>> ListRuns(Store& store);

// How far a stored run has come. kNotFound when there is none.
Result<runs::StoredState> ReadState(Store& store, const std::string& id);

// Adds what is written when a run's state becomes `now`; `before` is what the store has, or null.
void PutState(const std::string& id, const std::string& boot_id, const workflow::RunState* before,
              const workflow::RunState& now, Transaction& transaction);

}  // namespace tuesday::control
