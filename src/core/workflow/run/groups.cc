// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/run/groups.h"

#include <algorithm>
#include <map>

#include "core/expression/value/text.h"

namespace tuesday::workflow {
namespace {

void AddLegs(const std::string& run, const GraphState& graph, std::vector<GroupMember>& members) {
  for (const JobState& job : graph.jobs) {
    for (const LegState& leg : job.legs) {
      for (const GraphState& called : leg.called) AddLegs(run, called, members);
      if (leg.group.empty()) continue;
      members.push_back({.run = run,
                         .leg = leg.key,
                         .group = leg.group,
                         .holds = leg.holds_group,
                         .waits = !leg.holds_group && leg.phase == LegPhase::kWaiting,
                         .ended = leg.holds_group && leg.phase == LegPhase::kDone,
                         .cancels = leg.group_cancels,
                         .queues = leg.group_queues,
                         .since = leg.group_since});
    }
  }
}

GroupMove Grant(const GroupMember& member) { return {member.run, member.leg, true, ""}; }
GroupMove Lose(const GroupMember& member, std::string reason) { return {member.run, member.leg, false, std::move(reason)}; }

void Settle(std::vector<const GroupMember*> members, std::vector<GroupMove>& moves) {
  std::stable_sort(members.begin(), members.end(), [](const auto* a, const auto* b) { return a->since < b->since; });
  std::vector<const GroupMember*> waiting;
  const GroupMember* holder = nullptr;
  for (const GroupMember* member : members) {
    if (member->ended) {
      moves.push_back(Lose(*member, "it has ended"));
    } else if (member->holds) {
      holder = member;
    } else if (member->waits) {
      waiting.push_back(member);
    }
  }
  if (holder == nullptr && !waiting.empty()) {
    holder = waiting.front();
    waiting.erase(waiting.begin());
    moves.push_back(Grant(*holder));
  }
  if (waiting.empty()) return;
  const GroupMember& newest = *waiting.back();
  const std::string reason = "a newer one waits for the concurrency group " + newest.group;
  const std::size_t places = newest.queues ? kGroupQueueMax : 1;
  if (newest.queues) {
    for (std::size_t i = places; i < waiting.size(); ++i)
      moves.push_back(Lose(*waiting[i], "the queue of the concurrency group " + newest.group + " is full"));
  } else {
    for (std::size_t i = 0; i + places < waiting.size(); ++i) moves.push_back(Lose(*waiting[i], reason));
  }
  if (newest.cancels && holder != nullptr) moves.push_back(Lose(*holder, reason));
}

}  // namespace

std::vector<GroupMember> GroupMembers(const std::string& run, const RunState& state) {
  std::vector<GroupMember> members;
  if (!state.group.empty()) {
    members.push_back({.run = run,
                       .leg = "",
                       .group = state.group,
                       .holds = state.holds_group,
                       .waits = state.phase == RunPhase::kWaiting,
                       .ended = state.holds_group && state.phase == RunPhase::kDone,
                       .cancels = state.group_cancels,
                       .queues = state.group_queues,
                       .since = state.began});
  }
  AddLegs(run, state.graph, members);
  return members;
}

std::vector<GroupMove> SettleGroups(const std::vector<GroupMember>& members) {
  std::map<std::string, std::vector<const GroupMember*>> groups;
  for (const GroupMember& member : members) groups[expression::UpperCase(member.group)].push_back(&member);
  std::vector<GroupMove> moves;
  for (const auto& [name, of_group] : groups) Settle(of_group, moves);
  return moves;
}

}  // namespace tuesday::workflow
