// SPDX-License-Identifier: Apache-2.0
// A workflow in the form in which GitHub's cases hold it: members in a fixed order, tokens with or without their places.
#pragma once

#include "core/expression/value/value.h"
#include "core/workflow/read.h"

namespace tuesday::workflow {

enum class Places { kKept, kDropped };

// The workflow, or its problems. `files` is added when places are kept and there are no problems.
expression::Value Serialize(const ReadResult& result, Places places);

}  // namespace tuesday::workflow
