// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/available.h"

#include <limits>
#include <utility>

namespace tuesday::workflow {
namespace {

constexpr std::pair<std::string_view, Available> kContexts[] = {
    {"github", Available::kGithub},   {"inputs", Available::kInputs},     {"vars", Available::kVars},
    {"needs", Available::kNeeds},     {"strategy", Available::kStrategy}, {"matrix", Available::kMatrix},
    {"secrets", Available::kSecrets}, {"steps", Available::kSteps},       {"job", Available::kJob},
    {"runner", Available::kRunner},   {"env", Available::kEnv},           {"jobs", Available::kJobs},
};

constexpr std::pair<std::string_view, Available> kFunctions[] = {
    {"hashFiles()", Available::kHashFiles},
    {"step-status()", Available::kStepStatus},
    {"job-status()", Available::kJobStatus},
};

}  // namespace

std::optional<Available> FindAvailable(std::string_view name) {
  for (const auto& [each, bit] : kContexts) {
    if (each == name) return bit;
  }
  for (const auto& [each, bit] : kFunctions) {
    if (each == name) return bit;
  }
  return std::nullopt;
}

expression::Vocabulary VocabularyOf(AvailableSet set) {
  expression::Vocabulary vocabulary;
  for (const auto& [name, bit] : kContexts) {
    if (Has(set, bit)) vocabulary.named_values.emplace_back(name);
  }
  if (Has(set, Available::kHashFiles)) vocabulary.functions.push_back({"hashFiles", 1, expression::kParametersMax});
  const bool job = Has(set, Available::kJobStatus);
  if (job || Has(set, Available::kStepStatus)) {
    const int names_max = job ? std::numeric_limits<int>::max() : 0;
    vocabulary.functions.push_back({"always", 0, 0});
    vocabulary.functions.push_back({"cancelled", 0, 0});
    vocabulary.functions.push_back({"failure", 0, names_max});
    vocabulary.functions.push_back({"success", 0, names_max});
  }
  return vocabulary;
}

}  // namespace tuesday::workflow
