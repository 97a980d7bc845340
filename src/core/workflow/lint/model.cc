// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/lint/model.h"

#include <algorithm>

namespace tuesday::workflow::lint {

const Entry* FindEntry(const Entries& entries, std::string_view id) {
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const Entry& each) { return each.id == id; });
  return found == entries.end() ? nullptr : &*found;
}

const EventDefinition* WorkflowNode::FindEvent(std::string_view wanted) const {
  const auto found = std::find_if(events.begin(), events.end(), [&](const auto& each) { return each.name->value == wanted; });
  return found == events.end() ? nullptr : &*found;
}

const JobNode* WorkflowNode::FindJob(std::string_view id_in_lower_case) const {
  const auto found =
      std::find_if(jobs.begin(), jobs.end(), [&](const auto& each) { return each.entry.id == id_in_lower_case; });
  return found == jobs.end() ? nullptr : &*found;
}

}  // namespace tuesday::workflow::lint
