// SPDX-License-Identifier: Apache-2.0
// Steps on disk: that they were begun, and how they ended.
#pragma once

#include <vector>

#include "adapters/sandbox/record/place_folder.h"
#include "ports/job_places.h"

namespace tuesday::sandbox {

// What is known of a step without a report.
struct BegunStep {
  std::string id;
  int ordinal = 0;
  WallTime began;
};

// Makes the files of the next step, while nobody waits for it: on a disk that costs more than writing into them.
void MakeNextFiles(const PlaceFolder& folder);

// Not durably: after a power failure the place is lost whole.
Result<void> WriteBegun(const PlaceFolder& folder, const BegunStep& step);

// The file is whole before it gets its name. It is not synced: a report outlives every process, and after a power failure the
// place is lost anyway, while whoever was told of a report has it in a store of his own.
// `turn` counts the steps of the place that have ended.
Result<void> WriteReport(const PlaceFolder& folder, const StepReport& report, int turn);
Result<StepReport> ReadReport(const PlaceFolder& folder, int ordinal);

// All steps: reports in the order in which they ended; `begun` are those without one, by their ordinals.
struct KnownSteps {
  std::vector<StepReport> reports;
  std::vector<BegunStep> begun;
};
Result<KnownSteps> ReadSteps(const PlaceFolder& folder);

}  // namespace tuesday::sandbox
