// SPDX-License-Identifier: Apache-2.0
// The functions of expressions with the types of their parameters. An internal header of this folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/workflow/lint/types/check.h"

namespace tuesday::workflow::lint {

// `variadic`: the last parameter may come again and again.
struct Signature {
  std::string name;
  TypePtr result;
  std::vector<TypePtr> parameters;
  bool variadic = false;
};

// All forms of a function by its name in lower case.
std::vector<Signature> SignaturesOf(std::string_view name);

std::vector<std::string> FunctionNames();

// Why the call is not of this form, if it is not.
std::optional<TypeProblem> CheckCall(const Signature& signature, const expression::Node& call,
                                     const std::vector<TypePtr>& given);

}  // namespace tuesday::workflow::lint
