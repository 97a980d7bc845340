// SPDX-License-Identifier: Apache-2.0
// "owner/repo[/path]@ref", by which workflows name actions of other repositories. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tuesday::actions {

struct ActionRef {
  std::string repository;  // "owner/repo" in lower case, as GitHub compares it.
  std::string path;        // Within the repository, empty: its root.
  std::string ref;
  std::string Name() const { return repository + "@" + ref; }
};

// kInvalid when it is not that.
Result<ActionRef> ParseActionRef(std::string_view uses);

}  // namespace tuesday::actions
