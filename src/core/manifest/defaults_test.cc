// SPDX-License-Identifier: Apache-2.0
#include "core/manifest/defaults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tuesday::manifest {
namespace {

using testing::ElementsAre;

std::string RolloutText(std::string_view canary, std::string_view ports = "[{containerPort: 3000}]") {
  return "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: Api}\nspec:\n  selector: {matchLabels: {app: "
         "api}}\n"
         "  template: {metadata: {labels: {app: api}}, spec: {containers: [{name: api, image: 'api:1', ports: " +
         std::string(ports) + "}]}}\n  strategy: {canary: " + std::string(canary) + "}\n";
}

struct DefaultsCase {
  const char* name;
  std::string text;
  std::vector<std::string> made;  // "<kind> <name>".
};

class Defaults : public testing::TestWithParam<DefaultsCase> {};

TEST_P(Defaults, MakeWhatIsNamedAndNotGiven) {
  const ReadResult result = ReadManifests(GetParam().text, "a.yaml");
  ASSERT_FALSE(HasErrors(result.findings)) << result.findings.front().Text();
  std::vector<std::string> made;
  for (const DefaultObject& object : DefaultObjects(result.objects.front(), result.objects)) {
    made.push_back(object.object.kind + " " + object.object.metadata.name);
    EXPECT_NE(object.sentence.find(object.object.metadata.name), std::string::npos);
  }
  EXPECT_EQ(made, GetParam().made);
}

constexpr const char* kRouted = "{canaryService: c, stableService: s, trafficRouting: {nginx: {stableIngress: i}}}";
constexpr const char* kGivenService =
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {selector: {app: api}, ports: [{port: 8000}]}\n";
constexpr const char* kGivenIngress =
    "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i}\nspec: {rules: [{http: {paths: [{path: /, "
    "pathType: Prefix, "
    "backend: {service: {name: s, port: {number: 80}}}}]}}]}\n";

INSTANTIATE_TEST_SUITE_P(
    Cases, Defaults,
    testing::Values(DefaultsCase{"NothingGiven", RolloutText(kRouted), {"Service c", "Service s", "Ingress i"}},
                    DefaultsCase{"ServiceGiven", RolloutText(kRouted) + kGivenService, {"Service c", "Ingress i"}},
                    DefaultsCase{"IngressGiven", RolloutText(kRouted) + kGivenIngress, {"Service c", "Service s"}},
                    DefaultsCase{"NothingNamed", RolloutText("{}"), {"Service Api", "Ingress Api"}},
                    DefaultsCase{"SelectingServiceGiven", RolloutText("{}") + kGivenService, {"Ingress Api"}},
                    DefaultsCase{"SelectingServiceAndIngressGiven", RolloutText("{}") + kGivenService + kGivenIngress, {}},
                    DefaultsCase{"NoPortNoService", RolloutText("{}", "[]"), {}}),
    [](const auto& test) { return test.param.name; });

TEST(DefaultIngress, HasTheHostOfTheRolloutAndLeadsToItsStableService) {
  const ReadResult result = ReadManifests(RolloutText(kRouted) + kGivenService, "a.yaml");
  CheckContext context;
  context.ns = Namespace("shop");
  const std::vector<DefaultObject> made = DefaultObjects(result.objects.front(), result.objects, context);
  EXPECT_THAT(std::get<Ingress>(made.at(1).object.body).paths,
              ElementsAre(IngressPath{"api.shop.localhost", "/", false, "s", "8000"}));
  EXPECT_EQ(made.at(1).object.at.Text(), "a.yaml:7:99");
  EXPECT_EQ(made.at(1).sentence,
            "Ingress i is given by no file: made with defaults on one machine (host api.shop.localhost, path /).");
}

TEST(DefaultService, SelectsTheRolloutAndSendsToItsPort) {
  const ReadResult result = ReadManifests(RolloutText(kRouted), "a.yaml");
  const auto service = std::get<Service>(DefaultObjects(result.objects.front(), result.objects).front().object.body);
  EXPECT_EQ(service.selector, (std::map<std::string, std::string>{{"app", "api"}}));
  EXPECT_THAT(service.ports, ElementsAre(ServicePort{"http", 80, "3000"}));
}

TEST(FindTemplate, AFileTakesThePlaceOfTheBuiltInOne) {
  const ReadResult result = ReadManifests(
      "apiVersion: argoproj.io/v1alpha1\nkind: ClusterAnalysisTemplate\nmetadata: {name: success-rate}\n"
      "spec: {metrics: [{name: own, provider: {prometheus: {query: up}}}]}\n",
      "a.yaml");
  ASSERT_EQ(result.objects.size(), 1U);
  EXPECT_EQ(FindTemplate("success-rate", false, Namespace("shop"), result.objects), &result.objects.front());
  EXPECT_TRUE(IsBuiltIn(*FindTemplate("success-rate", true, Namespace("shop"), {})));
  EXPECT_EQ(FindTemplate("other", true, Namespace("shop"), result.objects), nullptr);
}

TEST(FindObject, LooksInItsNamespaceOnly) {
  const ReadResult result =
      ReadManifests("apiVersion: v1\nkind: Service\nmetadata: {name: s, namespace: shop}\nspec: {}\n", "a.yaml");
  EXPECT_NE(FindObject("Service", "s", Namespace("shop"), result.objects), nullptr);
  EXPECT_EQ(FindObject("Service", "s", Namespace("default"), result.objects), nullptr);
}

}  // namespace
}  // namespace tuesday::manifest
