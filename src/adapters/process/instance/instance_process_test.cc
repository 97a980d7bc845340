// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/instance/instance_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/files/files.h"
#include "testing/temporary_folder.h"

namespace tuesday::process {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ExpandVariables, FollowsKubernetes) {
  const std::map<std::string, std::string> variables = {{"A", "1"}, {"PORT", "80"}};
  for (const auto& [text, expanded] : std::vector<std::pair<std::string, std::string>>{
           {"$(A)", "1"},
           {"--port=$(PORT)/$(A)", "--port=80/1"},
           {"$(UNKNOWN)", "$(UNKNOWN)"},
           {"$$(A)", "$(A)"},
           {"$", "$"},
           {"$(A", "$(A"},
           {"$A", "$A"},
       }) {
    EXPECT_EQ(ExpandVariables(text, variables), expanded) << text;
  }
}

TEST(PlanProcess, AbsolutePathsMeanTheArtifactWhereItHasThem) {
  const TemporaryFolder artifact;
  ASSERT_TRUE(files::MakeFolders(artifact.path("app")).has_value());
  ASSERT_TRUE(files::ReplaceFile(artifact.path("app/server"), "x", 0755).has_value());
  InstanceSpec spec;
  spec.artifact_folder = artifact.path();
  spec.command = {"/app/server", "--port", "$(PORT)"};
  spec.working_dir = "/app";
  auto plan = PlanProcess(spec, 4711);
  ASSERT_TRUE(plan.has_value());
  EXPECT_THAT(plan->argv, ElementsAre(artifact.path("app/server"), "--port", "4711"));
  EXPECT_EQ(plan->working_folder, artifact.path("app"));
  spec.command = {"/bin/true"};
  spec.working_dir.clear();
  plan = PlanProcess(spec, 4711);
  EXPECT_THAT(plan->argv, ElementsAre("/bin/true"));
  EXPECT_EQ(plan->working_folder, artifact.path());
}

TEST(PlanProcess, PortIsOursWhateverTheManifestSays) {
  InstanceSpec spec;
  spec.command = {"true"};
  spec.environment = {{"PORT", "80"}, {"URL", "http://localhost:$(PORT)/"}};
  const auto plan = PlanProcess(spec, 4711);
  EXPECT_EQ(plan->environment.at("PORT"), "4711");
  EXPECT_EQ(plan->environment.at("URL"), "http://localhost:4711/");
}

TEST(PlanProcess, SaysWhatIsMissing) {
  const TemporaryFolder artifact;
  InstanceSpec spec;
  spec.artifact_folder = artifact.path();
  EXPECT_THAT(ErrorText(PlanProcess(spec, 1).error()), HasSubstr("`run`"));
  spec.artifact_folder = artifact.path("gone");
  EXPECT_THAT(ErrorText(PlanProcess(spec, 1).error()), HasSubstr("is gone"));
}

}  // namespace
}  // namespace tuesday::process
