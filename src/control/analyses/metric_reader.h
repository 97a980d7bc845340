// SPDX-License-Identifier: Apache-2.0
// One metric of a template with its arguments filled in: texts become numbers, durations and questions. Pure.
#pragma once

#include <map>
#include <string>

#include "control/analyses/resolve.h"
#include "core/manifest/annotations.h"

namespace tuesday::control {

struct Arguments {
  std::map<std::string, std::string> texts;
  std::map<std::string, std::string> secrets;  // Places of Secrets' values: only for what is sent, never for what is judged.
};

// kInvalid names metric and field; kUnsupported a provider that is not asked here, and what a server of its version has not.
Result<analysis::Metric> ReadMetric(const manifest::Metric& metric, const Arguments& arguments,
                                    const manifest::Annotations& annotations, const ArgumentSource& source);

inline constexpr Duration kPrometheusTimeout = std::chrono::seconds(30);  // As in Argo, where a metric gives none.
inline constexpr Duration kWebTimeout = std::chrono::seconds(10);

}  // namespace tuesday::control
