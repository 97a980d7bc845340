// SPDX-License-Identifier: Apache-2.0
#include "wire/runs/runs.h"

#include "wire/runs/fields.h"
#include "wire/state/row.h"

namespace tuesday::runs {

std::string Encode(const RunRecord& record) { return state::EncodeRow(record); }
std::string Encode(const StoredState& stored) { return state::EncodeRow(stored); }
Result<RunRecord> DecodeRecord(std::string_view text) { return state::DecodeRow<RunRecord>(text); }

}  // namespace tuesday::runs
