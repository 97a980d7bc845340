// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/run/test_world.h"

#include <algorithm>

#include "base/check.h"
#include "core/workflow/run/groups.h"

namespace tuesday::workflow {

using expression::Value;

TestWorld::TestWorld(std::string_view workflow) {
  const ReadResult read = ReadWorkflow(workflow, "test.yaml", {});
  CHECK(read.problems.empty(), read.problems.empty() ? "" : read.problems.front().text);
  spec.id = "r1.1";
  spec.workflow = read.workflow;
  spec.files = read.files;
  spec.github = Value::Object({{"ref", "refs/heads/main"}, {"sha", "0123"}, {"event_name", "push"}, {"repository", "o/r"}});
  spec.inputs = Value::Object({});
  spec.vars = Value::Object({{"COLOUR", "green"}});
  spec.secrets = Value::Object({{"TOKEN", "hush-hush"}});
}

Moment TestWorld::Now() const {
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now_ - Instant{});
  return {now_, WallTime(std::chrono::milliseconds(1'700'000'000'000) + since)};
}

void TestWorld::Give(const RunEvent& event) {
  if (before_event) before_event(*this);
  RunOutcome outcome = StepRun(spec, std::move(state), event, Now());
  state = std::move(outcome.state);
  wake_at_ = outcome.wake_at;
  for (const audit::Entry& entry : outcome.entries) entries.push_back(entry.kind);
}

void TestWorld::Begin() { Give(RunBegun{}); }

void TestWorld::Cancel(const std::string& reason) { Give(CancelAsked{"", reason}); }

void TestWorld::End(Running& running) {
  running.ended = true;
  StepReport report;
  report.id = running.order.id;
  report.ordinal = running.order.ordinal;
  report.exit_code = running.killed ? 137 : running.behaviour.exit_code;
  if (running.order.timeout.has_value() && *running.order.timeout < running.behaviour.takes) report.end = StepEnd::kTimedOut;
  report.outputs = running.behaviour.outputs;
  report.environment = running.behaviour.environment;
  report.path = running.behaviour.path;
  report.state = running.behaviour.saved;
  report.annotations = running.behaviour.annotations;
  report.began = report.ended = Now().wall;
  Give(StepEnded{running.leg, report});
}

void TestWorld::Perform(const RunCommand& command) {
  switch (command.kind) {
    case CommandKind::kOpenPlace: return Give(PlaceOpened{command.leg});
    case CommandKind::kClosePlace: return Give(PlaceClosed{command.leg});
    case CommandKind::kHashFiles: return Give(FilesHashed{command.leg, command.patterns, hashes[command.patterns.front()]});
    case CommandKind::kLoadAction: return Give(ActionLoaded{command.leg, command.text, actions[command.text]});
    case CommandKind::kSignalStep: {
      const std::string id = command.id.substr(0, command.id.rfind('.'));
      const auto found = running_.find(id);
      if (found == running_.end()) return;
      const bool kill = command.signal == Ending::kKilled;
      signals.push_back(found->second.order.script + (kill                                    ? " kill"
                                                      : command.signal == Ending::kTerminated ? " terminate"
                                                                                              : " interrupt"));
      if (!kill && !found->second.behaviour.heeds_interrupt) return;
      found->second.ends = now_;
      found->second.killed = true;
      return;
    }
    case CommandKind::kStartStep: break;
  }
  const auto order = OrderOf(spec, state, command.leg, command.ordinal);
  CHECK(order.has_value(), order.has_value() ? "" : order.error().message);
  ++begun[command.id];
  const bool is_empty = order->script.empty() && order->argv.empty();  // Of containers.
  const std::string script = is_empty ? "" : order->script.empty() ? order->argv.back() : order->script;
  scripts.push_back(script);
  environments[script] = order->environment;
  orders[script] = *order;
  const Behaviour behaviour = behaviours.contains(script) ? behaviours[script] : Behaviour();
  const Duration takes = order->timeout.has_value() ? std::min(*order->timeout, behaviour.takes) : behaviour.takes;
  running_[command.id] = {command.leg, *order, behaviour, now_ + takes};
}

bool TestWorld::PerformAll() {
  bool any = false;
  while (true) {
    for (const GroupMove& move : SettleGroups(GroupMembers(spec.id, state))) {
      Give(move.granted ? RunEvent(GroupGranted{move.leg}) : RunEvent(GroupLost{move.leg, move.reason}));
      any = true;
    }
    const std::vector<RunCommand> commands = Outstanding(spec, state);
    const auto next =
        std::find_if(commands.begin(), commands.end(), [&](const RunCommand& c) { return !done_.contains(c.id); });
    if (next == commands.end()) return any;
    done_.insert(next->id);
    Perform(*next);
    any = true;
  }
}

bool TestWorld::Advance(Instant until) {
  Running* first = nullptr;
  for (auto& [id, running] : running_) {
    if (!running.ended && (first == nullptr || running.ends < first->ends)) first = &running;
  }
  const bool wakes = wake_at_.has_value() && (first == nullptr || *wake_at_ < first->ends);
  if (!wakes && first == nullptr) return false;
  const Instant at = wakes ? *wake_at_ : first->ends;
  if (at > until) return false;
  now_ = std::max(now_, at);
  if (wakes) {
    Give(Woken{});
  } else {
    End(*first);
  }
  return true;
}

void TestWorld::RunFor(Duration duration) {
  const Instant until = now_ + duration;
  PerformAll();
  while (state.phase != RunPhase::kDone && Advance(until)) PerformAll();
  now_ = std::max(now_, until);
  PerformAll();
}

void TestWorld::Run() {
  if (state.graph.jobs.empty()) Begin();
  PerformAll();
  while (state.phase != RunPhase::kDone && Advance(now_ + std::chrono::hours(100))) PerformAll();
  PerformAll();
}

const JobState& TestWorld::Job(std::string_view id) const {
  const auto found =
      std::find_if(state.graph.jobs.begin(), state.graph.jobs.end(), [&](const JobState& job) { return job.id == id; });
  CHECK(found != state.graph.jobs.end(), std::string(id));
  return *found;
}

const StepState& TestWorld::StepOf(std::string_view job, std::string_view id) const {
  const FrameState& frame = Job(job).legs.front().frames.front();
  const auto found = std::find(frame.ids.begin(), frame.ids.end(), id);
  CHECK(found != frame.ids.end(), std::string(id));
  return frame.steps[static_cast<std::size_t>(found - frame.ids.begin())];
}

}  // namespace tuesday::workflow
