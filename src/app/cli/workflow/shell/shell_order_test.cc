// SPDX-License-Identifier: Apache-2.0
#include "app/cli/workflow/shell/shell_order.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <sstream>

#include "app/cli/workflow/shell/held_places.h"
#include "testing/temporary_folder.h"

namespace tuesday::cli {
namespace {

using workflow::StepOrder;
using workflow::StepReport;

StepOrder Failed() {
  StepOrder order;
  order.id = "1.test.3";
  order.ordinal = 3;
  order.argv = {"bash", "-e", "{0}"};
  order.script = "echo \"it's $1\" > \"$OUT\"\ntest -f 'mended {0}'\n";
  order.script_suffix = ".sh";
  order.environment = {{"A", "b"}};
  order.working_dir = "/work";
  order.timeout = std::chrono::seconds(5);
  return order;
}

TEST(ShellOrder, IsOneMoreCommandInTheStepsPlace) {
  const StepOrder shell = ShellOrder(Failed(), 2, "/opt/tuesday/shell/3-2", "xterm");
  EXPECT_EQ(shell.id, "1.test.3.2.shell");
  EXPECT_EQ(shell.ordinal, 2 * kShellOrdinals + 3);
  EXPECT_EQ(shell.environment, (std::map<std::string, std::string>{{"A", "b"}, {"TERM", "xterm"}}));
  EXPECT_EQ(shell.working_dir, "/work");
  EXPECT_EQ(shell.timeout, std::nullopt) << "a person takes the time that they need";
  EXPECT_EQ(shell.argv[3], "/opt/tuesday/shell/3-2");
}

// The shell's last words in `script`, typed to a bash that begins as the shell at a failed step does.
struct LeaveCase {
  std::string name;
  std::string typed;
  int exit_code;
};

class Bash {
 public:
  Bash() { Write("/start", ShellOrder(Failed(), 1, "", "").script); }

  int Type(const std::string& typed) {
    Write("/typed", typed);
    const std::string folder = folder_.path();
    const int status = ::system(("cd " + folder + " && OUT=" + folder + "/out bash --rcfile " + folder + "/start -i < " +
                                 folder + "/typed > " + folder + "/shown 2>&1")
                                    .c_str());
    return WEXITSTATUS(status);
  }

  void Write(const std::string& name, const std::string& text) { std::ofstream(folder_.path() + name) << text; }
  std::string Read(const std::string& name) {
    std::stringstream text;
    text << std::ifstream(folder_.path() + name).rdbuf();
    return text.str();
  }

 private:
  TemporaryFolder folder_;
};

TEST(ShellOrder, OnlyExitZeroLeavesWithZero) {
  Bash bash;
  for (const LeaveCase& c : std::vector<LeaveCase>{{"EndOfInput", "true\n", 1},
                                                   {"PlainExit", "true\nexit\n", 1},
                                                   {"PlainExitAfterAFailure", "false\nexit\n", 1},
                                                   {"ExitZero", "false\nexit 0\n", 0},
                                                   {"ExitWithACode", "exit 7\n", 7}}) {
    EXPECT_EQ(bash.Type(c.typed), c.exit_code) << c.name << ": " << bash.Read("/shown");
  }
}

TEST(ShellOrder, AgainRunsTheStepsCommandWithItsVeryScript) {
  Bash bash;
  bash.Type("again\nexit\n");
  EXPECT_EQ(bash.Read("/out"), "it's \n");
  EXPECT_NE(bash.Read("/shown").find("(exit code 1)"), std::string::npos) << bash.Read("/shown");
  bash.Write("/mended {0}", "");
  bash.Type("again\nexit\n");
  EXPECT_NE(bash.Read("/shown").find("(exit code 0)"), std::string::npos) << bash.Read("/shown");
}

TEST(MendedReport, IsThePassedStepWithWhatBothWrote) {
  StepReport failed{.id = "1.test.3", .ordinal = 3, .end = StepEnd::kTimedOut, .exit_code = 2, .problem = "late"};
  failed.outputs = {{"a", "1"}, {"b", "1"}};
  failed.summary = "one\n";
  StepReport shell{.id = "1.test.3.1.shell", .ordinal = kShellOrdinals + 3};
  shell.outputs = {{"b", "2"}, {"c", "2"}};
  shell.summary = "two\n";
  shell.ended = failed.ended + std::chrono::seconds(1);
  const StepReport mended = MendedReport(failed, shell);
  EXPECT_EQ(mended.id, "1.test.3");
  EXPECT_EQ(mended.ordinal, 3);
  EXPECT_EQ(mended.end, StepEnd::kExited);
  EXPECT_EQ(mended.exit_code, 0);
  EXPECT_EQ(mended.problem, "");
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(mended.outputs, (Pairs{{"a", "1"}, {"b", "2"}, {"c", "2"}}));
  EXPECT_EQ(mended.summary, "one\ntwo\n");
  EXPECT_EQ(mended.ended, shell.ended);
}

}  // namespace
}  // namespace tuesday::cli
