// SPDX-License-Identifier: Apache-2.0
// The checked list of what is understood and refused by name. Every finding of rule "unsupported" names an entry of it, so
// that nothing is refused that is not written here, and nothing is ignored in silence.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/source.h"

namespace tuesday::manifest {

// `name` is a kind, a field or a value as users write it; `what` says what it would do.
struct UnsupportedName {
  std::string_view name;
  std::string_view what;
};

// Sorted by name, without duplicates.
std::span<const UnsupportedName> UnsupportedNames();

constexpr std::string_view kUnsupportedRule = "unsupported";

// The error that refuses `name` at `path`. A name that is not in the list is a bug.
Finding UnsupportedFinding(std::string_view name, std::string_view path, SourcePos at);

// The name that an "unsupported" finding refuses, or empty when it names none of the list.
std::string_view RefusedName(const Finding& finding);

}  // namespace tuesday::manifest
