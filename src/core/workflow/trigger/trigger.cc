// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/trigger/trigger.h"

#include <algorithm>

#include "core/workflow/trigger/pattern.h"

namespace tuesday::workflow {
namespace {

std::optional<std::vector<std::string>> Strings(const Token& config, std::string_view key) {
  const Token* value = config.Find(key);
  if (value == nullptr) return std::nullopt;
  std::vector<std::string> strings;
  if (value->Is(TokenKind::kSequence)) {
    for (const Token& item : value->items) strings.push_back(item.ScalarText());
  } else if (!value->Is(TokenKind::kMapping)) {
    strings.push_back(value->ScalarText());
  }
  return strings;
}

Trigger ReadTrigger(const Token& key, const Token& config) {
  Trigger trigger;
  trigger.event = key.text;
  trigger.at = key.at;
  trigger.types = Strings(config, "types");
  trigger.branches = Strings(config, "branches");
  trigger.branches_ignore = Strings(config, "branches-ignore");
  trigger.tags = Strings(config, "tags");
  trigger.tags_ignore = Strings(config, "tags-ignore");
  trigger.paths = Strings(config, "paths");
  trigger.paths_ignore = Strings(config, "paths-ignore");
  trigger.workflows = Strings(config, "workflows");
  if (trigger.event == "schedule") {
    for (const Token& item : config.items) {
      const Token* cron = item.Find("cron");
      const Token* timezone = item.Find("timezone");
      if (cron == nullptr) continue;
      trigger.schedule.push_back({cron->at, cron->ScalarText(), timezone == nullptr ? "" : timezone->ScalarText()});
    }
  }
  trigger.config = config;
  return trigger;
}

bool Contains(const std::vector<std::string>& strings, std::string_view text) {
  return std::find(strings.begin(), strings.end(), text) != strings.end();
}

bool TypeFits(const Trigger& trigger, const Event& event) {
  if (trigger.types.has_value()) return Contains(*trigger.types, event.activity);
  const bool change = trigger.event == "pull_request" || trigger.event == "pull_request_target";
  if (!change) return true;
  return event.activity == "opened" || event.activity == "synchronize" || event.activity == "reopened";
}

bool NameFits(const std::optional<std::vector<std::string>>& only, const std::optional<std::vector<std::string>>& ignored,
              std::string_view name) {
  if (only.has_value()) return IncludedBy(*only, name);
  return !ignored.has_value() || !IncludedBy(*ignored, name);
}

// A push of a tag looks at the filters of tags alone, and the other way round: a trigger with filters of the one kind only is
// not fired by the other.
bool RefFits(const Trigger& trigger, const Event& event) {
  const bool by_branch = trigger.branches.has_value() || trigger.branches_ignore.has_value();
  const bool by_tag = trigger.tags.has_value() || trigger.tags_ignore.has_value();
  if (!event.tag.empty()) return by_tag ? NameFits(trigger.tags, trigger.tags_ignore, event.tag) : !by_branch;
  if (event.branch.empty()) return true;
  return by_branch ? NameFits(trigger.branches, trigger.branches_ignore, event.branch) : !by_tag;
}

bool PathsFit(const Trigger& trigger, const Event& event) {
  if (!event.tag.empty()) return true;
  const auto included = [](const std::vector<std::string>& patterns) {
    return [&patterns](const std::string& path) { return IncludedBy(patterns, path); };
  };
  if (trigger.paths.has_value()) return std::any_of(event.paths.begin(), event.paths.end(), included(*trigger.paths));
  if (!trigger.paths_ignore.has_value() || event.paths.empty()) return true;
  return !std::all_of(event.paths.begin(), event.paths.end(), included(*trigger.paths_ignore));
}

}  // namespace

std::vector<Trigger> ReadTriggers(const Token& on) {
  std::vector<Trigger> triggers;
  if (on.Is(TokenKind::kString)) triggers.push_back(ReadTrigger(on, Token()));
  for (const Token& item : on.items) triggers.push_back(ReadTrigger(item, Token()));
  for (const Member& member : on.members) triggers.push_back(ReadTrigger(member.key, member.value));
  return triggers;
}

bool Fires(const Trigger& trigger, const Event& event) {
  if (trigger.event != event.name) return false;
  if (!TypeFits(trigger, event)) return false;
  if (trigger.workflows.has_value() && !Contains(*trigger.workflows, event.workflow)) return false;
  return RefFits(trigger, event) && PathsFit(trigger, event);
}

}  // namespace tuesday::workflow
