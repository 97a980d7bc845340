// SPDX-License-Identifier: Apache-2.0
// What a leg of a run is, as far as tokens for clouds say it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/workflow/oidc/permission.h"
#include "core/workflow/run/spec.h"
#include "core/workflow/run/state.h"

namespace tuesday::workflow {

struct LegTokenFacts {
  TokenPermission permission = TokenPermission::kUnsaid;
  std::string environment;  // As it was evaluated when the leg began.
  std::string file;         // That its job stands in, as calls name files; empty: the run's own.
};

// Nothing when there is no such leg.
std::optional<LegTokenFacts> LegTokenFactsOf(const RunSpec& spec, const RunState& state, std::string_view leg);

}  // namespace tuesday::workflow
