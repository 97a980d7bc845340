// SPDX-License-Identifier: Apache-2.0
// Where actions come from: the mirror of this machine first, then those that tuesday implements itself.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "ports/actions.h"

namespace tuesday::actions {

// "owner/repo[/path]@ref" taken apart. kInvalid when it is not that.
struct ActionRef {
  std::string repository;  // "owner/repo" in lower case, as GitHub compares it.
  std::string path;        // Within the repository, empty: its root.
  std::string ref;
};
Result<ActionRef> ParseActionRef(std::string_view uses);

// The definition of an action that tuesday implements, or nothing. Its scripts are names of stages.
struct NativeAction {
  std::string_view repository;
  std::string_view path;  // Within it; empty: its root.
  std::string_view name;  // Of `tuesday action NAME`.
  std::string_view definition;
};
const NativeAction* FindNative(const ActionRef& ref);

class KnownActions : public Actions {
 public:
  Result<workflow::LoadedAction> Load(const std::string& uses) override;
};

}  // namespace tuesday::actions
