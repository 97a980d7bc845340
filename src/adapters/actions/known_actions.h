// SPDX-License-Identifier: Apache-2.0
// Where actions come from: the mirror of this machine first, then those that tuesday implements itself.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/actions/action_ref.h"
#include "adapters/actions/mirror/mirror.h"
#include "core/workflow/action/lock.h"
#include "ports/actions.h"

namespace tuesday::actions {

// The definition of an action that tuesday implements, or nothing. Its scripts are names of stages.
struct NativeAction {
  std::string_view repository;
  std::string_view path;  // Within it; empty: its root.
  std::string_view name;  // Of `tuesday action NAME`.
  std::string_view definition;
};
const NativeAction* FindNative(const ActionRef& ref);

// Where jobs see the run's own repository as it was when the run began.
inline constexpr std::string_view kOwnInside = "/opt/tuesday/own";

class KnownActions : public Actions {
 public:
  // Without a lock every tree of the mirror is taken for what its name says.
  explicit KnownActions(Mirror mirror = Mirror(""), std::optional<workflow::ActionLock> lock = std::nullopt)
      : mirror_(std::move(mirror)), lock_(std::move(lock)) {}

  Result<workflow::LoadedAction> Load(const std::string& uses) override;

  // Where the run's own repository is on this machine, for "$/path"; jobs see it at kOwnInside. Empty: such actions are not
  // there.
  void SetOwn(std::string folder) { own_ = std::move(folder); }

  // The tree behind a name of another repository, as the lock allows it; nothing when none is mirrored. kConflict, with both
  // digests, when the lock says another one; kDenied when it does not name it.
  Result<std::optional<MirrorEntry>> Find(const ActionRef& ref) const;

  // A file of a mirrored repository: a reusable workflow, by "owner/repo/path@ref". kNotFound, with the mend, when it is not
  // mirrored.
  Result<std::string> ReadFile(const std::string& name) const;

  const Mirror& mirror() const { return mirror_; }

 private:
  Result<void> CheckLock(const ActionRef& ref, const std::optional<MirrorEntry>& entry) const;

  workflow::LoadedAction LoadOwn(const std::string& uses) const;

  Mirror mirror_;
  std::optional<workflow::ActionLock> lock_;
  std::string own_;
};

// What a run needs of the mirror, and what of it is not there.
struct ReachedActions {
  std::vector<MirrorEntry> mirrored;  // Each tree once.
  std::vector<std::string> problems;  // A sentence for each action that cannot be had.
  bool needs_own = false;             // "$/path": the run's own repository.
};

// Goes from `uses` through composite actions. `local` reads the definition of an action of the workspace ("./path"), if it is
// there already.
ReachedActions Reach(KnownActions& known, const std::vector<std::string>& uses,
                     const std::function<std::optional<std::string>(const std::string& uses)>& local);

}  // namespace tuesday::actions
