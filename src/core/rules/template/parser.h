// SPDX-License-Identifier: Apache-2.0
// Go's text/template grammar. What a template may call is told by name, so that a misspelt function is found when a rule
// file is read and not when its alert fires.
#pragma once

#include <functional>
#include <string_view>

#include "base/result.h"
#include "core/rules/template/ast.h"

namespace tuesday::rules::text {

inline constexpr int kTemplateDepthMax = 100;

// The message reads as Go's: `template: NAME:1: undefined variable "$label"`.
Result<Template> ParseTemplate(std::string_view text, std::string_view name,
                               const std::function<bool(std::string_view)>& is_function);

}  // namespace tuesday::rules::text
