// SPDX-License-Identifier: Apache-2.0
// One rollout as a person reads it: the tree of `kubectl argo rollouts get`, and the one line that can be quoted.
#pragma once

#include <string>

#include "base/json.h"

namespace tuesday::cli {

// The whole tree, byte for byte Argo's layout where it has one. `rollout` is the API's RolloutJson.
std::string RolloutTree(const Json& rollout);

// "api rev 7 ABORTED at 10 % after 1m32s: CanaryHighErrorRate 5.1 % > 1 % (…). Now: rev 6 100 %. More: tuesday why api"
std::string OutcomeLine(const Json& rollout);

// Why the last attempt ended or stands where it stands, and where to look: `tuesday why`.
std::string WhyText(const Json& rollout);

// A line for each instance that should be ready and is not, with its reason: "not ready: api-3f2-0 (rev 7, ...): ...".
std::string NotReadyText(const Json& rollout);

// Whether the last attempt is over, and well: what `apply --wait` and `rollout status` end with.
enum class Ended { kNo, kWell, kBadly };
Ended EndedOf(const Json& rollout);

// The array, or an empty one where the value is none: what is missing in an answer is not there, and no error.
const Json::Array& ArrayOf(const Json& json);

// "10 %" of a weight in thousandths.
std::string PermilleText(std::int64_t permille);

}  // namespace tuesday::cli
