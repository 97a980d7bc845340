// SPDX-License-Identifier: Apache-2.0
// Looking at a manifest as Go's types would hold it, and collecting problems. Private to this folder.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml.h"
#include "core/lint/argo/argo.h"

namespace tuesday::lint {

// The node below `node` along mapping keys; nullptr when it, or one on the way, is absent or null.
const YamlNode* Below(const YamlNode* node, std::initializer_list<std::string_view> path);

// The text of a scalar below `node`, or empty.
std::string TextBelow(const YamlNode* node, std::initializer_list<std::string_view> path);

// The items of a list; none for anything else.
const std::vector<YamlNode>& Items(const YamlNode* node);

// Kubernetes' IntOrString as a number: "25%" is 25; 0 for what is no number.
int IntOrPercentValue(const YamlNode& node);

// `kubernetes: group/version, Kind`: the group of an object, empty for the core.
std::string GroupOf(const YamlNode& object);

// A value as the error shows it: JSON.
std::string Shown(const YamlNode* value);
std::string Shown(std::string_view text);

// One rollout, and the list that problems go to.
struct ArgoCheck {
  const YamlNode& rollout;
  std::string_view file;
  std::vector<ArgoProblem>& problems;

  const YamlNode* Spec() const { return Below(&rollout, {"spec"}); }
  const YamlNode* Canary() const { return Below(&rollout, {"spec", "strategy", "canary"}); }
  const YamlNode* BlueGreen() const { return Below(&rollout, {"spec", "strategy", "blueGreen"}); }
  const YamlNode* Routing() const { return Below(Canary(), {"trafficRouting"}); }

  void Invalid(const std::string& field, const std::string& shown, const std::string& detail) const;
  void Required(const std::string& field, const std::string& detail) const;
  void Internal(const std::string& field, const std::string& detail) const;
  void Say(const std::string& field, std::string text) const;
};

void CheckPodTemplate(const ArgoCheck& check);
void CheckStrategy(const ArgoCheck& check);
void CheckReferences(const ArgoCheck& check, const std::vector<const YamlNode*>& objects);

}  // namespace tuesday::lint
