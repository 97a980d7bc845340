// SPDX-License-Identifier: Apache-2.0
#include "control/apply/questions.h"

#include <gmock/gmock.h>

namespace tuesday::control {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kRollout = R"(apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: api}
spec:
  replicas: 1
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: api, image: "api:1"}]}
  strategy:
    canary:
      analysis: {templates: [{templateName: asks}]}
      steps: [{setWeight: 10}]
---
)";

std::string Template(const std::string& provider, const std::string& args = "") {
  return std::string(kRollout) + "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {name: asks}\nspec:\n" +
         args + "  metrics:\n    - name: asked\n      provider: " + provider + "\n";
}

constexpr std::string_view kSecret = R"(---
apiVersion: v1
kind: Secret
metadata: {name: login}
stringData: {token: s3cret}
)";

std::string Check(const std::string& text, const std::map<std::string, state::ImageBinding>& images = {}) {
  const manifest::ReadResult read = manifest::ReadManifests(text, "asks.yaml");
  TypedObjects after;
  for (const manifest::Object& object : read.objects) after.emplace(FullName(object, Namespace("default")), object);
  std::string said;
  for (const Finding& finding : CheckQuestions(after, read.objects, Namespace("default"), images))
    said += finding.Text() + "\n";
  return said;
}

TEST(QuestionsTest, WhatCanBeAskedIsFine) {
  EXPECT_THAT(Check(Template("{web: {url: \"https://w.test/\", jsonPath: \"{$.ok}\"}}")), IsEmpty());
  EXPECT_THAT(Check(Template("{prometheus: {address: \"http://p.test\", query: up}}")), IsEmpty());
  EXPECT_THAT(Check(Template("{job: {spec: {template: {spec: {containers: [{name: a, command: [\"true\"]}]}}}}}")), IsEmpty());
}

TEST(QuestionsTest, WhatCouldNotBeAskedIsAnErrorWithItsPlace) {
  struct Case {
    const char* provider;
    const char* said;
  };
  for (const Case& one :
       {Case{"{web: {url: \"ftp://w.test/\"}}",
             "asks.yaml:20:7: metric asked: url: The address must begin with http:// or https://"},
        Case{"{web: {url: \"https://w.test/\", jsonPath: \"$.ok\"}}",
             "jsonPath: The jsonPath \"$.ok\" cannot be read at column 1"},
        Case{"{web: {url: \"https://w.test/{{args.none}}\"}}", "the argument none has no value"},
        Case{"{prometheus: {address: \"p.test\", query: up}}", "address: The address must begin with http://"},
        Case{"{job: {spec: {template: {spec: {containers: [{name: a, image: \"check:1\"}]}}}}}",
             "the image check:1 is bound to no artifact"},
        Case{"{job: {spec: {template: {spec: {containers: [{name: a}]}}}}}", "a job without an image needs a `command`"},
        Case{"{web: {url: \"https://w.test/\", headers: [{key: X, valueFrom: {secretKeyRef: {name: login, key: token}}}]}}",
             "needs the key token of the Secret login, which is not there. Set it: tuesday secret set login token=VALUE"}}) {
    EXPECT_THAT(Check(Template(one.provider)), HasSubstr(one.said)) << one.provider;
  }
}

TEST(QuestionsTest, AnImageThatIsBoundAndASecretThatIsThereAreFine) {
  EXPECT_THAT(Check(Template("{job: {spec: {template: {spec: {containers: [{name: a, image: \"check:1\"}]}}}}}"),
                    {{"check:1", state::ImageBinding{"check:1", "dir:/x", "digest", {}, "me"}}}),
              IsEmpty());
  EXPECT_THAT(Check(Template("{web: {url: \"https://w.test/{{args.token}}\"}}",
                             "  args: [{name: token, valueFrom: {secretKeyRef: {name: login, key: token}}}]\n") +
                    std::string(kSecret)),
              IsEmpty());
}

TEST(QuestionsTest, ASecretOnACommandLineIsRefused) {
  EXPECT_THAT(
      Check(Template("{job: {spec: {template: {spec: {containers: [{name: a, command: [echo, \"{{args.token}}\"]}]}}}}}",
                     "  args: [{name: token, valueFrom: {secretKeyRef: {name: login, key: token}}}]\n") +
            std::string(kSecret)),
      HasSubstr("command: the argument token reads a Secret"));
}

}  // namespace
}  // namespace tuesday::control
