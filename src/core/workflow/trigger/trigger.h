// SPDX-License-Identifier: Apache-2.0
// `on:` as a list of triggers, and whether an event fires one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/workflow/token.h"

namespace tuesday::workflow {

struct ScheduleEntry {
  Place at;
  std::string cron;
  std::string timezone;  // IANA; empty is UTC.
};

// A list that is not given is nothing; a given one can be empty. `config` is the event's mapping, for what is read elsewhere.
struct Trigger {
  std::string event;
  Place at;
  std::optional<std::vector<std::string>> types;
  std::optional<std::vector<std::string>> branches;
  std::optional<std::vector<std::string>> branches_ignore;
  std::optional<std::vector<std::string>> tags;
  std::optional<std::vector<std::string>> tags_ignore;
  std::optional<std::vector<std::string>> paths;
  std::optional<std::vector<std::string>> paths_ignore;
  std::optional<std::vector<std::string>> workflows;
  std::vector<ScheduleEntry> schedule;
  Token config;
};

std::vector<Trigger> ReadTriggers(const Token& on);

// What happened. `branch` is the pushed branch, or the base of a change; `paths` are the changed files.
struct Event {
  std::string name;
  std::string activity;  // Of events that have types.
  std::string branch;
  std::string tag;
  std::vector<std::string> paths;
  std::string workflow;  // Of workflow_run.
};

// Whether the event fires the trigger. `schedule` and `workflow_dispatch` are fired by name alone.
bool Fires(const Trigger& trigger, const Event& event);

}  // namespace tuesday::workflow
