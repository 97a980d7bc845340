// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>

#include "core/workflow/run/run.h"

namespace tuesday::workflow {
namespace {

constexpr auto kSignalWords = std::to_array<std::string_view>({"", "interrupt", "terminate", "kill"});

class Collector {
 public:
  explicit Collector(const RunSpec& spec) : spec_(spec) {}

  void Graph(const GraphState& graph) {
    for (const JobState& job : graph.jobs) {
      for (const LegState& leg : job.legs) Leg(leg);
    }
  }

  std::vector<RunCommand> Take() { return std::move(commands_); }

 private:
  void Leg(const LegState& leg) {
    for (const GraphState& called : leg.called) Graph(called);
    if (leg.phase == LegPhase::kOpening) Add(CommandKind::kOpenPlace, leg.key, "open");
    if (leg.phase == LegPhase::kClosing) Add(CommandKind::kClosePlace, leg.key, "close");
    for (const std::string& uses : leg.wanted_actions) Add(CommandKind::kLoadAction, leg.key, "load." + uses, uses);
    if (!leg.wanted_hash.empty()) {
      RunCommand& hash = Add(CommandKind::kHashFiles, leg.key, fmt::format("hash.{}", leg.hashes_asked));
      hash.patterns = leg.wanted_hash;
    }
    if (leg.phase == LegPhase::kClosing || leg.phase == LegPhase::kDone) return;
    for (const FrameState& frame : leg.frames) {
      for (const StepState& step : frame.steps) Step(leg, step);
    }
    for (const StageState& stage : leg.pre_stages) Step(leg, stage.run);
    for (const StageState& stage : leg.post_stages) Step(leg, stage.run);
  }

  void Step(const LegState& leg, const StepState& step) {
    if (step.phase != StepPhase::kRunning || step.ordinal == 0 || step.left.has_value()) return;
    const std::string ordinal = std::to_string(step.ordinal);
    Add(CommandKind::kStartStep, leg.key, ordinal).ordinal = step.ordinal;
    if (step.ending == Ending::kNone) return;
    RunCommand& signal = Add(CommandKind::kSignalStep, leg.key,
                             fmt::format("{}.{}", ordinal, kSignalWords[static_cast<std::size_t>(step.ending)]));
    signal.ordinal = step.ordinal;
    signal.signal = step.ending;
  }

  RunCommand& Add(CommandKind kind, const std::string& leg, const std::string& what, std::string text = "") {
    RunCommand& command = commands_.emplace_back();
    command.id = leg.empty() ? fmt::format("{}.{}", spec_.id, what) : fmt::format("{}.{}.{}", spec_.id, leg, what);
    command.kind = kind;
    command.leg = leg;
    command.text = std::move(text);
    return command;
  }

  const RunSpec& spec_;
  std::vector<RunCommand> commands_;
};

}  // namespace

std::vector<RunCommand> Outstanding(const RunSpec& spec, const RunState& state) {
  Collector collector(spec);
  collector.Graph(state.graph);
  return collector.Take();
}

}  // namespace tuesday::workflow
