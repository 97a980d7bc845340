// SPDX-License-Identifier: Apache-2.0
// The single checks behind CheckObjects, one function a theme.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/manifest/check.h"

namespace tuesday::manifest {

// One rollout under check, and the list that findings go to.
struct RolloutCheck {
  const Object& object;
  const Rollout& rollout;
  const CanaryStrategy* canary;  // Null for another strategy.
  Namespace ns;
  std::span<const Object> objects;
  const CheckContext& context;
  std::vector<Finding>& findings;

  const Object* Find(std::string_view kind, std::string_view name) const {
    return FindObject(kind, name, ns, objects, context);
  }
  void Say(Severity severity, SourcePos at, std::string_view rule, std::string message, std::string mend = {}) const {
    findings.push_back({std::move(at), severity, std::string(rule), std::move(message), std::move(mend)});
  }
};

// The place of a field ("spec", "strategy", "0"; digits index lists), or of its nearest existing parent.
SourcePos PosOf(const Object& object, std::span<const std::string_view> path);
inline SourcePos PosOf(const Object& object, std::initializer_list<std::string_view> path) {
  return PosOf(object, std::span(path.begin(), path.size()));
}

void CheckTemplates(const RolloutCheck& check);  // Analysis templates exist, are executable here, and get their arguments.
void CheckNetwork(const RolloutCheck& check);    // Services and Ingresses: given, selecting this rollout, routed to.
void CheckPod(const RolloutCheck& check);        // Tags, probes, configuration.
void CheckWeights(const RolloutCheck& check);    // What the weights mean in instances and users.

}  // namespace tuesday::manifest
