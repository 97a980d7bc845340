// SPDX-License-Identifier: Apache-2.0
// What is right by the grammar and does not do what its author meant: the blind spots of alerts that shall take a release
// back. Each finding has the place of the rule's expression and, where there is one, the corrected text.
#pragma once

#include <vector>

#include "base/source.h"
#include "core/rules/file.h"

namespace tuesday::rules {

// Rules of the lint: absolute-threshold, nan-without-traffic, for-shorter-than-window, pod-name, histogram-clamp,
// missing-rollback-label, first-sample.
std::vector<Finding> LintGroups(const std::vector<Group>& groups);

}  // namespace tuesday::rules
