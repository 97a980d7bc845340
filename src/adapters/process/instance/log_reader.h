// SPDX-License-Identifier: Apache-2.0
// Reads what InstanceLog keeps, from a moment or from a place on. A place ("INODE.OFFSET") stays good when the files turn.
#pragma once

#include "adapters/process/instance/record.h"
#include "ports/instance_output.h"

namespace tuesday::process {

// What one answer holds at most; the rest comes with the next ask.
constexpr std::size_t kOutputBytesMax = 2 << 20;

Result<OutputChunk> ReadLog(const InstanceFolder& folder, const OutputAsk& ask);

}  // namespace tuesday::process
