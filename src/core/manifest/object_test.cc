// SPDX-License-Identifier: Apache-2.0
#include "core/manifest/object.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tuesday::manifest {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::Pair;

// The only object of a text that has no error.
template <typename T>
T Only(std::string_view text) {
  ReadResult result = ReadManifests(text, "a.yaml");
  for (const Finding& finding : result.findings) EXPECT_NE(finding.severity, Severity::kError) << finding.Text();
  EXPECT_EQ(result.objects.size(), 1U);
  return result.objects.empty() ? T() : std::get<T>(result.objects.front().body);
}

constexpr std::string_view kFullRollout = R"(
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: api, namespace: shop}
spec:
  replicas: 6
  minReadySeconds: 5
  progressDeadlineSeconds: 60
  progressDeadlineAbort: true
  revisionHistoryLimit: 3
  paused: true
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}, annotations: {note: hello}}
    spec:
      terminationGracePeriodSeconds: 7
      containers:
        - name: api
          image: api:1
          command: [run]
          args: [--fast]
          workingDir: /srv
          ports: [{name: http, containerPort: 3000}]
          resources: {requests: {cpu: 250m, memory: 256Mi}, limits: {cpu: 0.5, memory: 512Mi}}
          env:
            - {name: A, value: one}
            - {name: B, valueFrom: {configMapKeyRef: {name: settings, key: b}}}
            - {name: C, valueFrom: {secretKeyRef: {name: keys, key: c, optional: true}}}
            - {name: D, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
          envFrom: [{prefix: X_, configMapRef: {name: settings}}]
          readinessProbe: {httpGet: {path: /ready, port: http, httpHeaders: [{name: Host, value: x}]}, periodSeconds: 2}
          livenessProbe: {tcpSocket: {port: 3000}, failureThreshold: 5}
          startupProbe: {exec: {command: [check]}, timeoutSeconds: 4}
  strategy:
    canary:
      canaryService: api-canary
      stableService: api-stable
      maxSurge: 2
      maxUnavailable: 10%
      scaleDownDelaySeconds: 40
      abortScaleDownDelaySeconds: 0
      minPodsPerReplicaSet: 2
      trafficRouting: {maxTrafficWeight: 50, nginx: {stableIngress: api}}
      analysis:
        startingStep: 1
        templates: [{templateName: success-rate, clusterScope: true}]
        args: [{name: service-name, value: api-canary}, {name: hash, valueFrom: {podTemplateHashValue: Latest}}]
        dryRun: [{metricName: "slow.*"}]
      steps:
        - setWeight: 10
        - setCanaryScale: {replicas: 3}
        - pause: {duration: 5m}
        - pause: {duration: 90}
        - pause: {duration: "30"}
        - pause: {}
        - analysis: {templates: [{templateName: smoke}]}
)";

TEST(ReadRollout, ReadsEveryFieldOfTheSpec) {
  const auto rollout = Only<Rollout>(kFullRollout);
  EXPECT_EQ(rollout.replicas, 6);
  EXPECT_EQ(rollout.min_ready, seconds(5));
  EXPECT_EQ(rollout.progress_deadline, seconds(60));
  EXPECT_TRUE(rollout.progress_deadline_abort);
  EXPECT_EQ(rollout.revision_history_limit, 3);
  EXPECT_TRUE(rollout.paused);
  EXPECT_THAT(rollout.match_labels, ElementsAre(Pair("app", "api")));
  const auto& canary = std::get<CanaryStrategy>(rollout.strategy);
  EXPECT_EQ(canary.canary_service, "api-canary");
  EXPECT_EQ(canary.stable_service, "api-stable");
  EXPECT_EQ(canary.max_surge, (IntOrPercent{2, false}));
  EXPECT_EQ(canary.max_unavailable, (IntOrPercent{10, true}));
  EXPECT_EQ(canary.scale_down_delay, seconds(40));
  EXPECT_EQ(canary.abort_scale_down_delay, seconds(0));
  EXPECT_EQ(canary.min_pods_per_replica_set, 2);
  EXPECT_EQ(canary.traffic_routing->max_traffic_weight, 50);
  EXPECT_THAT(canary.traffic_routing->stable_ingresses, ElementsAre("api"));
  EXPECT_EQ(canary.analysis_starting_step, 1);
}

TEST(ReadRollout, ReadsAnalysesWithTheirArguments) {
  const auto rollout = Only<Rollout>(kFullRollout);
  const AnalysisRef& analysis = *std::get<CanaryStrategy>(rollout.strategy).analysis;
  EXPECT_EQ(analysis.templates.front().name, "success-rate");
  EXPECT_TRUE(analysis.templates.front().cluster_scope);
  EXPECT_EQ(analysis.args[0].value, "api-canary");
  EXPECT_EQ(analysis.args[1].pod_template_hash, "Latest");
  EXPECT_THAT(analysis.dry_run, ElementsAre("slow.*"));
}

