// SPDX-License-Identifier: Apache-2.0
// What who opens a leg's place must know of it beforehand.
#pragma once

#include <string>
#include <vector>

#include "core/workflow/run/spec.h"
#include "core/workflow/run/state.h"

namespace tuesday::workflow {

struct PlaceTerms {
  RunnerPaths paths;                       // As the leg's steps see them.
  std::vector<std::string> service_names;  // They answer at 127.0.0.1.
  std::vector<std::string> masks;          // Values of secrets, which no log may show.
};

// Of a leg that has begun; the run's own paths and no services when there is no such leg.
PlaceTerms PlaceTermsOf(const RunSpec& spec, const RunState& state, const std::string& leg);

}  // namespace tuesday::workflow
