// SPDX-License-Identifier: Apache-2.0
// What somebody gave who began a run by hand: checked against what the workflow asks for.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "core/workflow/trigger/trigger.h"

namespace tuesday::workflow {

// The texts stand in the payload, the typed values are the `inputs` context.
struct GivenInputs {
  Json::Object texts;
  Json::Object typed;
};

// kInvalid when one is not asked for, lacks, or is none of the choices; the hint says how to give it on a command line.
Result<GivenInputs> ReadInputs(const std::vector<Trigger>& triggers, const std::string& event,
                               const std::map<std::string, std::string>& given);

}  // namespace tuesday::workflow
