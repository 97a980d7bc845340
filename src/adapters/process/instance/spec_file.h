// SPDX-License-Identifier: Apache-2.0
// The file `spec` of an instance's folder. The environment, which can hold Secrets, is sealed in it with the key of the state
// folder (docs/formats/sealed.md), two folders above.
#pragma once

#include "adapters/process/instance/record.h"

namespace tuesday::process {

// kNotFound only when there is no such file; a key that is missing or does not fit is kCorrupt.
Result<InstanceSpec> ReadSpecFile(const InstanceFolder& folder);

// Durably, with mode 0600. The folder must be there.
Result<void> WriteSpecFile(const InstanceFolder& folder, const InstanceSpec& spec);

}  // namespace tuesday::process
