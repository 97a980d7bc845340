// SPDX-License-Identifier: Apache-2.0
// The event's payload and the `github` context, as GitHub's documentation has them.
#pragma once

#include "base/json.h"
#include "core/workflow/event/facts.h"

namespace tuesday::workflow {

Json::Object PayloadOf(const EventFacts& facts);

// The context without `event`, which is the payload.
Json::Object GithubOf(const EventFacts& facts, const RunFacts& run);

}  // namespace tuesday::workflow
