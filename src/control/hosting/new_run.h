// SPDX-License-Identifier: Apache-2.0
// A run that shall be, before it has an id.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "core/workflow/event/facts.h"
#include "wire/runs/list.h"
#include "wire/runs/runs.h"

namespace tuesday::control {

// Without files it cannot begin: it is listed as failed, for the summary's reason.
struct NewRun {
  runs::RunSummary summary;  // Without id, number and times.
  std::vector<runs::SourceFile> files;
  workflow::EventFacts facts;
  Json::Object payload;
  Json::Object inputs;
};

}  // namespace tuesday::control
