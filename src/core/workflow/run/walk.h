// SPDX-License-Identifier: Apache-2.0
// Goes through the steps of a leg: what comes next, what it needs to know first, how it ends. An internal header of this
// folder.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/workflow/run/action_plan.h"
#include "core/workflow/run/scope.h"

namespace tuesday::workflow {

// A step as the walk sees it. A `parallel:` is taken apart: its steps run in the background, and a wait for them follows.
struct FlatStep {
  const Step* step = nullptr;
  bool in_parallel = false;
  std::vector<std::string> waits_for;  // What the wait after a `parallel:` waits for.
  bool is_wait() const { return !waits_for.empty(); }
};

std::vector<FlatStep> Flatten(const std::vector<Step>& steps);

// How a step is called before its turn.
std::string StepName(const FlatStep& flat);

// Whether the walk can go on at once, or must wait for an answer.
enum class Pace { kOn, kWait };

class Walk {
 public:
  Walk(Turn& turn, LegPlace& place) : turn_(turn), place_(place), leg_(*place.leg) {}

  // Opens the frame of the job's own steps.
  void Open();

  // Runs on until an answer is needed or the leg has nothing more to run.
  void Continue();

  // Ends the command with this report, wherever in the leg it belongs.
  void Take(const StepReport& report);

  // The condition of a running step, asked again after a cancellation.
  bool StillHolds(int frame, int step);

  const std::vector<FlatStep>& StepsOf(int frame);

 private:
  Pace ContinueStages(std::vector<StageState>& stages, bool reversed);
  Pace ContinueMain();
  Pace BeginStage(StageState& stage, bool is_post);
  Pace BeginContainers(StageState& stage, bool is_post);
  Pace BeginStep(int frame, int index);
  Pace BeginKind(const FlatStep& flat, int frame, int index, const Contexts& contexts);
  Pace BeginScript(const Step& step, int frame, int index, const Contexts& contexts);
  Pace BeginRun(int frame, int index);
  Pace BeginUses(const Step& step, int frame, int index, const Contexts& contexts);
  Pace BeginComposite(const Step& step, const ActionPlan& plan, int frame, int index);
  Pace Wait(const std::vector<std::string>& ids, bool all, int frame, int index);
  Pace CancelBackground(const Step& step, int frame, int index);
  Pace Ask(StepState& state, const Contexts& contexts, const EvaluationProblem& problem, std::string_view what);
  void WantHash(const Contexts& contexts);
  void CloseFrame();
  void Join(StepState& state, int frame);
  void Finish(StepState& state, int frame, RunResult outcome, std::string reason);
  void FinishStep(int frame, int index, RunResult outcome, std::string reason);
  void AddPost(const ActionPlan& plan, int frame, int index);
  void Absorb(StepState& state, int frame, const StepReport& report);
  void AbsorbAnnotations(int frame, const std::vector<Annotation>& more);
  bool HasRunning() const;
  void EndMain();
  void EndPost();
  const ActionPlan* Plan(const std::string& uses, std::string& problem);

  Turn& turn_;
  LegPlace& place_;
  LegState& leg_;
  std::map<int, std::vector<FlatStep>> flats_;
  std::map<std::string, ActionPlan> plans_;
};

}  // namespace tuesday::workflow
