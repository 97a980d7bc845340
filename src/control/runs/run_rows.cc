// SPDX-License-Identifier: Apache-2.0
#include "control/runs/run_rows.h"

#include <utility>

namespace tuesday::control {

Result<std::map<std::string, RunRows>> ListRuns(Store& store) {
  TRY(std::vector<Row> rows, store.List(runs::kRunTable, ""));
  std::map<std::string, RunRows> by_id;
  for (Row& row : rows) {
    const std::size_t slash = row.key.find('/');
    RunRows& run = by_id[row.key.substr(0, slash)];
    if (row.key.substr(slash + 1) == "record") {
      run.record = std::move(row.value);
    } else {
      run.state[std::move(row.key)] = std::move(row.value);
    }
  }
  return by_id;
}

Result<runs::StoredState> ReadState(Store& store, const std::string& id) {
  TRY(std::vector<Row> rows, store.List(runs::kRunTable, runs::StatePrefix(id)));
  if (rows.empty()) return Fail(ErrorCode::kNotFound, "There is no state of a run '" + id + "'.");
  std::map<std::string, std::string> texts;
  for (Row& row : rows) texts[std::move(row.key)] = std::move(row.value);
  return runs::DecodeState(id, texts);
}

void PutState(const std::string& id, const std::string& boot_id, const workflow::RunState* before,
              const workflow::RunState& now, Transaction& transaction) {
  for (runs::StateRow& row : runs::ChangedRows(id, boot_id, before, now))
    transaction.put.push_back({std::string(runs::kRunTable), std::move(row.key), std::move(row.text)});
}

}  // namespace tuesday::control
