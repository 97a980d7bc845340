// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <vector>

#include "testing/fleet_bench.h"

namespace tuesday::control {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::Contains;
using testing::FleetBench;
using ::testing::HasSubstr;
using ::testing::Not;

std::string ConfigMap(const std::string& value) {
  return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {MODE: " + value + "}\n---\n";
}

std::string WithConfig(std::string manifest) {
  const std::string before = "          ports:";
  manifest.insert(manifest.find(before), "          envFrom: [{configMapRef: {name: settings}}]\n");
  return manifest;
}

TEST(Apply, OneBadObjectOfTenChangesNothing) {
  FleetBench bench;
  bench.Start();
  std::string text = FleetBench::Manifest("v1");
  for (int i = 0; i < 8; ++i) {
    text += "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c" + std::to_string(i) + "}\ndata: {A: b}\n";
  }
  text += "---\napiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{prot: 1}]}\n";
  const int commits = bench.store().commits();
  const Result<ApplyReport> report = bench.Apply(text);
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().message, HasSubstr("test.yaml:"));
  EXPECT_TRUE(bench.fleet().Objects(std::nullopt).empty());
  EXPECT_EQ(bench.store().commits(), commits);
}

TEST(Apply, AnImageThatIsBoundToNothingIsRefusedWithTheCommandThatBindsIt) {
  FleetBench bench;
  bench.Start();
  std::string text = FleetBench::Manifest("v1");
  const std::string image = "dir:/api/v1";
  text.replace(text.find(image), image.size(), "registry/api:1.0.0");
  const Result<ApplyReport> refused = bench.Apply(text);
  ASSERT_FALSE(refused);
  EXPECT_THAT(ErrorText(refused.error()), HasSubstr("tuesday image bind registry/api:1.0.0 dir:PATH"));

  std::optional<Result<state::ImageBinding>> bound;
  bench.fleet().BindImage("registry/api:1.0.0", "dir:/api/v1", "tester",
                          [&](Result<state::ImageBinding> result) { bound = std::move(result); });
  bench.executor().RunFor(seconds(1));
  ASSERT_TRUE(bound);
  ASSERT_TRUE(*bound);
  EXPECT_TRUE(bench.Apply(text));
}

std::string Template(const std::string& condition) {
  return "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {name: t}\nspec:\n"
         "  args: [{name: limit}]\n  metrics:\n"
         "    - name: errors\n      successCondition: " +
         condition + "\n      provider: {prometheus: {query: up}}\n";
}

TEST(Apply, AConditionThatCanNeverDecideIsRefusedAtItsPlace) {
  FleetBench bench;
  bench.Start();
  const Result<ApplyReport> refused = bench.Apply(Template("result[0] + 1"));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("test.yaml:8:25"));
  EXPECT_THAT(refused.error().message, HasSubstr("The condition never yields true or false."));
  EXPECT_TRUE(bench.fleet().Objects(std::nullopt).empty());
  EXPECT_TRUE(bench.Apply(Template("result[0] < 1")));
}

TEST(Apply, AnArgumentThatSpoilsAConditionIsRefusedWhereTheRolloutNamesTheTemplate) {
  FleetBench bench;
  bench.Start();
  ASSERT_TRUE(bench.Apply(Template("result[0] < {{args.limit}}"))) << "Nobody has given the argument yet.";
  const auto with = [](const std::string& limit) {
    std::string text = FleetBench::Manifest("v1");
    const std::string steps = "      steps:";
    text.insert(text.find(steps),
                "      analysis: {templates: [{templateName: t}], args: [{name: limit, value: \"" + limit + "\"}]}\n");
    return text;
  };
  const Result<ApplyReport> refused = bench.Apply(with("few"));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("\"few\" is not known"));
}