TEST(ReadRollout, ReadsStepsInTheirOrderAndPausesInBothForms) {
  const auto rollout = Only<Rollout>(kFullRollout);
  const std::vector<Step>& steps = std::get<CanaryStrategy>(rollout.strategy).steps;
  ASSERT_EQ(steps.size(), 7U);
  EXPECT_EQ(std::get<StepSetWeight>(steps[0].body).percent, 10);
  EXPECT_EQ(std::get<StepSetCanaryScale>(steps[1].body).replicas, 3);
  EXPECT_EQ(std::get<StepPause>(steps[2].body).duration, minutes(5));
  EXPECT_EQ(std::get<StepPause>(steps[3].body).duration, seconds(90));
  EXPECT_EQ(std::get<StepPause>(steps[4].body).duration, seconds(30));
  EXPECT_EQ(std::get<StepPause>(steps[5].body).duration, std::nullopt);
  EXPECT_EQ(std::get<StepAnalysis>(steps[6].body).analysis.templates.front().name, "smoke");
  EXPECT_EQ(steps[0].at.Text(), "a.yaml:50:11");
}

TEST(ReadPod, ReadsContainerProbesAndEnvironment) {
  const PodSpec pod = Only<Rollout>(kFullRollout).pod;
  EXPECT_EQ(pod.termination_grace, seconds(7));
  EXPECT_THAT(pod.annotations, ElementsAre(Pair("note", "hello")));
  const Container& container = pod.containers.at(0);
  EXPECT_THAT(container.command, ElementsAre("run"));
  EXPECT_THAT(container.args, ElementsAre("--fast"));
  EXPECT_EQ(container.working_dir, "/srv");
  EXPECT_THAT(container.ports, ElementsAre(ContainerPort{"http", 3000}));
  EXPECT_EQ(container.resources, (Resources{250, 500, 256 << 20, 512 << 20}));
  EXPECT_EQ(container.env.at(0).value, "one");
  EXPECT_EQ(container.env.at(1).config_map_key, std::pair(std::string("settings"), std::string("b")));
  EXPECT_EQ(container.env.at(2).secret_key, std::pair(std::string("keys"), std::string("c")));
  EXPECT_TRUE(container.env.at(2).optional);
  EXPECT_EQ(container.env.at(3).field_path, "metadata.name");
  EXPECT_THAT(container.env_from, ElementsAre(EnvFrom{"settings", "", "X_", false}));
  EXPECT_EQ(std::get<HttpGet>(container.readiness->action), (HttpGet{"/ready", "http", "HTTP", {{"Host", "x"}}}));
  EXPECT_EQ(container.readiness->period, seconds(2));
  EXPECT_EQ(std::get<TcpSocket>(container.liveness->action).port, "3000");
  EXPECT_EQ(container.liveness->failure_threshold, 5);
  EXPECT_THAT(std::get<ExecCommand>(container.startup->action).command, ElementsAre("check"));
  EXPECT_EQ(container.startup->timeout, seconds(4));
}

TEST(ReadRollout, HasArgosDefaults) {
  const auto rollout = Only<Rollout>(R"(
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: api}
spec:
  selector: {matchLabels: {app: api}}
  template: {metadata: {labels: {app: api}}, spec: {containers: [{name: api, image: "api:1"}]}}
  strategy: {canary: {}}
status: {phase: Healthy}
)");
  EXPECT_EQ(rollout.replicas, 1);
  EXPECT_EQ(rollout.progress_deadline, std::nullopt);
  EXPECT_EQ(rollout.revision_history_limit, 10);
  EXPECT_EQ(rollout.pod.termination_grace, seconds(30));
  EXPECT_TRUE(std::get<CanaryStrategy>(rollout.strategy).steps.empty());
}

TEST(ReadService, ReadsPortsByNumberAndName) {
  const auto service = Only<Service>(R"(
apiVersion: v1
kind: Service
metadata: {name: api}
spec:
  type: ClusterIP
  selector: {app: api}
  ports: [{name: a, port: 80, targetPort: http}, {name: b, port: 81, targetPort: 8081}, {name: c, port: 82}]
)");
  EXPECT_THAT(service.selector, ElementsAre(Pair("app", "api")));
  EXPECT_THAT(service.ports, ElementsAre(ServicePort{"a", 80, "http"}, ServicePort{"b", 81, "8081"}, ServicePort{"c", 82, ""}));
}

