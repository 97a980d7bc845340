// SPDX-License-Identifier: Apache-2.0
// The readers of each kind's body. Each takes a node and its path, reports to `notes`, and gives what it could read; whether
// that may be used is told by the errors in `notes`.
#pragma once

#include <string>

#include "base/yaml.h"
#include "core/manifest/object.h"
#include "core/manifest/read/fields.h"

namespace tuesday::manifest {

Metadata ReadMetadata(Notes& notes, const YamlNode& node, const std::string& path);
// Labels, annotations and spec of a pod template.
PodSpec ReadPodTemplate(Notes& notes, const YamlNode& node, const std::string& path);
// The same for a job: it is not restarted, and its container needs no image.
PodSpec ReadJobTemplate(Notes& notes, const YamlNode& node, const std::string& path);
Probe ReadProbe(Notes& notes, const YamlNode& node, const std::string& path);
Resources ReadResources(Notes& notes, const YamlNode& node, const std::string& path);
void ReadEnv(Fields& container, Container& out);

Rollout ReadRollout(Notes& notes, const YamlNode& spec);
CanaryStrategy ReadCanary(Notes& notes, const YamlNode& node, const std::string& path);
BlueGreenStrategy ReadBlueGreen(Notes& notes, const YamlNode& node, const std::string& path);
Step ReadStep(Notes& notes, const YamlNode& node, const std::string& path, const CanaryStrategy& canary);
// `background`: the reference of `canary.analysis`, which alone may have a `startingStep`.
AnalysisRef ReadAnalysisRef(Notes& notes, const YamlNode& node, const std::string& path, int* starting_step);
// `rollout_args`: arguments of a rollout, which know `podTemplateHashValue` and no `secretKeyRef`.
enum class ArgsOf { kRollout, kTemplate };
std::vector<AnalysisArg> ReadArgs(Fields& owner, ArgsOf of);

AnalysisTemplate ReadAnalysisTemplate(Notes& notes, const YamlNode& spec);
// `provider` of a metric.
void ReadProvider(Fields& metric, Metric& out);
Service ReadService(Notes& notes, const YamlNode& spec);
Ingress ReadIngress(Notes& notes, const YamlNode& spec);
PrometheusRule ReadPrometheusRule(Notes& notes, const YamlNode& spec);
// These two have no `spec`: they read the object itself.
ConfigMap ReadConfigMap(Notes& notes, const YamlNode& object);
Secret ReadSecret(Notes& notes, const YamlNode& object);

// Name rules of Kubernetes. A name that no file system or host name could carry is an error; one that only Kubernetes would
// refuse is a warning.
void CheckName(Notes& notes, const YamlNode& at, std::string_view name, std::string_view path);

}  // namespace tuesday::manifest
