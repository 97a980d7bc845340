// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/repository/events.h"

#include "core/workflow/trigger/pattern.h"

namespace tuesday::workflow {
namespace {

constexpr std::string_view kBranches = "refs/heads/";
constexpr std::string_view kTags = "refs/tags/";

// "main" of ".../gh-readonly-queue/main/pr-7-0123": the base may have slashes, the last part has none.
std::string BaseOfQueueBranch(std::string_view ref) {
  const std::string_view rest = ref.substr(kQueueBranches.size());
  return std::string(rest.substr(0, rest.rfind('/')));
}

}  // namespace

std::optional<UpdateEvent> EventOf(const RefUpdate& update) {
  if (update.after == kNoCommit) return std::nullopt;
  if (const int change = ChangeOf(update.ref); change > 0) {
    const std::string activity = update.before == kNoCommit ? "opened" : "synchronize";
    return UpdateEvent{.event = "pull_request", .activity = activity, .change = change, .base_branch = ""};
  }
  if (update.ref.starts_with(kQueueBranches) && update.ref.find('/', kQueueBranches.size()) != std::string::npos) {
    return UpdateEvent{
        .event = "merge_group", .activity = "checks_requested", .change = 0, .base_branch = BaseOfQueueBranch(update.ref)};
  }
  return UpdateEvent{.event = "push", .activity = "", .change = 0, .base_branch = ""};
}

Event TriggerEventOf(const EventFacts& facts, std::vector<std::string> paths) {
  Event event;
  event.name = facts.event;
  event.activity = facts.activity;
  event.paths = std::move(paths);
  if (!facts.change.base_branch.empty()) {
    event.branch = facts.change.base_branch;
  } else if (facts.ref.starts_with(kBranches)) {
    event.branch = facts.ref.substr(kBranches.size());
  } else if (facts.ref.starts_with(kTags)) {
    event.tag = facts.ref.substr(kTags.size());
  }
  return event;
}

bool MayHaveSecrets(const EventFacts& facts, const std::vector<std::string>& patterns) {
  if (facts.event.starts_with("pull_request")) return false;
  if (facts.ref.starts_with(kTags)) return true;
  if (!facts.ref.starts_with(kBranches) || facts.ref.starts_with(kQueueBranches)) return false;
  const std::string branch = facts.ref.substr(kBranches.size());
  return branch == facts.default_branch || IncludedBy(patterns, branch);
}

}  // namespace tuesday::workflow
