// SPDX-License-Identifier: Apache-2.0
// The objects of one scenario as upstream writes them, and the same as tuesday is given them.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace tuesday::scenarios {

// Queries that stand for measurements that other systems would take: ScriptedAnalyses answers them.
inline constexpr std::string_view kJobMetric = "scenario_job";  // {command="sleep 5 && exit 1", deadline="10"}
inline constexpr std::string_view kWebMetric = "scenario_web";  // {url="https://...", path="{$.message}"}

// Annotations of a pod template that say how its simulated instances behave.
inline constexpr const char* kReadyAfter = "scenario/ready-after";  // Seconds that the manifest adds to a start.
inline constexpr const char* kGated = "scenario/gated";             // "true": ready only once it was marked so.

class Objects {
 public:
  // Takes every document of the text. An object of the same kind and name is replaced.
  Result<void> Load(std::string_view text, std::string_view file);

  // Kubernetes' strategic merge into the last Rollout loaded: null takes away, lists of named things are merged by name.
  Result<void> Patch(std::string_view patch);

  // One field of the Rollout, by a path of keys.
  void Set(const std::vector<std::string>& path, Json value);

  std::string rollout_name() const { return rollout_; }
  const Json& rollout() const;
  bool has_rollout() const { return !rollout_.empty(); }

  // All objects as tuesday takes them (see Ours in objects.cc for what is put in another's place), and their images.
  std::string Text() const;
  std::set<std::string> Images() const;

 private:
  Json* MutableRollout();

  std::vector<Json> objects_;
  std::string rollout_;
};

}  // namespace tuesday::scenarios
