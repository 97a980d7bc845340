// SPDX-License-Identifier: Apache-2.0
// Checks the types of one expression against the contexts that stand around it.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/expression/tree.h"
#include "core/workflow/lint/types/type.h"
#include "core/workflow/token.h"

namespace tuesday::workflow::lint {

// What is wrong, with the byte of the expression's text where it is.
struct TypeProblem {
  std::size_t offset = 0;
  std::string message;
};

// Contexts by name in lower case. `available` says which of them, and which functions, may be used where the expression stands.
struct TypeScope {
  std::map<std::string, TypePtr> contexts;
  AvailableSet available = 0;
  std::optional<std::vector<std::string>> config_variables;
};

struct TypeResult {
  TypePtr type;
  std::vector<TypeProblem> problems;
};

TypeResult CheckTypes(const expression::Node& root, const TypeScope& scope);

// The contexts with what is known of them everywhere.
std::map<std::string, TypePtr> CommonContexts();

// The indices that a text names for format(), in order; none when it is no format.
std::vector<int> FormatPlaceholders(std::string_view format);

// Whether the value can be told without running: no context and no function that needs the run.
bool IsConstant(const expression::Node& node);

// Where the expression begins that the node is the operator of.
std::size_t StartOf(const expression::Node& node);

// The properties that a stranger can write and that the expression reads without a function around them:
// "github.event.issue.title".
struct UntrustedUse {
  std::size_t offset = 0;
  std::vector<std::string> paths;
};
std::vector<UntrustedUse> FindUntrusted(const expression::Node& root);

}  // namespace tuesday::workflow::lint
