// SPDX-License-Identifier: Apache-2.0
// What a run has ordered, done through ports; every answer becomes an event.
#include <algorithm>
#include <cstdint>
#include <utility>

#include "control/runs/run.h"
#include "control/runs/run_spec.h"
#include "core/workflow/run/containers/place_terms.h"
#include "core/workflow/run/order.h"

namespace tuesday::control {
namespace {

using workflow::CommandKind;
using workflow::LegPhase;
using workflow::LegState;
using workflow::LoadedAction;
using workflow::RunCommand;

constexpr std::size_t kDefinitionBytesMax = 1 << 20;

template <typename Use>
void ForEachLeg(const workflow::GraphState& graph, const Use& use) {
  for (const workflow::JobState& job : graph.jobs) {
    for (const LegState& leg : job.legs) {
      use(leg);
      for (const workflow::GraphState& called : leg.called) ForEachLeg(called, use);
    }
  }
}

StepSignal SignalOf(workflow::Ending ending) {
  return ending == workflow::Ending::kInterrupted  ? StepSignal::kInterrupt
         : ending == workflow::Ending::kTerminated ? StepSignal::kTerminate
                                                   : StepSignal::kKill;
}

// The definition of an action that stands in the workspace.
LoadedAction LoadLocal(JobPlaces& places, const PlaceId& place, const std::string& workspace, const std::string& uses) {
  LoadedAction action;
  action.folder = workspace + uses.substr(1);
  while (action.folder.ends_with('/')) action.folder.pop_back();
  for (const char* name : {"/action.yml", "/action.yaml"}) {
    if (auto text = places.ReadFile(place, action.folder + name, kDefinitionBytesMax); text.has_value()) {
      action.definition = std::move(*text);
      return action;
    }
  }
  action.problem = "Can't find 'action.yml' or 'action.yaml' under '" + action.folder +
                   "'. Did you forget to run actions/checkout before running your local action?";
  return action;
}

}  // namespace

std::vector<std::string> OpenedLegs(const workflow::RunState& state) {
  std::vector<std::string> legs;
  ForEachLeg(state.graph, [&](const LegState& leg) {
    if (leg.phase != LegPhase::kWaiting && leg.phase != LegPhase::kCalled && leg.phase != LegPhase::kDone)
      legs.push_back(leg.key);
  });
  return legs;
}

bool IsOpening(const workflow::RunState& state, const std::string& leg) {
  bool is_opening = false;
  ForEachLeg(state.graph,
             [&](const LegState& one) { is_opening = is_opening || (one.key == leg && one.phase == LegPhase::kOpening); });
  return is_opening;
}

bool HasRunningStep(const workflow::RunSpec& spec, const workflow::RunState& state, const std::string& leg) {
  for (const RunCommand& command : workflow::Outstanding(spec, state)) {
    if (command.kind == CommandKind::kStartStep && command.leg == leg) return true;
  }
  return false;
}

std::optional<Runs::TokenAsker> Runs::FindTokenAsker(const std::string& id, const std::string& leg) const {
  const auto found = runs_.find(id);
  if (found == runs_.end()) return std::nullopt;
  const Run& run = *found->second;
  auto facts = workflow::LegTokenFactsOf(run.spec, run.state, leg);
  if (!facts.has_value()) return std::nullopt;
  TokenAsker asker{*std::move(facts), {}};
  for (const RunCommand& command : workflow::Outstanding(run.spec, run.state)) {
    if (command.kind == CommandKind::kStartStep && command.leg == leg) asker.steps.push_back(command.ordinal);
  }
  return asker;
}

void Runs::Perform(const RunPtr& run) {
  for (const RunCommand& command : workflow::Outstanding(run->spec, run->state)) {
    if (run->ordered.insert(command.id).second) PerformOne(run, command);
  }
}

void Runs::PerformOne(const RunPtr& run, const RunCommand& command) {
  switch (command.kind) {
    // Opened when there is room, and at a start not before all runs have said what they hold.
    case CommandKind::kOpenPlace: waiting_.emplace_back(run, command.leg); return;
    case CommandKind::kLoadAction: return Load(run, command.leg, command.text);
    case CommandKind::kHashFiles: return Hash(run, command);
    case CommandKind::kStartStep: return Start(run, command);
    case CommandKind::kSignalStep: return Signal(run, command);
    case CommandKind::kClosePlace: return Close(run, command.leg, 1);
  }
}

namespace {

std::string LaneOf(const PlaceId& place) { return "job " + place.str(); }

}  // namespace

LegServices Runs::ServicesOf(const RunPtr& run, const std::string& leg) const {
  return parts_.services == nullptr ? LegServices() : parts_.services(run->record, leg);
}

std::size_t Runs::PlacesInUse() const {
  std::size_t count = 0;
  for (const auto& [id, run] : runs_) {
    if (run->state.phase != workflow::RunPhase::kDone) count += OpenedLegs(run->state).size();
  }
  const auto is_opening = [](const auto& waiting) { return IsOpening(waiting.first->state, waiting.second); };
  return count - static_cast<std::size_t>(std::ranges::count_if(waiting_, is_opening));
}

void Runs::OpenWaiting() {
  if (waiting_.empty()) return;
  const std::size_t most = parts_.jobs_at_once_max == nullptr ? SIZE_MAX : parts_.jobs_at_once_max();
  std::size_t in_use = PlacesInUse();
  while (!waiting_.empty() && in_use < most) {
    const auto [run, leg] = std::move(waiting_.front());
    waiting_.pop_front();
    if (!IsOpening(run->state, leg)) continue;  // It was cancelled while it waited.
    Open(run, leg);
    ++in_use;
  }
}

void Runs::Open(const RunPtr& run, const std::string& leg) {
  auto opened = std::make_shared<Result<void>>();
  PlaceSpec spec = PlaceSpecOf(run->record, run->spec, run->state, leg);
  const LegServices services = ServicesOf(run, leg);
  spec.service_socket = services.socket;
  spec.service_port = services.port;
  spec.hosts.insert(services.hosts.begin(), services.hosts.end());
  spec.masks.insert(spec.masks.end(), services.masks.begin(), services.masks.end());
  parts_.executor.Run(
      LaneOf(spec.id), [&places = parts_.places, spec, opened] { *opened = places.Open(spec); },
      [self = self_, run, leg, opened] {
        if (*self == nullptr) return;
        if (opened->has_value()) return (*self)->Give(run, workflow::PlaceOpened{leg});
        (*self)->Give(run, workflow::PlaceLost{leg, ErrorText(opened->error())});
      });
}

void Runs::Load(const RunPtr& run, const std::string& leg, const std::string& uses) {
  auto loaded = std::make_shared<LoadedAction>();
  const PlaceId place = PlaceOf(run->record, leg);
  const std::shared_ptr<Actions> own = parts_.actions_of == nullptr ? nullptr : parts_.actions_of(run->record);
  parts_.executor.Run(
      LaneOf(place),
      [this, place, own, workspace = workflow::PlaceTermsOf(run->spec, run->state, leg).paths.workspace, uses, loaded] {
        if (uses.starts_with("./")) {
          *loaded = LoadLocal(parts_.places, place, workspace, uses);
          return;
        }
        auto found = own == nullptr ? parts_.actions.Load(uses) : own->Load(uses);
        if (found.has_value()) {
          *loaded = std::move(*found);
        } else {
          loaded->problem = ErrorText(found.error());
        }
      },
      [self = self_, run, leg, uses, loaded] {
        if (*self != nullptr) (*self)->Give(run, workflow::ActionLoaded{leg, uses, *loaded});
      });
}

void Runs::Hash(const RunPtr& run, const RunCommand& command) {
  auto digest = std::make_shared<Result<std::string>>();
  const PlaceId place = PlaceOf(run->record, command.leg);
  parts_.executor.Run(
      LaneOf(place),
      [&places = parts_.places, place, patterns = command.patterns, digest] { *digest = places.HashFiles(place, patterns); },
      [self = self_, run, leg = command.leg, patterns = command.patterns, digest] {
        if (*self == nullptr) return;
        if (digest->has_value()) return (*self)->Give(run, workflow::FilesHashed{leg, patterns, **digest});
        (*self)->Give(run, workflow::PlaceLost{leg, "hashFiles(): " + ErrorText(digest->error())});
      });
}

void Runs::Start(const RunPtr& run, const RunCommand& command) {
  const LegServices services = ServicesOf(run, command.leg);
  const auto order = workflow::OrderOf(run->spec, run->state, command.leg, command.ordinal,
                                       {.of_actions = services.environment, .of_steps = services.every_step});
  const auto not_started = [run, leg = command.leg, ordinal = command.ordinal, id = command.id,
                            now = Now().wall](std::string why) {
    StepReport report{.id = id, .ordinal = ordinal, .end = StepEnd::kNotStarted, .problem = std::move(why)};
    report.began = report.ended = now;
    return workflow::StepEnded{leg, std::move(report)};
  };
  if (!order) return Give(run, not_started(order.error().message));
  const PlaceId place = PlaceOf(run->record, command.leg);
  auto started = std::make_shared<Result<void>>();
  parts_.executor.Run(
      LaneOf(place), [&places = parts_.places, place, order = *order, started] { *started = places.Start(place, order); },
      [self = self_, run, leg = command.leg, started, not_started] {
        if (*self == nullptr) return;
        if (started->has_value()) return (*self)->Look(run, leg);
        if (started->error().code == ErrorCode::kConflict || started->error().code == ErrorCode::kNotFound)
          return (*self)->Give(run, workflow::PlaceLost{leg, ErrorText(started->error())});
        (*self)->Give(run, not_started(ErrorText(started->error())));
      });
}

// A step that has ended meanwhile needs no signal; one that cannot be reached is found lost by looking.
void Runs::Signal(const RunPtr& run, const RunCommand& command) {
  const PlaceId place = PlaceOf(run->record, command.leg);
  const std::string step = command.id.substr(0, command.id.rfind('.'));
  parts_.executor.Run(
      LaneOf(place),
      [&places = parts_.places, place, step, signal = SignalOf(command.signal)] { (void)places.Signal(place, step, signal); },
      [] {});
}

void Runs::Close(const RunPtr& run, const std::string& leg, int tries) {
  const PlaceId place = PlaceOf(run->record, leg);
  auto closed = std::make_shared<Result<void>>();
  parts_.executor.Run(
      LaneOf(place), [&places = parts_.places, place, closed] { *closed = places.Close(place); },
      [self = self_, run, leg, tries, closed] {
        if (*self == nullptr) return;
        Runs& runs = **self;
        if (closed->has_value() || tries >= kCloseTriesMax) return runs.Give(run, workflow::PlaceClosed{leg});
        runs.Later(runs.parts_.clock.Now() + kTryAgain, [&runs, run, leg, tries] { runs.Close(run, leg, tries + 1); });
      });
}

void Runs::Look(const RunPtr& run, const std::string& leg) {
  if (!run->looking.insert(leg).second) return;
  const PlaceId place = PlaceOf(run->record, leg);
  auto view = std::make_shared<Result<PlaceView>>();
  parts_.executor.Run(
      std::string(kLookLanePrefix) + place.str(),
      [&places = parts_.places, place, seen = run->seen[leg], view] { *view = places.Look(place, seen, kLookPatience); },
      [self = self_, run, leg, view] {
        if (*self != nullptr) (*self)->TakeView(run, leg, *view);
      });
}

void Runs::TakeView(const RunPtr& run, const std::string& leg, const Result<PlaceView>& view) {
  run->looking.erase(leg);
  if (!view.has_value()) return Give(run, workflow::PlaceLost{leg, ErrorText(view.error())});
  for (const StepReport& report : view->reports) {
    ++run->seen[leg];
    if (report.end != StepEnd::kLost) Give(run, workflow::StepEnded{leg, report});
  }
  const bool expects = HasRunningStep(run->spec, run->state, leg);
  if (view->phase == PlacePhase::kOpen) {
    if (expects) Look(run, leg);
    return;
  }
  if (expects) Give(run, workflow::PlaceLost{leg, view->message.empty() ? "the job's place is gone" : view->message});
}

}  // namespace tuesday::control
