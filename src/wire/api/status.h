// SPDX-License-Identifier: Apache-2.0
// Errors on the wire: one HTTP status and one stable word for each code, and one shape:
// {"error": {"code": "not_found", "message": "...", "hint": "..."}}.
#pragma once

#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace tuesday::api {

int HttpStatusOf(ErrorCode code);

// The code of a word; a word that is not known is kInternal.
ErrorCode ErrorCodeOf(std::string_view name);

Json ErrorJson(const Error& error);

}  // namespace tuesday::api
