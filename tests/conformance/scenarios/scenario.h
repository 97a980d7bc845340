// SPDX-License-Identifier: Apache-2.0
// One scenario as it stands in scenarios.jsonl: calls in their order, with arguments.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace tuesday::scenarios {

struct Call {
  std::string name;  // "UpdateSpec", "WaitForRolloutStatus"
  Json::Array args;
};

struct Scenario {
  std::string id;
  std::string file;      // Of upstream's tests, without its ending: "istio_test".
  bool complete = true;  // False: some of its steps were code, and are not here.
  std::vector<Call> calls;
};

// Every line of the file. A line that is not a scenario is an error.
Result<std::vector<Scenario>> ReadScenarios(const std::string& path);

// The file's bytes. kNotFound when it cannot be read.
Result<std::string> ReadText(const std::string& path);

}  // namespace tuesday::scenarios
