// SPDX-License-Identifier: Apache-2.0
#include "testing/fake_workloads.h"

namespace tuesday::testing {

namespace {

InstanceId NameOf(const InstancesTarget& target, int ordinal) {
  return InstanceId(target.rollout.ns.str() + "." + target.rollout.name + "-" + target.revision.str() + "-" +
                    std::to_string(ordinal));
}

}  // namespace

Result<void> FakeWorkloads::SetInstances(const InstancesTarget& target) {
  ++set_calls_;
  if (error_) return std::unexpected(*error_);
  const std::pair key(target.rollout, target.revision);
  const auto known = targets_.find(key);
  if (known != targets_.end() && target.generation < known->second.generation) {
    return Fail(ErrorCode::kStale, "A newer number of instances is in force for " + target.rollout.Text() + ".");
  }
  targets_.insert_or_assign(key, target);
  const auto runs = [&](int ordinal) {
    return ordinal < target.count && (ordinal < target.out_begin || ordinal >= target.out_end);
  };
  for (int ordinal = 0; ordinal < target.count; ++ordinal) {
    const InstanceId id = NameOf(target, ordinal);
    if (!runs(ordinal) || instances_.contains(id)) continue;
    Behaviour behaviour;
    if (!target.artifacts.empty()) {
      const auto chosen = behaviours_.find(target.artifacts.begin()->second);
      if (chosen != behaviours_.end()) behaviour = chosen->second;
    }
    instances_[id] = {target.rollout, target.revision, ordinal, NextPort(), clock_.Now(), behaviour};
  }
  std::erase_if(instances_, [&](const auto& item) {
    const Instance& instance = item.second;
    return instance.rollout == target.rollout && instance.revision == target.revision && !runs(instance.ordinal);
  });
  return {};
}

InstanceState FakeWorkloads::StateOf(const InstanceId& id, const Instance& instance) const {
  InstanceState state;
  state.id = id;
  state.rollout = instance.rollout;
  state.revision = instance.revision;
  state.ordinal = instance.ordinal;
  state.host = "127.0.0.1";
  state.port = instance.port;
  state.started_at = instance.started_at;
  const Duration age = clock_.Now() - instance.started_at;
  const Behaviour& behaviour = instance.behaviour;
  state.phase = InstancePhase::kStarting;
  if (behaviour.ready_after && age >= *behaviour.ready_after) {
    state.phase = InstancePhase::kRunning;
    state.ready = true;
    state.ready_since = instance.started_at + *behaviour.ready_after;
  }
  if (behaviour.crash_after && age >= *behaviour.crash_after) {
    state.phase = InstancePhase::kBackOff;
    state.ready = false;
    state.ready_since.reset();
    state.restarts = 1;
    state.last_exit = "signal 11";
  }
  return state;
}

Result<std::vector<InstanceState>> FakeWorkloads::Observe() {
  if (error_) return std::unexpected(*error_);
  std::vector<InstanceState> states;
  for (const auto& [id, instance] : instances_) states.push_back(StateOf(id, instance));
  return states;
}

Result<std::vector<std::string>> FakeWorkloads::Logs(const InstanceId& instance, int lines_max) {
  if (!instances_.contains(instance)) return Fail(ErrorCode::kNotFound, "There is no instance " + instance.str() + ".");
  return std::vector<std::string>(lines_max > 0 ? 1 : 0, "started");
}

bool FakeWorkloads::IsReady(const InstanceId& instance) const {
  const auto found = instances_.find(instance);
  return found != instances_.end() && StateOf(found->first, found->second).ready;
}

}  // namespace tuesday::testing
