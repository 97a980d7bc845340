// SPDX-License-Identifier: Apache-2.0
// Which contexts and functions an expression may use where it stands. Each key of the schema says which it adds; a value has
// those of all the keys above it together.
#pragma once

#include <optional>
#include <string_view>

#include "core/expression/parser.h"
#include "core/workflow/token.h"

namespace tuesday::workflow {

enum class Available : AvailableSet {
  kGithub = 1 << 0,
  kInputs = 1 << 1,
  kVars = 1 << 2,
  kNeeds = 1 << 3,
  kStrategy = 1 << 4,
  kMatrix = 1 << 5,
  kSecrets = 1 << 6,
  kSteps = 1 << 7,
  kJob = 1 << 8,
  kRunner = 1 << 9,
  kEnv = 1 << 10,
  kJobs = 1 << 11,
  kHashFiles = 1 << 12,
  kStepStatus = 1 << 13,  // always(), cancelled(), success() and failure() without parameters.
  kJobStatus = 1 << 14,   // The same, where success() and failure() may name jobs.
};

constexpr bool Has(AvailableSet set, Available one) { return (set & static_cast<AvailableSet>(one)) != 0; }

// The bit of a context, or of "hashFiles()", "step-status()" and "job-status()".
std::optional<Available> FindAvailable(std::string_view name);

// The names that the parser of expressions accepts for the set.
expression::Vocabulary VocabularyOf(AvailableSet set);

}  // namespace tuesday::workflow
