# SPDX-License-Identifier: Apache-2.0
"""Reads the tables of manifest keys out of the readers' sources, for docs/guide/manifests.md.

Each table has a place in `PLACES`. A table without one fails the test, so that a new mapping cannot stay undocumented.
"""

import pathlib
import re

POD = "Rollout `spec.template.spec`"

# (file, table) -> where its keys stand in a manifest, in the order of the page.
PLACES = {
    ("objects.cc", "kObjectKeys"): "every object",
    ("objects.cc", "kListKeys"): "`List`",
    ("metadata.cc", "kMetadataKeys"): "`metadata`",
    ("rollout.cc", "kSpecKeys"): "Rollout `spec`",
    ("rollout.cc", "kHistoryKeys"): "Rollout `spec.analysis`",
    ("rollout.cc", "kSelectorKeys"): "Rollout `spec.selector`",
    ("rollout.cc", "kWindowKeys"): "Rollout `spec.rollbackWindow`",
    ("rollout.cc", "kStrategyKeys"): "Rollout `spec.strategy`",
    ("blue_green.cc", "kBlueGreenKeys"): "Rollout `spec.strategy.blueGreen`",
    ("canary.cc", "kCanaryKeys"): "Rollout `spec.strategy.canary`",
    ("canary.cc", "kRoutingKeys"): "`canary.trafficRouting`",
    ("canary.cc", "kNginxKeys"): "`canary.trafficRouting.nginx`",
    ("step.cc", "kStepKeys"): "`canary.steps[]`",
    ("step.cc", "kPauseKeys"): "`canary.steps[].pause`",
    ("step.cc", "kScaleKeys"): "`canary.steps[].setCanaryScale`",
    ("analysis_ref.cc", "kBackgroundKeys"): "`canary.analysis`",
    ("analysis_ref.cc", "kStepKeys"): "`canary.steps[].analysis`",
    ("analysis_ref.cc", "kTemplateRefKeys"): "`analysis.templates[]`",
    ("analysis_ref.cc", "kDryRunKeys"): "`analysis.dryRun[]`",
    ("analysis_ref.cc", "kArgKeys"): "`args[]`",
    ("analysis_ref.cc", "kRolloutFromKeys"): "`args[].valueFrom` in a Rollout",
    ("analysis_ref.cc", "kTemplateFromKeys"): "`args[].valueFrom` in a template",
    ("analysis_ref.cc", "kFieldRefKeys"): "`args[].valueFrom.fieldRef`",
    ("analysis_ref.cc", "kSecretRefKeys"): "`args[].valueFrom.secretKeyRef`",
    ("pod.cc", "kTemplateKeys"): "Rollout `spec.template`",
    ("pod.cc", "kPodKeys"): POD,
    ("pod.cc", "kContainerKeys"): "`containers[]`",
    ("pod.cc", "kPortKeys"): "`containers[].ports[]`",
    ("pod.cc", "kPullSecretKeys"): "`imagePullSecrets[]`",
    ("container.cc", "kEnvKeys"): "`containers[].env[]`",
    ("container.cc", "kValueFromKeys"): "`containers[].env[].valueFrom`",
    ("container.cc", "kKeyRefKeys"): "`configMapKeyRef`, `secretKeyRef`",
    ("container.cc", "kFieldRefKeys"): "`containers[].env[].valueFrom.fieldRef`",
    ("container.cc", "kEnvFromKeys"): "`containers[].envFrom[]`",
    ("container.cc", "kObjectRefKeys"): "`configMapRef`, `secretRef`",
    ("container.cc", "kResourcesKeys"): "`containers[].resources`",
    ("container.cc", "kOpen"): "`resources.limits`, `resources.requests`",
    ("container.cc", "kProbeKeys"): "a probe",
    ("container.cc", "kHttpKeys"): "a probe's `httpGet`",
    ("container.cc", "kHeaderKeys"): "a probe's `httpGet.httpHeaders[]`",
    ("container.cc", "kTcpKeys"): "a probe's `tcpSocket`",
    ("container.cc", "kExecKeys"): "a probe's `exec`",
    ("analysis_template.cc", "kSpecKeys"): "AnalysisTemplate, ClusterAnalysisTemplate `spec`",
    ("analysis_template.cc", "kNestedKeys"): "template `spec.templates[]`",
    ("analysis_template.cc", "kDryRunKeys"): "template `spec.dryRun[]`",
    ("analysis_template.cc", "kMetricKeys"): "template `spec.metrics[]`",
    ("provider.cc", "kProviderKeys"): "template `spec.metrics[].provider`",
    ("provider.cc", "kPrometheusKeys"): "template `provider.prometheus`",
    ("provider.cc", "kRangeQueryKeys"): "template `provider.prometheus.rangeQuery`",
    ("provider.cc", "kWebKeys"): "template `provider.web`",
    ("provider.cc", "kHeaderKeys"): "template `provider.*.headers[]`",
    ("provider.cc", "kHeaderFromKeys"): "template `provider.*.headers[].valueFrom`",
    ("provider.cc", "kSecretRefKeys"): "template `provider.*.headers[].valueFrom.secretKeyRef`",
    ("provider.cc", "kAuthenticationKeys"): "template `provider.*.authentication`",
    ("provider.cc", "kBasicAuthKeys"): "template `provider.*.authentication.basicAuth`",
    ("provider.cc", "kOAuth2Keys"): "template `provider.*.authentication.oauth2`",
    ("provider.cc", "kJobKeys"): "template `provider.job`",
    ("provider.cc", "kJobSpecKeys"): "template `provider.job.spec`",
    ("network.cc", "kServiceKeys"): "Service `spec`",
    ("network.cc", "kPortKeys"): "Service `spec.ports[]`",
    ("network.cc", "kIngressKeys"): "Ingress `spec`",
    ("network.cc", "kTlsKeys"): "Ingress `spec.tls[]`",
    ("network.cc", "kRuleKeys"): "Ingress `spec.rules[]`",
    ("network.cc", "kHttpKeys"): "Ingress `spec.rules[].http`",
    ("network.cc", "kPathKeys"): "Ingress `spec.rules[].http.paths[]`",
    ("network.cc", "kBackendKeys"): "Ingress `backend`, `defaultBackend`",
    ("network.cc", "kBackendServiceKeys"): "Ingress `backend.service`",
    ("network.cc", "kBackendPortKeys"): "Ingress `backend.service.port`",
    ("config.cc", "kConfigMapKeys"): "ConfigMap",
    ("config.cc", "kSecretKeys"): "Secret",
    ("config.cc", "kPrometheusRuleKeys"): "PrometheusRule `spec`",
}

