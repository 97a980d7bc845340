// SPDX-License-Identifier: Apache-2.0
// From a rollout's analysis references to specs that can be run: templates found and merged, arguments filled in, texts
// read as numbers and durations. Pure.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "core/analysis/analysis.h"
#include "core/manifest/check.h"
#include "core/manifest/object.h"

namespace tuesday::control {

// What arguments with `valueFrom` read.
struct ArgumentSource {
  std::map<std::string, std::string> fields;  // "metadata.name" -> "api".
  std::string stable_hash;                    // Of podTemplateHashValue: revisions stand for hashes on one machine.
  std::string latest_hash;
  // The digest of what an image is bound to; nothing when it is bound to nothing.
  std::function<std::optional<std::string>(const std::string& image)> digest_of;
};

// What arguments and variables can read of a rollout by `fieldPath`.
std::map<std::string, std::string> FieldsOf(const RolloutName& name, const manifest::Metadata& metadata);

// One spec for each analysis of the rollout, in the order of rollout::Spec::analyses: those of steps first, then the
// background one. kInvalid names template, metric and field; kUnsupported a provider that this engine does not run.
Result<std::vector<analysis::Spec>> ResolveAnalyses(const manifest::Object& rollout, std::span<const manifest::Object> objects,
                                                    const manifest::CheckContext& context, const ArgumentSource& source);

// `{{args.name}}` and `{{ args.name }}` replaced. kInvalid for an argument that has no value.
Result<std::string> FillArguments(std::string_view text, const std::map<std::string, std::string>& arguments);

inline constexpr int kTemplateDepthMax = 8;
inline constexpr std::size_t kMetricsPerRunMax = 100;

}  // namespace tuesday::control
