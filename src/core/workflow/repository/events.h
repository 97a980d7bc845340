// SPDX-License-Identifier: Apache-2.0
// The event that an update of a ref is, and what a run of it may have.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/workflow/event/facts.h"
#include "core/workflow/repository/refs.h"
#include "core/workflow/trigger/trigger.h"

namespace tuesday::workflow {

// Branches of a merge queue: "gh-readonly-queue/<base>/pr-<change>-<commit of the base>".
inline constexpr std::string_view kQueueBranches = "refs/heads/gh-readonly-queue/";

struct UpdateEvent {
  std::string event;
  std::string activity;
  int change = 0;           // Of pull_request.
  std::string base_branch;  // Of merge_group.
  friend bool operator==(const UpdateEvent&, const UpdateEvent&) = default;
};

// Nothing for what is gone: there is no commit that could run.
std::optional<UpdateEvent> EventOf(const RefUpdate& update);

// As filters of `on:` see it.
Event TriggerEventOf(const EventFacts& facts, std::vector<std::string> paths);

// Whether a run of the event may have the repository's secrets: never one of a change that is not merged, and of a push
// only to the default branch, a tag, or a branch of `patterns`.
bool MayHaveSecrets(const EventFacts& facts, const std::vector<std::string>& patterns);

}  // namespace tuesday::workflow
