// SPDX-License-Identifier: Apache-2.0
#include "instances.h"

#include <algorithm>
#include <cstdlib>

#include "objects.h"

namespace tuesday::scenarios {
namespace {

// From being asked for to the first success of a probe that has no delay.
constexpr Duration kStartTime = std::chrono::seconds(3);

// Upstream's broken versions name a program in the root folder, or an image that says itself that it is none.
bool IsBroken(const manifest::Container& container) {
  if (container.image.find("error") != std::string::npos || container.image.find("nonexistent") != std::string::npos)
    return true;
  return !container.command.empty() && container.command.front().rfind('/') == 0 && container.command.front().size() > 1;
}

Duration StartTime(const manifest::PodSpec& pod) {
  Duration time = kStartTime;
  const auto added = pod.annotations.find(kReadyAfter);
  if (added != pod.annotations.end()) time += std::chrono::seconds(std::atoi(added->second.c_str()));
  if (!pod.containers.empty() && pod.containers.front().readiness) time += pod.containers.front().readiness->initial_delay;
  return time;
}

}  // namespace

Result<void> SimulatedInstances::SetInstances(const InstancesTarget& target) {
  Generation& known = generations_[{target.rollout, target.revision}];
  if (target.generation < known) return Fail(ErrorCode::kStale, "A newer number of instances is in force.");
  known = target.generation;
  const auto runs = [&](int ordinal) {
    return ordinal < target.count && (ordinal < target.out_begin || ordinal >= target.out_end);
  };
  std::erase_if(instances_, [&](const auto& item) {
    const Instance& instance = item.second;
    return instance.rollout == target.rollout && instance.revision == target.revision && !runs(instance.ordinal);
  });
  for (int ordinal = 0; ordinal < target.count; ++ordinal) {
    const InstanceId id = InstanceIdOf(target.rollout, target.uid, target.revision, ordinal);
    if (!runs(ordinal) || instances_.contains(id)) continue;
    Instance instance;
    instance.rollout = target.rollout;
    instance.revision = target.revision;
    instance.ordinal = ordinal;
    instance.port = next_port_++;
    instance.started_at = clock_.Now();
    instance.broken = !target.pod.containers.empty() && IsBroken(target.pod.containers.front());
    instance.gated = target.pod.annotations.contains(kGated);
    instance.start_time = StartTime(target.pod);
    instances_[id] = std::move(instance);
  }
  return {};
}

InstanceState SimulatedInstances::StateOf(const InstanceId& id, const Instance& instance) const {
  InstanceState state;
  state.id = id;
  state.rollout = instance.rollout;
  state.revision = instance.revision;
  state.ordinal = instance.ordinal;
  state.host = "127.0.0.1";
  state.port = instance.port;
  state.started_at = instance.started_at;
  if (instance.broken) {
    state.phase = InstancePhase::kBackOff;
    state.message = "Its program does not exist.";
    return state;
  }
  Instant ready_at = instance.started_at + instance.start_time;
  if (instance.gated) ready_at = instance.marked_at ? std::max(ready_at, *instance.marked_at) : Instant::max();
  if (clock_.Now() < ready_at) return state;
  state.phase = InstancePhase::kRunning;
  state.ready = true;
  state.ready_since = ready_at;
  return state;
}

Result<std::vector<InstanceState>> SimulatedInstances::Observe() {
  std::vector<InstanceState> states;
  for (const auto& [id, instance] : instances_) states.push_back(StateOf(id, instance));
  return states;
}

Result<std::vector<std::string>> SimulatedInstances::Logs(const InstanceId&, int) { return std::vector<std::string>(); }

bool SimulatedInstances::IsReady(const InstanceId& instance) const {
  const auto found = instances_.find(instance);
  return found != instances_.end() && StateOf(found->first, found->second).ready;
}

void SimulatedInstances::MarkReady(const RevisionId& revision, int count) {
  for (auto& [id, instance] : instances_) {
    if (count == 0) return;
    if (instance.revision != revision || !instance.gated || instance.marked_at) continue;
    instance.marked_at = clock_.Now();
    --count;
  }
}

}  // namespace tuesday::scenarios
