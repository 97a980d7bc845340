// SPDX-License-Identifier: Apache-2.0
// Which system calls a sandbox does not have. What is refused is refused as EPERM (clone3 and unknown calls as ENOSYS), so that
// programs go on; everything else is allowed.
#pragma once

#include "adapters/files/fd.h"
#include "base/result.h"

namespace tuesday::sandbox {

// The filter as a memory file, as bubblewrap reads it.
Result<files::Fd> MakeFilter();

}  // namespace tuesday::sandbox
