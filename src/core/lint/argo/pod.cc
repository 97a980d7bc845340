// SPDX-License-Identifier: Apache-2.0
// The part of Kubernetes' validation of a pod template that a rollout's author meets (pkg/apis/{apps,core}/validation).
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/json.h"
#include "core/lint/argo/tree.h"

namespace tuesday::lint {
namespace {

constexpr std::size_t kDnsLabelMax = 63;
constexpr int kPortNumberMax = 65'535;
constexpr std::string_view kDnsLabel =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an "
    "alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

bool IsDnsLabel(std::string_view name) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= kDnsLabelMax && plain(name.front()) && plain(name.back()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return plain(c) || c == '-'; });
}

bool Contains(const YamlNode* list, std::string_view text) {
  return std::any_of(Items(list).begin(), Items(list).end(), [&](const YamlNode& item) { return item.text == text; });
}

// One entry of `matchExpressions`.
bool Matches(const YamlNode& expression, const YamlNode* labels) {
  const std::string key = TextBelow(&expression, {"key"});
  const std::string op = TextBelow(&expression, {"operator"});
  const YamlNode* label = Below(labels, {key});
  if (op == "Exists") return label != nullptr;
  if (op == "DoesNotExist") return label == nullptr;
  const bool in = label != nullptr && Contains(expression.Find("values"), label->text);
  return op == "In" ? in : op == "NotIn" ? !in : true;
}

void CheckLabels(const ArgoCheck& check) {
  const YamlNode* selector = Below(check.Spec(), {"selector"});
  const YamlNode* labels = Below(check.Spec(), {"template", "metadata", "labels"});
  bool matches = true;
  if (const YamlNode* wanted = Below(selector, {"matchLabels"})) {
    for (const YamlMember& member : wanted->members) {
      matches &= TextBelow(labels, {member.first.text}) == member.second.text && Below(labels, {member.first.text}) != nullptr;
    }
  }
  for (const YamlNode& expression : Items(Below(selector, {"matchExpressions"}))) matches &= Matches(expression, labels);
  if (!matches) {
    check.Invalid("spec.template.metadata.labels", Shown(labels), "`selector` does not match template `labels`");
  }
}

void CheckPorts(const ArgoCheck& check, const YamlNode& container, const std::string& path) {
  const std::vector<YamlNode>& ports = Items(container.Find("ports"));
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const std::string field = fmt::format("{}.ports[{}].containerPort", path, i);
    const YamlNode* port = Below(&ports[i], {"containerPort"});
    const std::int64_t number = port == nullptr ? 0 : port->AsInt().value_or(0);
    if (number == 0) {
      check.Required(field, "");
    } else if (number < 0 || number > kPortNumberMax) {
      check.Invalid(field, std::to_string(number), "must be between 1 and 65535, inclusive");
    }
  }
}

void CheckContainers(const ArgoCheck& check, const YamlNode* pod) {
  const std::vector<YamlNode>& containers = Items(Below(pod, {"containers"}));
  if (containers.empty()) check.Required("spec.template.spec.containers", "");
  std::set<std::string> names;
  for (std::size_t i = 0; i < containers.size(); ++i) {
    const std::string path = fmt::format("spec.template.spec.containers[{}]", i);
    const std::string name = TextBelow(&containers[i], {"name"});
    if (name.empty()) {
      check.Required(path + ".name", "");
    } else if (!IsDnsLabel(name)) {
      check.Invalid(path + ".name", Shown(name), std::string(kDnsLabel));
    } else if (!names.insert(name).second) {
      check.Say(path + ".name", "Duplicate value: " + Shown(name));
    }
    if (TextBelow(&containers[i], {"image"}).empty()) check.Required(path + ".image", "");
    CheckPorts(check, containers[i], path);
  }
}

}  // namespace

void CheckPodTemplate(const ArgoCheck& check) {
  CheckLabels(check);
  const YamlNode* pod = Below(check.Spec(), {"template", "spec"});
  CheckContainers(check, pod);
  const std::string policy = TextBelow(pod, {"restartPolicy"});
  if (!policy.empty() && policy != "Always") {
    check.Say("spec.template.spec.restartPolicy",
              fmt::format("Unsupported value: {}: supported values: \"Always\"", Shown(policy)));
  }
}

}  // namespace tuesday::lint
