// SPDX-License-Identifier: Apache-2.0
// What `kubectl argo rollouts lint` says about a file, in its words and order (Argo Rollouts 1.9,
// pkg/apis/rollouts/validation). It looks at the tree as written, so that it also judges what tuesday itself refuses by name:
// other routers, experiments, references to workloads. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"

namespace tuesday::lint {

struct ArgoProblem {
  std::string field;  // "spec.strategy.maxSurge"; empty when the file cannot be decoded at all.
  std::string text;   // "Invalid value: 0: MaxSurge and MaxUnavailable both can not be zero"
  SourcePos at;       // Of the field, or of its nearest parent that is there.

  // As Argo prints it behind "Error: ".
  std::string Line() const { return field.empty() ? text : field + ": " + text; }
};

// All problems of the rollouts of `text`, with the Services, Ingresses and VirtualServices beside them; none: Argo accepts it.
std::vector<ArgoProblem> ArgoLint(std::string_view text, std::string_view file);

}  // namespace tuesday::lint
