// SPDX-License-Identifier: Apache-2.0
// What a simulation plays: the rollouts of the files with everything that judges them, resolved as `apply` would.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/source.h"
#include "core/judge/attempt_case.h"
#include "core/manifest/object.h"
#include "core/rollout/spec.h"
#include "wire/state/records.h"

namespace tuesday::cli::simulate {

struct PlayedRollout {
  rollout::Spec spec;
  state::Exposure exposure;
};

struct PlayInput {
  std::vector<manifest::Object> objects;
  std::vector<PlayedRollout> rollouts;
  std::vector<judge::RuleGroup> groups;
  std::vector<std::string> notes;  // Sentences: what was passed over.
  struct AskedMetric {
    std::string name;
    std::string provider;  // "web", "job", "prometheus"
  };
  std::vector<AskedMetric> asked;  // Metrics that ask others: only a scenario says what these answer.
};

struct SourceText {
  std::string file;
  std::string text;
};

// kInvalid holds every error of the files, a line each; kNotFound when no Rollout is among them.
Result<PlayInput> ReadPlayInput(const std::vector<SourceText>& sources, const Namespace& ns);

}  // namespace tuesday::cli::simulate
