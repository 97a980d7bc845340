// SPDX-License-Identifier: Apache-2.0
#include "wire/state/restored.h"

#include "wire/state/row.h"

namespace tuesday::state {

template <typename Visitor, typename Record>
void Fields(Visitor& visit, Record& record) {
  visit("backup", record.backup);
  visit("taken_at", record.taken_at);
  visit("restored_at", record.restored_at);
}

std::string EncodeRestored(const RestoredRecord& record) { return EncodeRow(record); }

Result<RestoredRecord> DecodeRestored(std::string_view text) { return DecodeRow<RestoredRecord>(text); }

}  // namespace tuesday::state