TEST(Apply, ABindingThatIsGivenAgainMakesANewRevisionAtTheNextApplyOnly) {
  FleetBench bench;
  bench.Start();
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v1")));
  ASSERT_TRUE(bench.RunUntilStable("v1", minutes(1)));
  const RevisionId first = bench.View().spec.revision;
  bench.artifacts().SetContent("dir:/api/v1", 2);
  bench.executor().RunFor(minutes(1));
  EXPECT_EQ(bench.View().spec.revision, first);
  const Result<ApplyReport> again = bench.Apply(FleetBench::Manifest("v1"));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->rollouts.front().move, RolloutMove::kCanary);
  EXPECT_NE(bench.View().spec.revision, first);
}

TEST(Apply, TheSameFileAgainChangesNothing) {
  FleetBench bench;
  bench.Start();
  ASSERT_EQ(bench.Apply(FleetBench::Manifest("v1"))->release, 1u);
  const Result<ApplyReport> again = bench.Apply(FleetBench::Manifest("v1"));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->release, 0u);
  EXPECT_EQ(again->objects.front().change, ObjectChange::kUnchanged);
  EXPECT_EQ(bench.View().spec.generation.value, 1u);
}

TEST(Apply, SaysWhatItMadeAndWhatNobodyWatches) {
  FleetBench bench;
  bench.Start();
  const Result<ApplyReport> report = bench.Apply(FleetBench::Manifest("v1"));
  ASSERT_TRUE(report);
  EXPECT_THAT(report->said, Contains(HasSubstr("Service default/api-canary")));
  EXPECT_THAT(report->said, Contains(HasSubstr("host api.default.localhost")));
  EXPECT_THAT(report->said, Contains(HasSubstr("only restarts, readiness and hanging requests")));
}

TEST(Apply, AChangedConfigMapMakesANewRevisionOfTheRolloutThatUsesIt) {
  FleetBench bench;
  bench.Start();
  ASSERT_TRUE(bench.Apply(ConfigMap("a") + WithConfig(FleetBench::Manifest("v1"))));
  const RevisionId first = bench.View().spec.revision;
  const Result<ApplyReport> changed = bench.Apply(ConfigMap("b"));
  ASSERT_TRUE(changed) << changed.error().message;
  EXPECT_NE(bench.View().spec.revision, first);
}

TEST(Apply, AConfigMapThatIsNotThereIsNamed) {
  FleetBench bench;
  bench.Start();
  const Result<ApplyReport> report = bench.Apply(WithConfig(FleetBench::Manifest("v1")));
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().message, HasSubstr("ConfigMap settings"));
}

TEST(Apply, PlanShowsStepsAndChangesNothing) {
  FleetBench bench;
  bench.Start();
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v1")));
  ASSERT_TRUE(bench.RunUntilStable("v1", minutes(1)));
  std::optional<Result<ApplyReport>> plan;
  bench.fleet().Plan({Namespace("default"), {{"f", FleetBench::Manifest("v2")}}, "tester"},
                     [&](Result<ApplyReport> result) { plan = std::move(result); });
  bench.executor().RunFor(seconds(1));
  ASSERT_TRUE(plan);
  ASSERT_TRUE(*plan);
  const RolloutPlan& rollout = (*plan)->rollouts.front();
  EXPECT_EQ(rollout.move, RolloutMove::kCanary);
  ASSERT_EQ(rollout.steps.size(), 4u);
  EXPECT_EQ(rollout.steps[0].canary_instances, 1);
  EXPECT_EQ(rollout.steps[2].canary_instances, 2);
  EXPECT_EQ(rollout.dwell_least, Duration(minutes(2)));
  EXPECT_EQ(bench.View().spec.generation.value, 1u);
}

