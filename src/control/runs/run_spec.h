// SPDX-License-Identifier: Apache-2.0
// What a stored run is of, as the machine takes it.
#pragma once

#include <array>

#include "base/result.h"
#include "core/workflow/run/spec.h"
#include "ports/job_places.h"
#include "wire/runs/runs.h"

namespace tuesday::control {

// What jobs ask for by `runs-on` and find here. Every image label of GitHub's own Linux runners is taken for this machine.
inline constexpr std::array<const char*, 8> kRunnerLabels = {"ubuntu-latest", "ubuntu-22.04", "ubuntu-24.04", "ubuntu-slim",
                                                             "self-hosted",   "linux",        "x64",          "tuesday"};

// Where jobs see the repository that they are of.
inline constexpr const char* kSourceInside = "/opt/tuesday/source.git";

// Reads the record's files again. A record is stored only after this has succeeded once.
Result<workflow::RunSpec> SpecOf(const runs::RunRecord& record, expression::Value secrets);

// The place of a leg. Its masks are the secrets that the run has.
PlaceId PlaceOf(const runs::RunRecord& record, const std::string& leg);
PlaceSpec PlaceSpecOf(const runs::RunRecord& record, const workflow::RunSpec& spec, const workflow::RunState& state,
                      const std::string& leg);

}  // namespace tuesday::control
