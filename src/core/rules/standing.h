// SPDX-License-Identifier: Apache-2.0
// Which rules may end an attempt. Decided from the matchers alone, before any sample exists, so that `plan` can show it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/metrics/labels.h"
#include "core/rules/file.h"

namespace tuesday::rules {

inline constexpr std::string_view kRollbackLabel = "tuesday_rollback";
inline constexpr std::string_view kRollbackAnnotation = "tuesday/rollback";

enum class StandingKind {
  kCounts,            // Its verdict is part of the rollout gate.
  kCountsWhenFiring,  // Fails the gate when it fires; until then it says nothing (no comparison, or metrics not ours).
  kShown,             // Never ends an attempt.
};

struct Standing {
  StandingKind kind = StandingKind::kShown;
  std::string why;  // A sentence.
  friend bool operator==(const Standing&, const Standing&) = default;
};

// The labels by which rules can find an attempt's series: those of one instance each, as the attempt's view adds them
// (canary, pod, service, namespace, rollout, ...), without __name__, status and le.
struct AttemptLabels {
  std::vector<metrics::Labels> canary;
  std::vector<metrics::Labels> stable;
  std::vector<std::string> metrics;  // The names that tuesday itself measures for instances.
};

// The names that tuesday measures for every instance.
const std::vector<std::string>& OwnMetrics();

// The metric whose increase means that an instance was restarted.
inline constexpr std::string_view kRestartMetric = "kube_pod_container_status_restarts_total";

// Whether somebody asked for this rule to count: kRollbackAnnotation on its object, as the caller read it.
enum class ObjectAsks { kNo, kYes };
// Whether the alert was firing already when the attempt began.
enum class FiringAtStart { kNo, kYes };

Standing StandingOf(const Group& group, std::size_t rule, const AttemptLabels& attempt, ObjectAsks asks, FiringAtStart firing);

// Whether the rule, also through recording rules, reads the restart metric.
bool ReadsRestarts(const Group& group, std::size_t rule);

}  // namespace tuesday::rules