TEST(Apply, PlanSaysWhichRulesWillCountAndWhy) {
  FleetBench bench;
  bench.Start();
  const std::string rules = R"(---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: rules}
spec:
  groups:
    - name: g
      rules:
        - {alert: DiskFull, expr: "node_disk_free_bytes < 1"}
        - {alert: CanaryErrors, expr: 'rate(http_requests_total{status="500", canary="true"}[1m]) > 1'}
)";
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v1") + rules));
  ASSERT_TRUE(bench.RunUntilStable("v1", minutes(1)));
  const Result<ApplyReport> report = bench.Apply(FleetBench::Manifest("v2"));
  ASSERT_TRUE(report) << report.error().message;
  const std::vector<std::string>& gates = report->rollouts.front().gates;
  ASSERT_EQ(gates.size(), 3u) << ::testing::PrintToString(gates);
  EXPECT_THAT(gates[0], HasSubstr("CanaryErrors (counts): "));
  EXPECT_THAT(gates[1], HasSubstr("restarts, readiness and hanging requests"));
  EXPECT_THAT(gates[2], HasSubstr("DiskFull (only shown): "));
}

TEST(Apply, SetImageMakesARevisionWithTheOtherImage) {
  FleetBench bench;
  bench.Start();
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v1")));
  ASSERT_TRUE(bench.RunUntilStable("v1", minutes(1)));
  std::optional<Result<ApplyReport>> set;
  bench.fleet().SetImage(FleetBench::NameOf("api"), "main", "dir:/api/v2", "tester",
                         [&](Result<ApplyReport> result) { set = std::move(result); });
  bench.executor().RunFor(seconds(1));
  ASSERT_TRUE(set);
  ASSERT_TRUE(*set) << set->error().message;
  EXPECT_TRUE(bench.RunUntilStable("v2", minutes(10)));
}

TEST(Apply, GivesTheSameObjectTwiceIsRefused) {
  FleetBench bench;
  bench.Start();
  const Result<ApplyReport> report = bench.Apply(FleetBench::Manifest("v1") + "---\n" + FleetBench::Manifest("v2"));
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().message, HasSubstr("is given twice"));
}

// An Ingress of the host with the paths, for that rollout's stable service. The first path stands in its line 10.
std::string Ingress(const std::string& rollout, const std::string& host, const std::vector<std::string>& paths) {
  std::string text = "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: " + rollout +
                     "}\nspec:\n  rules:\n  - host: " + host + "\n    http:\n      paths:\n";
  for (const std::string& path : paths) {
    text += "      - {path: " + path + ", pathType: Prefix, backend: {service: {name: " + rollout +
            "-stable, port: {number: 80}}}}\n";
  }
  return text;
}

TEST(Apply, AnErrorOfMeaningIsRefusedUnlessAReasonIsGiven) {
  FleetBench bench;
  bench.Start();
  const std::string bad = R"yaml(apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: rate}
spec:
  metrics:
    - name: rate
      interval: 30s
      successCondition: result[0] >= 0.9
      failureCondition: result[0] < 0.95
      provider: {prometheus: {query: "sum(rate(http_requests_total[1m]))"}}
)yaml";
  const Result<control::ApplyReport> refused = bench.Apply(bad);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("[contradicting-thresholds]"));
  std::string silenced = bad;
  const std::string reason = "# tuesday: allow contradicting-thresholds because both are wanted\n";
  silenced.insert(silenced.find("      successCondition"), "      " + reason);
  silenced.insert(silenced.find("      failureCondition"), "      " + reason);
  const Result<control::ApplyReport> applied = bench.Apply(silenced);
  EXPECT_TRUE(applied) << applied.error().message;
}

TEST(Apply, OnlyTheLastReleasesAreKeptAsRows) {
  FleetBench bench;
  bench.Start();
  const auto apply = [&](int i) {
    ASSERT_TRUE(bench.Apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {n: '" + std::to_string(i) + "'}}"));
  };
  for (int i = 0; i < 70; ++i) apply(i);
  bench.Crash();
  bench.Start();
  for (int i = 70; i < 130; ++i) apply(i);
  const Result<std::vector<Row>> rows = bench.store().List("release", "");
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 100U);
  EXPECT_NE(rows->front().value.find("\"number\":31,"), std::string::npos) << rows->front().value;
}

