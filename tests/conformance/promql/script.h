// SPDX-License-Identifier: Apache-2.0
// Prometheus' evaluation scripts (`load`, `eval instant`, `eval range`, `expect`): reads one file and runs its evals.
#pragma once

#include <string>
#include <vector>

namespace tuesday::conformance {

enum class Tier { kCore, kExperimental, kNative };

struct EvalOutcome {
  std::string id;  // file:line
  std::string query;
  Tier tier = Tier::kCore;
  std::string problem;  // Empty: passed.
};

// Runs every eval of the text of one file.
std::vector<EvalOutcome> RunScript(const std::string& file_name, const std::string& text);

}  // namespace tuesday::conformance
