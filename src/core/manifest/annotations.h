// SPDX-License-Identifier: Apache-2.0
// Tuesday's own annotations, `tuesday/...`, as typed values.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "core/manifest/analysis.h"

namespace tuesday::manifest {

enum class NoEvidence { kAbortAfterDeadline, kFail, kHold };
enum class BakeKeep { kPredecessor, kNone };
enum class Sticky { kOff, kOn };        // On: a user stays with the revision that answered first (by a cookie).
enum class RuleRollback { kYes, kNo };  // Whether the rules of a PrometheusRule count, or a rollout's gate may abort.

// What the annotations of one object say; absent ones have their defaults (docs/formats/annotations.md).
struct Annotations {
  std::optional<RuleRollback> rollback;  // Absent: decided rule by rule.
  NoEvidence no_evidence = NoEvidence::kAbortAfterDeadline;
  Duration bake = std::chrono::minutes(10);
  BakeKeep bake_keep = BakeKeep::kPredecessor;
  Sticky sticky = Sticky::kOff;
  // Of an AnalysisTemplate: how an external Prometheus is asked.
  PrometheusVersion prometheus_version = PrometheusVersion::k3;
  PrometheusCanary prometheus_canary = PrometheusCanary::kLabel;
  friend bool operator==(const Annotations&, const Annotations&) = default;
};

// The first wrong annotation is the error: an unknown `tuesday/...` key (with the nearest known one) or value.
// Foreign annotations are passed over.
Result<Annotations> ReadAnnotations(const std::map<std::string, std::string>& annotations);

// One annotation by itself, for readers that know its position. Keys without the prefix `tuesday/` always pass.
Result<void> ReadAnnotation(std::string_view key, std::string_view value, Annotations& out);

constexpr std::string_view kAnnotationPrefix = "tuesday/";

}  // namespace tuesday::manifest
