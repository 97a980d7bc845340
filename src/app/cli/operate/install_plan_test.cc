// SPDX-License-Identifier: Apache-2.0
#include "app/cli/operate/install_plan.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "adapters/files/files.h"
#include "app/config/config.h"
#include "testing/temporary_folder.h"

namespace tuesday::cli {
namespace {

InstallPlaces Places(const std::string& program) {
  return {"/usr/local", "/var/lib/tuesday", program, "/etc/tuesday/tuesday.yaml", "bash", "zsh", "fish"};
}

// Does all steps below the folder; what each did.
std::vector<std::string> DoAll(const std::vector<InstallStep>& steps, const std::string& root) {
  std::vector<std::string> did;
  bool changed = false;
  for (const InstallStep& step : steps) {
    const Result<std::string> done = DoStep(step, root, changed);
    did.push_back(done ? *done : done.error().message);
    changed = changed || did.back() == "made" || did.back() == "changed";
  }
  return did;
}

class InstallTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(files::WriteFileDurably(folder_.path("program"), "ELF", 0755)); }
  std::vector<InstallStep> Steps() const { return InstallSteps(Places(folder_.path("program"))); }
  std::string Text(const std::string& path) const { return files::ReadFile(folder_.path("root") + path).value_or("(none)"); }

  TemporaryFolder folder_;
};

TEST_F(InstallTest, ASecondRunChangesNothing) {
  ASSERT_TRUE(files::MakeFolders(folder_.path("root")));
  const auto first = DoAll(Steps(), folder_.path("root"));
  EXPECT_EQ(std::ranges::count(first, "made"), 7);
  for (const std::string& did : DoAll(Steps(), folder_.path("root"))) {
    EXPECT_TRUE(did == "there" || did.starts_with("skipped")) << did;
  }
  EXPECT_EQ(Text("/usr/local/bin/tuesday"), "ELF");
  struct stat facts{};
  ASSERT_EQ(::stat((folder_.path("root") + "/usr/local/bin/tuesday").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777, 0755U);
  ASSERT_EQ(::stat((folder_.path("root") + "/var/lib/tuesday").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777, 0751U);
}

TEST_F(InstallTest, WhatTheOperatorWroteStaysAndTheRestIsMended) {
  const std::string root = folder_.path("root");
  DoAll(Steps(), root);
  ASSERT_TRUE(files::WriteFileDurably(root + "/etc/tuesday/tuesday.yaml", "mine"));
  ASSERT_TRUE(files::WriteFileDurably(root + kUnitPath, "old"));
  const auto again = DoAll(Steps(), root);
  EXPECT_EQ(std::ranges::count(again, "changed"), 1);
  EXPECT_EQ(Text("/etc/tuesday/tuesday.yaml"), "mine");
  EXPECT_NE(Text(kUnitPath), "old");
}

TEST_F(InstallTest, UninstallLeavesStateAndSettings) {
  const std::string root = folder_.path("root");
  DoAll(Steps(), root);
  ASSERT_TRUE(files::WriteFileDurably(root + "/var/lib/tuesday/tuesday.db", "rows"));
  DoAll(UninstallSteps(Places("")), root);
  EXPECT_EQ(Text("/usr/local/bin/tuesday"), "(none)");
  EXPECT_EQ(Text(kUnitPath), "(none)");
  EXPECT_EQ(Text("/var/lib/tuesday/tuesday.db"), "rows");
  EXPECT_NE(Text("/etc/tuesday/tuesday.yaml"), "(none)");
}

TEST_F(InstallTest, TheSettingsThatAreWrittenAreTaken) {
  for (const InstallStep& step : Steps()) {
    if (step.kind != InstallStep::Kind::kDefault) continue;
    const auto read = config::ReadConfig(step.text, step.path);
    EXPECT_TRUE(read) << read.error().message;
  }
}

TEST(Unit, ServicesOutliveTheDaemonAndShareItsFiles) {
  const std::string unit = UnitText("/usr/local/bin/tuesday", "/etc/tuesday/tuesday.yaml", "/var/lib/tuesday");
  for (const char* line :
       {"\nKillMode=process\n", "\nDelegate=yes\n", "\nExecReload=/bin/kill -HUP $MAINPID\n", "\nRestart=always\n"}) {
    EXPECT_NE(unit.find(line), std::string::npos) << line;
  }
  // Each of these makes a mount namespace, which a new start does not share with the supervisors of the last one.
  for (const char* key : {"\nProtectSystem=", "\nPrivateTmp=", "\nProtectHome=", "\nReadOnlyPaths=", "\nPrivateDevices="}) {
    EXPECT_EQ(unit.find(key), std::string::npos) << key;
  }
}

}  // namespace
}  // namespace tuesday::cli
