// SPDX-License-Identifier: Apache-2.0
// Kubernetes' quantities as integers: "250m", "0.5", "256Mi", "1G", "1e3" (apimachinery, resource/quantity.go).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace tuesday::manifest {

// Thousandths of a processor, rounded up: "250m" is 250, "0.5" is 500.
Result<std::int64_t> ParseMilli(std::string_view text);

// Bytes, rounded up: "256Mi", "1G", "1e3". Negative quantities and those past 2^63 are errors.
Result<std::int64_t> ParseBytes(std::string_view text);

}  // namespace tuesday::manifest
