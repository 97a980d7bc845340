// SPDX-License-Identifier: Apache-2.0
// What a place is asked to be, on disk and on the way to its supervisor. Masks are never part of it.
#pragma once

#include "adapters/sandbox/record/place_folder.h"
#include "base/json.h"
#include "ports/job_places.h"

namespace tuesday::sandbox {

// Durably. Where it is, the place is whole.
Result<void> WriteSpec(const PlaceFolder& folder, const PlaceSpec& spec);
Result<PlaceSpec> ReadSpec(const PlaceFolder& folder);

// On the socket only: an order's environment holds secrets.
Json OrderToJson(const StepOrder& order);
StepOrder OrderFromJson(const Json& json);

// Whether it can be the name of a place or a step: letters, digits, `.`, `-`, `_`, not a dot first.
bool IsPlainId(const std::string& id);

Json StringsToJson(const std::vector<std::string>& strings);
std::vector<std::string> StringsFromJson(const Json& json);

}  // namespace tuesday::sandbox
