// SPDX-License-Identifier: Apache-2.0
// What a gate says, and on what grounds. Only `kPass` lets a change move on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace tuesday::gate {

enum class Verdict {
  kNoEvidence,  // Nothing was shown either way: silence, NaN, too few samples. The value of a fresh verdict.
  kPass,        // The samples that would have made it fail exist, and did not.
  kFail,
};

std::string_view VerdictName(Verdict verdict);  // "pass", "fail", "no evidence"

// One number that a verdict was computed from: what it is, its value, and the window that it covers.
struct Evidence {
  std::string what;   // "CanaryHighErrorRate left side", "canary requests"
  std::string value;  // Shortest text of the number, "NaN", or "absent".
  WallTime from{};
  WallTime to{};

  friend bool operator==(const Evidence&, const Evidence&) = default;
};

// A verdict with its reason in one sentence and what it rests on.
struct Finding {
  Verdict verdict = Verdict::kNoEvidence;
  std::string reason;
  std::vector<Evidence> evidence;

  friend bool operator==(const Finding&, const Finding&) = default;
};

// The verdict of several gates that must all pass: a fail wins over no evidence, no evidence over pass, and of nothing
// at all there is no evidence.
Verdict Worst(const std::vector<Verdict>& verdicts);

}  // namespace tuesday::gate