TEST(ReadIngress, ReadsHostsPathsAndCertificates) {
  const auto ingress = Only<Ingress>(R"(
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: api}
spec:
  ingressClassName: nginx
  defaultBackend: {service: {name: rest, port: {name: http}}}
  tls: [{hosts: [a.example], secretName: cert}]
  rules:
    - host: a.example
      http:
        paths:
          - {path: /x, pathType: Exact, backend: {service: {name: api, port: {number: 80}}}}
          - {path: /y/*, pathType: ImplementationSpecific, backend: {service: {name: api, port: {number: 80}}}}
)");
  EXPECT_THAT(ingress.paths,
              ElementsAre(IngressPath{"a.example", "/x", true, "api", "80"},
                          IngressPath{"a.example", "/y/", false, "api", "80"}, IngressPath{"", "/", false, "rest", "http"}));
  EXPECT_THAT(ingress.tls, ElementsAre(IngressTls{{"a.example"}, "cert"}));
}

TEST(ReadConfig, DecodesSecretsAndPrefersStringData) {
  const auto secret = Only<Secret>(R"(
apiVersion: v1
kind: Secret
metadata: {name: keys}
type: kubernetes.io/tls
data: {a: aGVsbG8=, b: ""}
stringData: {a: bye}
)");
  EXPECT_EQ(secret.type, "kubernetes.io/tls");
  EXPECT_THAT(secret.data, ElementsAre(Pair("a", "bye"), Pair("b", "")));
  const auto config =
      Only<ConfigMap>("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {x: text}\nbinaryData: {y: /w==}\n");
  EXPECT_EQ(config.data.at("y"), "\xFF");
}

TEST(ReadConfig, NeverQuotesASecretsValue) {
  const ReadResult result = ReadManifests(
      "apiVersion: v1\nkind: Secret\nmetadata: {name: k}\ndata: {a: 'hunter2!', b: [hunter2]}\nstringData: {c: 2222222}\n",
      "a.yaml");
  EXPECT_EQ(result.findings.size(), 3U);
  for (const Finding& finding : result.findings) {
    EXPECT_EQ(finding.Text().find("hunter2"), std::string::npos) << finding.Text();
    EXPECT_EQ(finding.Text().find("2222222"), std::string::npos) << finding.Text();
  }
}

TEST(ReadManifests, KeepsForeignKindsAndPrometheusRulesAsNodes) {
  const ReadResult result = ReadManifests(
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nanything: [1]\n---\n---\n"
      "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {name: r}\nspec: {groups: []}\n",
      "a.yaml");
  ASSERT_EQ(result.objects.size(), 2U);
  EXPECT_NE(std::get<Foreign>(result.objects[0].body).node.Find("anything"), nullptr);
  EXPECT_NE(std::get<PrometheusRule>(result.objects[1].body).spec.Find("groups"), nullptr);
  ASSERT_EQ(result.findings.size(), 1U);
  EXPECT_EQ(result.findings.front().rule, "foreign-kind");
}

TEST(ReadManifests, LeavesOutOnlyTheObjectWithTheError) {
  const ReadResult result = ReadManifests(
      "apiVersion: v1\nkind: Service\nmetadata: {name: bad}\nspec: {port: []}\n---\n"
      "apiVersion: v1\nkind: Service\nmetadata: {name: good}\nspec: {}\n",
      "a.yaml");
  ASSERT_EQ(result.objects.size(), 1U);
  EXPECT_EQ(result.objects.front().metadata.name, "good");
  EXPECT_EQ(result.findings.front().Text(),
            "a.yaml:4:8: error: `port` is not a key of `spec`. Did you mean `ports`? [unknown-key]");
}

TEST(ReadManifests, PlacesAnErrorOfTheYaml) {
  const ReadResult result = ReadManifests("a: 1\na: 2\n", "dir/a.yaml");
  ASSERT_EQ(result.findings.size(), 1U);
  EXPECT_EQ(result.findings.front().Text(), "dir/a.yaml:2:1: error: The key \"a\" appears twice. Keep one of the two. [yaml]");
}

TEST(BuiltIn, TheThreeTemplatesAreThere) {
  std::vector<std::string> names;
  for (const Object& object : BuiltInTemplates()) names.push_back(object.metadata.name);
  EXPECT_THAT(names, ElementsAre("success-rate", "error-rate", "latency-p99"));
  const auto& metric = std::get<AnalysisTemplate>(BuiltInTemplates().front().body).metrics.at(0);
  EXPECT_EQ(metric.interval, "30s");
  EXPECT_EQ(metric.failure_limit, "2");
  EXPECT_EQ(metric.success_condition, "result[0] >= 0.99");
}

}  // namespace
}  // namespace tuesday::manifest
