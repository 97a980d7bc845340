// SPDX-License-Identifier: Apache-2.0
// Comments that silence one finding: `# tuesday: allow mutable-tag because the demo wants the newest`. At the end of a line it
// speaks of that line; on a line of its own, of the next line that is no comment. Errors that keep an object from being applied
// cannot be silenced.
#pragma once

#include <string_view>
#include <vector>

#include "base/source.h"

namespace tuesday::lint {

// Takes out of `findings` those of `file` that its comments silence, and adds what is wrong with the comments.
void ApplySilences(std::string_view text, std::string_view file, std::vector<Finding>& findings);

}  // namespace tuesday::lint
