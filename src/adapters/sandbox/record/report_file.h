// SPDX-License-Identifier: Apache-2.0
// Steps on disk: that they were begun, and how they ended.
#pragma once

#include <cstdint>
#include <vector>

#include "adapters/files/fd.h"
#include "adapters/sandbox/record/place_folder.h"
#include "ports/job_places.h"

namespace tuesday::sandbox {

// What is known of a step without a report.
struct BegunStep {
  std::string id;
  int ordinal = 0;
  WallTime began;
};

// Where a report stands in the file of steps.
struct ReportSpan {
  std::int64_t offset = 0;
  std::int64_t bytes = 0;  // Without the end of the line.
};

// The one file of a place's steps, to which each adds a line when it is begun and another when it ends. It is not synced: a
// line outlives every process, and after a power failure the place is lost anyway, while whoever was told of a report has it in
// a store of his own. No file is made for a step: on a disk that would cost more than all else that is written.
class StepsFile {
 public:
  static Result<StepsFile> Open(const PlaceFolder& folder);

  Result<void> AddBegun(const BegunStep& step);
  Result<ReportSpan> AddReport(const StepReport& report);

 private:
  // Where the line is. A line that does not fit on the disk leaves nothing.
  Result<ReportSpan> Append(std::string line);

  files::Fd fd_;
  std::int64_t size_ = 0;
};

Result<StepReport> ReadReport(const PlaceFolder& folder, const ReportSpan& span);

// All steps: reports in the order in which they ended; `begun` are those without one, in the order in which they began. A last
// line that was cut is none.
struct KnownSteps {
  std::vector<StepReport> reports;
  std::vector<BegunStep> begun;
};
Result<KnownSteps> ReadSteps(const PlaceFolder& folder);

}  // namespace tuesday::sandbox
