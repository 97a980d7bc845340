// SPDX-License-Identifier: Apache-2.0
// One place with steps run one after the other, for tests of what jobs do.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <string>

#include "adapters/sandbox/place_machine_test.h"

namespace tuesday::sandbox {

class JobTest : public ::testing::Test {
 protected:
  JobTest() {
    spec_.id = PlaceId("job-1");
    spec_.workspace = "/home/runner/work/app/app";
    spec_.network = Network::kNone;
  }

  void Open() {
    const Result<void> opened = machine_.places().Open(spec_);
    ASSERT_TRUE(opened.has_value()) << ErrorText(opened.error());
  }

  StepOrder Order(const std::string& script) {
    StepOrder step;
    step.ordinal = ++ordinal_;
    step.id = fmt::format("s{}", ordinal_);
    step.argv = {"bash", "-e", "{0}"};
    step.script = script;
    step.script_suffix = ".sh";
    return step;
  }

  void Start(const StepOrder& order) {
    const Result<void> started = machine_.places().Start(spec_.id, order);
    ASSERT_TRUE(started.has_value()) << ErrorText(started.error());
  }

  StepReport Ended(int ordinal) {
    for (int round = 0; round < 60; ++round) {
      const Result<PlaceView> view = machine_.places().Look(spec_.id, seen_, std::chrono::seconds(2));
      EXPECT_TRUE(view.has_value());
      if (!view.has_value()) break;
      for (const StepReport& report : view->reports) reports_[report.ordinal] = report;
      seen_ += static_cast<int>(view->reports.size());
      if (reports_.contains(ordinal)) return reports_[ordinal];
    }
    ADD_FAILURE() << "step " << ordinal << " does not end";
    return {};
  }

  StepReport Run(const StepOrder& order) {
    Start(order);
    return Ended(order.ordinal);
  }
  StepReport Run(const std::string& script) { return Run(Order(script)); }

  // Without the times.
  std::string Log(int ordinal) { return machine_.Log(spec_.id, ordinal); }
  std::string LogOf(const std::string& script) {
    Run(script);
    return Log(ordinal_);
  }

  // How many processes of the machine have these words among their arguments.
  int ProcessesWith(const std::string& words) {
    int count = 0;
    for (const std::string& name : files::NamesIn("/proc")) {
      const std::string command = files::ReadFile("/proc/" + name + "/cmdline", 65536).value_or("");
      count += command.find(words) != std::string::npos ? 1 : 0;
    }
    return count;
  }

  Machine machine_;
  PlaceSpec spec_;
  int ordinal_ = 0;
  int seen_ = 0;
  std::map<int, StepReport> reports_;
};

}  // namespace tuesday::sandbox
