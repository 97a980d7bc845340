// SPDX-License-Identifier: Apache-2.0
// Which artifacts and image bindings nothing needs any more. Blocks only in `artifacts`; called on the lane "apply", where
// nothing is taken in meanwhile.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "control/apply/prepare.h"

namespace tuesday::control {

struct LettingGo {
  std::vector<state::ImageBinding> bindings;
  std::vector<std::string> artifacts;  // Digests.
  bool is_all = true;                  // False: there is more of both than one transaction tells of.
  bool IsEmpty() const { return bindings.empty() && artifacts.empty(); }
};

// A binding stays that is younger, whose reference an object or a set-image names, or whose artifact a revision needs; an
// artifact stays that is younger, or that a revision, a binding that stays, or `also_needed` names.
Result<LettingGo> WorkOutLettingGo(const Known& known, WallTime before, const std::set<std::string>& also_needed,
                                   ArtifactStore& artifacts);

inline constexpr std::size_t kLetGoAtOnceMax = 100;  // Of bindings, and of artifacts.

}  // namespace tuesday::control
