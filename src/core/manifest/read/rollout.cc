// SPDX-License-Identifier: Apache-2.0
// A Rollout's spec with the validations of Argo Rollouts 1.9 (pkg/apis/rollouts/validation), whose words the messages keep.
#include <fmt/format.h>

#include <array>

#include "core/manifest/read/readers.h"

namespace tuesday::manifest {
namespace {

using enum KeyUse;

constexpr int kReplicasMax = 1000;
constexpr int kWindowMax = 1000;

constexpr auto kSpecKeys = std::to_array<Key>({
    {"analysis"},
    {"minReadySeconds"},
    {"paused"},
    {"progressDeadlineAbort"},
    {"progressDeadlineSeconds"},
    {"replicas"},
    {"restartAt"},
    {"revisionHistoryLimit"},
    {"rollbackWindow"},
    {"selector"},
    {"strategy"},
    {"template"},
    {"workloadRef", kRefused},
});
constexpr auto kHistoryKeys =
    std::to_array<Key>({{"successfulRunHistoryLimit", kNoEffect}, {"unsuccessfulRunHistoryLimit", kNoEffect}});
constexpr auto kWindowKeys = std::to_array<Key>({{"revisions"}});
constexpr auto kSelectorKeys = std::to_array<Key>({{"matchExpressions", kRefused}, {"matchLabels"}});
constexpr auto kStrategyKeys = std::to_array<Key>({{"blueGreen"}, {"canary"}});
void ReadSelector(Fields& spec, Rollout& out) {
  const YamlNode* node = spec.FindMapping("selector");
  if (node == nullptr) {
    if (spec.Find("selector") == nullptr && spec.Find("workloadRef") == nullptr) {
      spec.notes().Error(spec.node(), "missing-field", "Rollout has missing field '.spec.selector'.",
                         "Add `selector: {matchLabels: ...}` with labels of the template.");
    }
    return;
  }
  Fields selector(spec.notes(), *node, spec.PathOf("selector"), kSelectorKeys);
  selector.Read("matchLabels", out.match_labels);
  if (out.match_labels.empty() && selector.Find("matchExpressions") == nullptr) {
    spec.notes().Error(*node, "empty-selector", "empty selector is invalid for deployment.",
                       "Give it a label of the template.");
  }
}

void ReadTemplate(Fields& spec, Rollout& out) {
  const YamlNode* node = spec.FindMapping("template");
  if (spec.Find("workloadRef") != nullptr) {
    if (node != nullptr && !node->members.empty()) {
      spec.notes().Error(*node, "exactly-one", "template must be empty for workload reference rollout.",
                         "Keep one of the two.");
    }
    return;
  }
  if (node == nullptr) {
    if (spec.Find("template") == nullptr) spec.Require("template");
    return;
  }
  out.pod = ReadPodTemplate(spec.notes(), *node, spec.PathOf("template"));
  for (const auto& [label, value] : out.match_labels) {
    const auto found = out.pod.labels.find(label);
    if (found != out.pod.labels.end() && found->second == value) continue;
    spec.notes().Error(
        *node, "selector-mismatch",
        fmt::format("`selector` does not match template `labels`: {}={} is not a label of the template.", label, value),
        fmt::format("Add `{}: {}` to spec.template.metadata.labels.", label, value));
  }
}

void ReadStrategy(Fields& spec, Rollout& out) {
  const YamlNode* node = spec.FindMapping("strategy");
  const YamlNode* canary = node == nullptr ? nullptr : node->Find("canary");
  const YamlNode* blue_green = node == nullptr ? nullptr : node->Find("blueGreen");
  if (node == nullptr || (canary == nullptr && blue_green == nullptr)) {
    const YamlNode& at = node == nullptr ? spec.node() : *node;
    spec.notes().Error(at, "missing-field", "Rollout has missing field '.spec.strategy.canary or .spec.strategy.blueGreen'.",
                       "Add `strategy: {canary: {steps: [...]}}`.");
  }
  if (node == nullptr) return;
  Fields strategy(spec.notes(), *node, spec.PathOf("strategy"), kStrategyKeys);
  if (canary != nullptr && blue_green != nullptr) {
    spec.notes().Error(*node, "exactly-one", "Multiple Strategies can not be listed.", "Keep one of canary and blueGreen.");
  }
  if (blue_green != nullptr) out.strategy = ReadBlueGreen(spec.notes(), *blue_green, strategy.PathOf("blueGreen"));
  if (canary != nullptr) out.strategy = ReadCanary(spec.notes(), *canary, strategy.PathOf("canary"));
}

void CheckDeadline(Fields& spec, const Rollout& rollout) {
  constexpr Duration kDefault = std::chrono::seconds(600);
  if (rollout.progress_deadline.value_or(kDefault) > rollout.min_ready) return;
  const YamlNode* at = spec.Find("progressDeadlineSeconds");
  if (at == nullptr) at = spec.Find("minReadySeconds");
  spec.notes().Error(at == nullptr ? spec.node() : *at, "out-of-range",
                     "`spec.progressDeadlineSeconds` must be greater than minReadySeconds.",
                     "Raise it, or lower minReadySeconds.");
}

// A boot clock counts in nanoseconds and cannot reach instants centuries away.
void ReadRestartAt(Fields& spec, Rollout& out) {
  constexpr WallTime kFirst = std::chrono::sys_days(std::chrono::year(2000) / 1 / 1);
  constexpr WallTime kEnd = std::chrono::sys_days(std::chrono::year(2200) / 1 / 1);
  std::string text;
  if (spec.Find("restartAt") == nullptr || !spec.Read("restartAt", text)) return;
  const Result<WallTime> at = ParseWall(text);
  if (at.has_value() && *at >= kFirst && *at < kEnd) {
    out.restart_at = *at;
    return;
  }
  spec.notes().Error(*spec.Find("restartAt"), "unknown-value",
                     fmt::format("`spec.restartAt` is \"{}\", which is no instant between 2000 and 2200.", text),
                     "Write for example 2026-11-24T14:00:00Z.");
}

}  // namespace

Rollout ReadRollout(Notes& notes, const YamlNode& node) {
  Fields spec(notes, node, "spec", kSpecKeys);
  Rollout out;
  spec.Read("replicas", out.replicas, {0, kReplicasMax});
  spec.ReadSeconds("minReadySeconds", out.min_ready);
  spec.ReadSeconds("progressDeadlineSeconds", out.progress_deadline);
  spec.Read("progressDeadlineAbort", out.progress_deadline_abort);
  spec.Read("revisionHistoryLimit", out.revision_history_limit);
  spec.Read("paused", out.paused);
  ReadRestartAt(spec, out);
  if (const YamlNode* window = spec.FindMapping("rollbackWindow")) {
    int revisions = 0;
    Fields fields(notes, *window, spec.PathOf("rollbackWindow"), kWindowKeys);
    if (fields.Read("revisions", revisions, {0, kWindowMax})) out.rollback_window = revisions;
  }
  if (const YamlNode* history = spec.FindMapping("analysis")) Fields(notes, *history, spec.PathOf("analysis"), kHistoryKeys);
  CheckDeadline(spec, out);
  ReadSelector(spec, out);
  ReadTemplate(spec, out);
  ReadStrategy(spec, out);
  return out;
}

}  // namespace tuesday::manifest