TEST(ApplyRoutes, SecondRolloutForAHostAndPathIsRefusedWithBothNamed) {
  FleetBench bench;
  bench.Start();
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v1") + Ingress("api", "api.test", {"/", "/v1", "/v2"})));
  const std::size_t objects = bench.fleet().Objects(std::nullopt).size();
  const std::string manifest = FleetBench::Manifest("v1", "web");
  const auto line = std::ranges::count(manifest, '\n') + 10;
  const Result<ApplyReport> refused = bench.Apply(manifest + Ingress("web", "API.test", {"/v1/", "/v2", "/v3"}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(refused.error().message, HasSubstr("test.yaml:" + std::to_string(line) +
                                                 ":9: error: Host API.test, path /v1/ of the rollout default/web "
                                                 "leads to the rollout default/api already."));
  EXPECT_THAT(refused.error().message,
              HasSubstr("test.yaml:" + std::to_string(line + 1) + ":9: error: Host API.test, path /v2 of"));
  EXPECT_THAT(refused.error().message, Not(HasSubstr("/v3")));
  EXPECT_EQ(bench.fleet().Objects(std::nullopt).size(), objects);
  EXPECT_TRUE(bench.Apply(manifest + Ingress("web", "api.test", {"/v3"}))) << "another path of the same host is free";
  EXPECT_TRUE(bench.Apply(FleetBench::Manifest("v2") + Ingress("api", "api.test", {"/", "/v1", "/v2"})))
      << "who has it may be applied again";
}

TEST(ApplyRoutes, TheEdgeAsksWhatTheProbeAsksWhereItCan) {
  struct Case {
    const char* name;
    const char* ports;
    const char* probe;
    const char* path;
  };
  const Case cases[] = {
      {"ByNumber", "[{containerPort: 3000}]", "{httpGet: {path: /ready, port: 3000}}", "/ready"},
      {"ByName", "[{containerPort: 3000, name: http}]", "{httpGet: {path: /ready, port: http}}", "/ready"},
      {"AnotherPort", "[{containerPort: 3000}, {containerPort: 9000}]", "{httpGet: {path: /ready, port: 9000}}", ""},
      {"OwnHeaders", "[{containerPort: 3000}]", "{httpGet: {path: /ready, port: 3000, httpHeaders: [{name: Host, value: x}]}}",
       ""},
      {"Connects", "[{containerPort: 3000}]", "{tcpSocket: {port: 3000}}", ""},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    FleetBench bench;
    bench.Start();
    std::string manifest = FleetBench::Manifest("v1");
    const std::string ports = "          ports: [{containerPort: 3000}]\n";
    manifest.replace(manifest.find(ports), ports.size(),
                     std::string("          ports: ") + one.ports + "\n          readinessProbe: " + one.probe + "\n");
    const Result<ApplyReport> applied = bench.Apply(manifest);
    ASSERT_TRUE(applied) << applied.error().message;
    EXPECT_EQ(bench.View().exposure.check_path, one.path);
  }
}

TEST(ApplyRoutes, OfTwoInOneApplyTheOneThatStandsLaterIsRefused) {
  FleetBench bench;
  bench.Start();
  const Result<ApplyReport> refused =
      bench.Apply(FleetBench::Manifest("v1", "web") + Ingress("web", "x.test", {"/"}) + "---\n" +
                  FleetBench::Manifest("v1", "api") + Ingress("api", "x.test", {"/"}));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message,
              HasSubstr("Host x.test, path / of the rollout default/api is also given to the rollout default/web."));
  EXPECT_TRUE(bench.fleet().Objects(std::nullopt).empty());
}

TEST(ApplyRoutes, IngressAloneCannotTakeWhatAnotherRolloutHas) {
  FleetBench bench;
  bench.Start();
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v1", "api") + Ingress("api", "x.test", {"/"})));
  ASSERT_TRUE(bench.Apply(FleetBench::Manifest("v1", "web")));
  const Result<ApplyReport> refused = bench.Apply(Ingress("web", "x.test", {"/"}));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("test.yaml:10:9: error: "));
  EXPECT_THAT(refused.error().message, HasSubstr("[route-conflict]"));
}

}  // namespace
}  // namespace tuesday::control
