// SPDX-License-Identifier: Apache-2.0
// What a step wrote to the files that GITHUB_OUTPUT, GITHUB_ENV, GITHUB_STATE, GITHUB_PATH and GITHUB_STEP_SUMMARY name. Texts
// of errors are those of actions/runner (FileCommandManager.cs): any of them fails the step.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "core/workflow/output/masks.h"

namespace tuesday::workflow {

inline constexpr std::size_t kFileCommandBytesMax = 4 << 20;  // Of one file.
inline constexpr std::size_t kFileCommandPairsMax = 10'000;   // Of one file; also of paths.
inline constexpr std::size_t kSummaryBytesMax = 1 << 20;      // Of one step.

// `name=value` lines, and `name<<DELIMITER`, the value's lines, and the delimiter on a line of its own. In their order: a later
// one of the same name counts. A value keeps its line feeds but the last; a return is part of it.
Result<std::vector<std::pair<std::string, std::string>>> ReadPairs(std::string_view text);

// Those of GITHUB_ENV. What nobody may set is left out, and `refused` has a sentence for each: an annotation, not a failure.
struct EnvironmentPairs {
  std::vector<std::pair<std::string, std::string>> pairs;
  std::vector<std::string> refused;
};
Result<EnvironmentPairs> ReadEnvironment(std::string_view text);

// A folder a line, in the order in which they are put before PATH: the last comes first there. Each is there once.
Result<std::vector<std::string>> ReadPaths(std::string_view text);

// The summary without secrets. Fails when it is too large, which does not fail the step.
Result<std::string> CheckSummary(std::string_view text, const Masks& masks);

// The line that comes before the error of a file: `name` is "output", "env", "state", "path" or "step_summary".
std::string FileCommandFailure(std::string_view name);

}  // namespace tuesday::workflow
