// SPDX-License-Identifier: Apache-2.0
// The language of `branches`, `tags` and `paths`: `*` stops at a slash, `**` does not, `?` and `+` repeat what stands before
// them,
// `[…]` is one of a set, `!` at the start takes away again, `\` makes the next character plain.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tuesday::workflow {

// Whether the whole of `name` is of the pattern, whose leading `!` is not looked at. A pattern that is none matches nothing.
bool MatchesPattern(std::string_view pattern, std::string_view name);

// Goes through the patterns in order: the last one that matches decides, and at first nothing is included.
bool IncludedBy(const std::vector<std::string>& patterns, std::string_view name);

}  // namespace tuesday::workflow