TABLE = re.compile(r"constexpr auto (k\w+)\s*=\s*std::to_array<Key>\(\{(.*?)\}\);", re.S)
KEY = re.compile(r'\{\s*"([^"]+)"\s*(?:,\s*(k\w+)\s*)?\}')
NAME = re.compile(r'\{\s*"([^"]+)",\s*"([^"]+)"\s*\}')
USES = {"": "read", "kRead": "read", "kSilent": "silent", "kNoEffect": "warned", "kRefused": "refused"}


def tables(source: pathlib.Path) -> dict[tuple[str, str], dict[str, list[str]]]:
    """(file, table) -> use -> keys, of every table in the readers."""
    found = {}
    # A second container is refused, not the key.
    refused = {name for name, _ in refused_names(source)} - {"containers"}
    for path in sorted((source / "src/core/manifest/read").glob("*.cc")):
        for name, body in TABLE.findall(path.read_text()):
            uses: dict[str, list[str]] = {"read": [], "silent": [], "warned": [], "refused": []}
            for key, use in KEY.findall(body):
                # Some keys are read only to refuse them by name with what stands below.
                known = USES[use]
                uses["refused" if known == "read" and key in refused else known].append(key)
            found[path.name, name] = uses
    return found


def refused_names(source: pathlib.Path) -> list[tuple[str, str]]:
    """Every name that a finding of rule `unsupported` may carry, and what it is."""
    text = (source / "src/core/manifest/unsupported.cc").read_text()
    return NAME.findall(text[text.index("kNames") : text.index("});")])


def _words(keys: list[str]) -> str:
    return " ".join(f"`{key}`" for key in keys) or "–"


def manifests_tables(source: pathlib.Path) -> str:
    """The generated part of docs/guide/manifests.md."""
    found = tables(source)
    missing = sorted(set(found) - set(PLACES))
    gone = sorted(set(PLACES) - set(found))
    if missing or gone:
        raise SystemExit(f"tests/tool/key_tables.py, PLACES: without a place: {missing}; no longer there: {gone}")
    lines = ["| in | read | known, silent | warned: no effect on one machine | refused |", "| --- | --- | --- | --- | --- |"]
    for where, place in PLACES.items():
        uses = found[where]
        cells = [_words(uses[use]) for use in ("read", "silent", "warned", "refused")]
        lines.append(f"| {place} | {' | '.join(cells)} |")
    lines += ["", "## Refused by name", "", "| name | what it would be |", "| --- | --- |"]
    lines += [f"| `{name}` | {what} |" for name, what in refused_names(source)]
    return "\n".join(lines) + "\n"
