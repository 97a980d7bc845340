// SPDX-License-Identifier: Apache-2.0
// Go's literals: numbers, characters and strings.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/rules/template/ast.h"

namespace tuesday::rules::text {

// The content of "..." or '...' with its escapes resolved, or nothing when an escape is wrong.
std::optional<std::string> Unquote(std::string_view quoted);

// Fills the number fields of `node` from a number or a character literal; false when it is none.
bool ReadNumber(std::string_view text, Node& node);

// Go's strconv.ParseFloat, for arguments that come as text.
std::optional<double> ReadFloat(std::string_view text);

}  // namespace tuesday::rules::text
