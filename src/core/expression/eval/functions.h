// SPDX-License-Identifier: Apache-2.0
// The parts of the functions that are more than a line. An internal header of this folder.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/expression/eval/memory.h"

namespace tuesday::expression {

// Indented JSON with GitHub's layout: two blanks, empty collections on one line.
Outcome<std::string> WriteJson(const Value& value, ByteCount& bytes);

// Gives the parameter of the index, evaluated when it is first needed.
using ParameterAt = std::function<Outcome<Value>(std::size_t)>;

// `{0}` … with `{{` and `}}` for braces. All of the text is checked before a parameter is evaluated.
Outcome<std::string> Format(std::string_view format, std::size_t parameters, const ParameterAt& parameter_at, ByteCount& bytes);

// `of[key]`; no key means `.*`.
Outcome<Value> IndexValue(const Value& of, const Value* key, ByteCount& bytes);

}  // namespace tuesday::expression
