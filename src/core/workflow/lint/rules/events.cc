// SPDX-License-Identifier: Apache-2.0
// Rule `events`: names of events and their types, filters that exclude each other, schedules, inputs.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/expression/value/number.h"
#include "core/workflow/lint/rules/cron.h"
#include "core/workflow/lint/rules/rules.h"
#include "core/workflow/lint/syntax/syntax.h"

namespace tuesday::workflow::lint {
namespace {

constexpr std::size_t kDispatchInputsMax = 25;
constexpr int kScheduleSecondsMin = 300;

using Words = std::vector<std::string>;

// The events with their types; GitHub's documentation of 2026.
const std::map<std::string, Words, std::less<>>& EventTypes() {
  static const Words kChange = {"assigned",
                                "unassigned",
                                "labeled",
                                "unlabeled",
                                "opened",
                                "edited",
                                "closed",
                                "reopened",
                                "synchronize",
                                "converted_to_draft",
                                "locked",
                                "unlocked",
                                "enqueued",
                                "dequeued",
                                "milestoned",
                                "demilestoned",
                                "ready_for_review",
                                "review_requested",
                                "review_request_removed",
                                "auto_merge_enabled",
                                "auto_merge_disabled"};
  static const Words kCommon = {"created", "edited", "deleted"};
  static const std::map<std::string, Words, std::less<>> kTypes = {
      {"branch_protection_rule", kCommon},
      {"check_run", {"created", "rerequested", "completed", "requested_action"}},
      {"check_suite", {"completed"}},
      {"create", {}},
      {"delete", {}},
      {"deployment", {}},
      {"deployment_status", {}},
      {"discussion",
       {"created", "edited", "deleted", "transferred", "pinned", "unpinned", "labeled", "unlabeled", "locked", "unlocked",
        "category_changed", "answered", "unanswered"}},
      {"discussion_comment", kCommon},
      {"fork", {}},
      {"gollum", {}},
      {"image_version", {}},
      {"issue_comment", kCommon},
      {"issues",
       {"opened", "edited", "deleted", "transferred", "pinned", "unpinned", "closed", "reopened", "assigned", "unassigned",
        "labeled", "unlabeled", "locked", "unlocked", "milestoned", "demilestoned", "typed", "untyped"}},
      {"label", kCommon},
      {"merge_group", {"checks_requested"}},
      {"milestone", {"created", "closed", "opened", "edited", "deleted"}},
      {"page_build", {}},
      {"project", {"created", "closed", "reopened", "edited", "deleted"}},
      {"project_card", {"created", "moved", "converted", "edited", "deleted"}},
      {"project_column", {"created", "updated", "moved", "deleted"}},
      {"public", {}},
      {"pull_request", kChange},
      {"pull_request_review", {"submitted", "edited", "dismissed"}},
      {"pull_request_review_comment", kCommon},
      {"pull_request_target", kChange},
      {"push", {}},
      {"registry_package", {"published", "updated"}},
      {"release", {"published", "unpublished", "created", "edited", "deleted", "prereleased", "released"}},
      {"status", {}},
      {"watch", {"started"}},
      {"workflow_run", {"completed", "requested", "in_progress"}},
  };
  return kTypes;
}

bool IsSpecial(std::string_view event) {
  return event == "workflow_dispatch" || event == "workflow_call" || event == "schedule" || event == "repository_dispatch";
}

// The events that have the filter.
bool HasFilter(std::string_view event, std::string_view filter) {
  const bool change = event == "pull_request" || event == "pull_request_target";
  if (filter.starts_with("tags")) return event == "push";
  if (filter.starts_with("paths")) return event == "push" || change;
  if (filter == "workflows") return event == "workflow_run";
  return event == "push" || change || event == "merge_group" || event == "workflow_run";
}

void CheckTypes(const EventDefinition& event, const Words& known, Report& report) {
  const auto found = event.filters.find("types");
  if (found == event.filters.end() || event.name->value == "repository_dispatch") return;
  const auto& [key, types] = found->second;
  if (known.empty() && !types.empty()) {
    report.Add(*key, "events", fmt::format("The event \"{}\" has no types.", event.name->value));
    return;
  }
  for (const Node* type : types) {
    if (std::find(known.begin(), known.end(), type->value) != known.end()) continue;
    report.Add(
        *type, "events",
        fmt::format("\"{}\" is no type of the event \"{}\". Its types are {}.", type->value, event.name->value, Quoted(known)));
  }
}

void CheckFilters(const EventDefinition& event, Report& report) {
  const std::string& name = event.name->value;
  for (const std::string_view filter : {"branches", "tags", "paths"}) {
    const auto only = event.filters.find(std::string(filter));
    const auto ignored = event.filters.find(std::string(filter) + "-ignore");
    for (const auto& each : {only, ignored}) {
      if (each == event.filters.end() || each->second.second.empty() || HasFilter(name, each->first)) continue;
      report.Add(*each->second.first, "events", fmt::format("The event \"{}\" has no filter \"{}\".", name, each->first));
    }
    if (only == event.filters.end() || ignored == event.filters.end() || !HasFilter(name, filter)) continue;
    const Node& later = only->second.first->line > ignored->second.first->line ? *only->second.first : *ignored->second.first;
    report.Add(later, "events",
               fmt::format("The event \"{}\" cannot have both \"{}\" and \"{}-ignore\". `!` at the start of a pattern "
                           "takes away.",
                           name, filter, filter));
  }
  const auto workflows = event.filters.find("workflows");
  if (workflows != event.filters.end() && !workflows->second.second.empty() && !HasFilter(name, "workflows")) {
    report.Add(*workflows->second.first, "events", fmt::format("The event \"{}\" has no filter \"workflows\".", name));
  }
  if (name == "workflow_run" && workflows == event.filters.end()) {
    report.Add(*event.name, "events", "The event \"workflow_run\" names no workflows.");
  }
}

void CheckSchedules(const EventDefinition& event, Report& report) {
  for (const auto& [cron, timezone] : event.schedule) {
    if (cron != nullptr) {
      const Result<int> seconds = ShortestInterval(cron->value);
      if (!seconds.has_value()) {
        report.Add(*cron, "events", fmt::format("\"{}\" is no cron expression: {}", cron->value, seconds.error().message));
      } else if (*seconds < kScheduleSecondsMin) {
        report.Add(*cron, "events",
                   fmt::format("This runs every {} seconds; GitHub allows every 300 seconds at most.", *seconds));
      }
    }
    if (timezone != nullptr && !IsTimezoneName(timezone->value)) {
      report.Add(*timezone, "events", fmt::format("\"{}\" is no name of a time zone in IANA's list.", timezone->value));
    }
  }
}

void CheckDispatchInput(const DispatchInput& input, Report& report) {
  if (input.type == "choice") {
    if (!input.has_options) {
      report.Add(*input.entry.key, "events",
                 fmt::format("The input \"{}\" is a choice and has no options.", input.entry.key->value));
    }
    std::set<std::string> seen;
    for (const Node* option : input.options) {
      if (!seen.insert(option->value).second) {
        report.Add(*option, "events", fmt::format("The option \"{}\" is there twice.", option->value));
      }
    }
    if (input.preset != nullptr && !input.options.empty() && !seen.contains(input.preset->value) &&
        !HasExpressions(input.preset->value)) {
      report.Add(*input.preset, "events", fmt::format("The default \"{}\" is none of the options.", input.preset->value));
    }
  } else if (!input.options.empty()) {
    report.Add(*input.entry.key, "events",
               fmt::format("The input \"{}\" has options and is no choice.", input.entry.key->value));
  }
  if (input.preset == nullptr || HasExpressions(input.preset->value)) return;
  if (input.type == "boolean" && input.preset->value != "true" && input.preset->value != "false") {
    report.Add(*input.preset, "events", fmt::format("The default \"{}\" is no boolean.", input.preset->value));
  }
  if (input.type == "number" && !(expression::ParseNumber(input.preset->value) <= 1e308)) {
    report.Add(*input.preset, "events", fmt::format("The default \"{}\" is no number.", input.preset->value));
  }
}

void CheckCallInput(const CallInput& input, Report& report) {
  if (input.preset == nullptr) return;
  const std::string& preset = input.preset->value;
  if (!HasExpressions(preset)) {
    const bool number = input.type == "number" && !(expression::ParseNumber(preset) <= 1e308);
    const bool boolean = input.type == "boolean" && preset != "true" && preset != "false";
    if (number || boolean) {
      report.Add(*input.preset, "events",
                 fmt::format("The default \"{}\" of the input \"{}\" is no {}.", preset, input.entry.key->value, input.type));
    }
  }
  if (input.is_required) {
    report.Add(
        *input.preset, "events",
        fmt::format("The input \"{}\" is required, so its default \"{}\" is never used.", input.entry.key->value, preset));
  }
}

}  // namespace

void CheckEventRules(const WorkflowNode& workflow, Report& report) {
  for (const EventDefinition& event : workflow.events) {
    const auto known = EventTypes().find(event.name->value);
    if (known == EventTypes().end() && !IsSpecial(event.name->value)) {
      report.Add(*event.name, "events", fmt::format("There is no event \"{}\".", event.name->value));
      continue;
    }
    if (known != EventTypes().end()) {
      CheckTypes(event, known->second, report);
      CheckFilters(event, report);
    }
    CheckSchedules(event, report);
    if (event.dispatch_inputs.size() > kDispatchInputsMax) {
      report.Add(*event.name, "events",
                 fmt::format("The event \"workflow_dispatch\" has {} inputs; GitHub allows {}.", event.dispatch_inputs.size(),
                             kDispatchInputsMax));
    }
    for (const DispatchInput& input : event.dispatch_inputs) CheckDispatchInput(input, report);
    for (const CallInput& input : event.call_inputs) CheckCallInput(input, report);
  }
}

}  // namespace tuesday::workflow::lint
