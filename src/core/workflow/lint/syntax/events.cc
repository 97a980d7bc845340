// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "core/workflow/lint/syntax/syntax.h"

namespace tuesday::workflow::lint {
namespace {

constexpr std::string_view kFilters[] = {"types",       "branches", "branches-ignore", "tags",
                                         "tags-ignore", "paths",    "paths-ignore",    "workflows"};

bool IsTrue(const Node* node) {
  return node != nullptr && node->tag == "!!bool" && (node->value[0] == 't' || node->value[0] == 'T');
}

DispatchInput CheckDispatchInput(const Entry& input, Values& values) {
  DispatchInput result{.entry = input};
  for (const Entry& each : values.Mapping("an input of workflow_dispatch", *input.value, Empty::kAllowed, Case::kExact)) {
    if (each.id == "description") {
      result.description = values.String(*each.value, Empty::kAllowed);
    } else if (each.id == "required") {
      result.required = values.Bool(*each.value);
    } else if (each.id == "default") {
      result.preset = values.String(*each.value, Empty::kAllowed);
    } else if (each.id == "type") {
      const Node* type = values.String(*each.value, Empty::kRefused);
      if (type == nullptr) continue;
      result.type = type->value;
      for (const std::string_view known : {"string", "number", "boolean", "choice", "environment"}) {
        if (type->value == known) type = nullptr;
        if (type == nullptr) break;
      }
      if (type != nullptr) {
        values.Error(*type, fmt::format("The type \"{}\" of an input is not string, number, boolean, choice or environment.",
                                        type->value));
      }
    } else if (each.id == "options") {
      result.options = values.Strings("options", *each.value, Empty::kRefused, Empty::kRefused);
      result.has_options = true;
    } else if (each.id != "deprecationMessage") {
      values.Unexpected(each, "inputs", {"description", "required", "default", "type", "options"});
    }
  }
  return result;
}

void CheckDispatch(const Node& node, Values& values, EventDefinition& event) {
  for (const Entry& each : values.Section("workflow_dispatch", node, Empty::kAllowed, Case::kExact)) {
    if (each.id != "inputs") {
      values.Unexpected(each, "workflow_dispatch", {"inputs"});
      continue;
    }
    for (const Entry& input : values.Section("inputs", *each.value, Empty::kAllowed, Case::kIgnored)) {
      event.dispatch_inputs.push_back(CheckDispatchInput(input, values));
    }
  }
}

CallInput CheckCallInput(const Entry& input, Values& values) {
  CallInput result{.entry = input};
  bool typed = false;
  for (const Entry& each : values.Mapping("an input of workflow_call", *input.value, Empty::kAllowed, Case::kExact)) {
    if (each.id == "description") {
      values.String(*each.value, Empty::kAllowed);
    } else if (each.id == "required") {
      result.required = values.Bool(*each.value);
      result.is_required = IsTrue(result.required);
    } else if (each.id == "default") {
      result.preset = values.String(*each.value, Empty::kAllowed);
    } else if (each.id == "type") {
      typed = true;
      const Node* type = values.String(*each.value, Empty::kAllowed);
      if (type != nullptr && (type->value == "string" || type->value == "number" || type->value == "boolean")) {
        result.type = type->value;
      } else {
        values.Error(*each.value,
                     fmt::format("The type \"{}\" of an input is not string, number or boolean.", each.value->value));
      }
    } else if (each.id != "deprecationMessage") {
      values.Unexpected(each, "inputs", {"description", "required", "default", "type"});
    }
  }
  if (!typed) values.Error(*input.key, fmt::format("The input \"{}\" of workflow_call has no type.", input.key->value));
  return result;
}

CallSecret CheckCallSecret(const Entry& secret, Values& values) {
  CallSecret result{.entry = secret};
  for (const Entry& each : values.Mapping("a secret of workflow_call", *secret.value, Empty::kAllowed, Case::kExact)) {
    if (each.id == "required") {
      result.is_required = IsTrue(values.Bool(*each.value));
    } else if (each.id == "description") {
      values.String(*each.value, Empty::kAllowed);
    } else {
      values.Unexpected(each, "secrets", {"description", "required"});
    }
  }
  return result;
}

CallOutput CheckCallOutput(const Entry& output, Values& values) {
  CallOutput result{.entry = output};
  bool given = false;
  for (const Entry& each : values.Mapping("an output of workflow_call", *output.value, Empty::kAllowed, Case::kExact)) {
    if (each.id == "value") {
      given = true;
      result.value = values.String(*each.value, Empty::kRefused);
    } else if (each.id == "description") {
      values.String(*each.value, Empty::kAllowed);
    } else {
      values.Unexpected(each, "outputs", {"description", "value"});
    }
  }
  if (!given) values.Error(*output.key, fmt::format("The output \"{}\" of workflow_call has no value.", output.key->value));
  return result;
}

void CheckCall(const Node& node, Values& values, EventDefinition& event) {
  for (const Entry& each : values.Section("workflow_call", node, Empty::kAllowed, Case::kExact)) {
    if (each.id != "inputs" && each.id != "secrets" && each.id != "outputs") {
      values.Unexpected(each, "workflow_call", {"inputs", "secrets", "outputs"});
      continue;
    }
    if (each.id == "secrets") event.has_call_secrets = true;
    for (const Entry& one : values.Section(each.id, *each.value, Empty::kAllowed, Case::kIgnored)) {
      if (each.id == "inputs") event.call_inputs.push_back(CheckCallInput(one, values));
      if (each.id == "secrets") event.call_secrets.push_back(CheckCallSecret(one, values));
      if (each.id == "outputs") event.call_outputs.push_back(CheckCallOutput(one, values));
    }
  }
}

void CheckSchedule(const Node& node, Values& values, EventDefinition& event) {
  if (!values.Sequence("schedule", node, Empty::kRefused)) return;
  for (const Node* item : node.items) {
    const Node* cron = nullptr;
    const Node* timezone = nullptr;
    bool given = false;
    for (const Entry& each : values.Mapping("an entry of \"schedule\"", *item, Empty::kRefused, Case::kExact)) {
      if (each.id == "cron") {
        given = true;
        cron = values.String(*each.value, Empty::kRefused);
      } else if (each.id == "timezone") {
        timezone = values.String(*each.value, Empty::kRefused);
      } else {
        values.Unexpected(each, "schedule", {"cron", "timezone"});
      }
    }
    if (!given && item->IsMapping() && !item->members.empty()) values.Error(*item, "An entry of \"schedule\" has no cron.");
    event.schedule.emplace_back(cron, timezone);
  }
}

void CheckImageVersion(const Node& node, Values& values) {
  for (const Entry& each : values.Section("image_version", node, Empty::kAllowed, Case::kExact)) {
    if (each.id == "names" || each.id == "versions") {
      values.Strings(each.id, *each.value, Empty::kRefused, Empty::kRefused);
    } else {
      values.Unexpected(each, "image_version", {"names", "versions"});
    }
  }
}

void CheckFilters(const Node& node, Values& values, EventDefinition& event) {
  const bool dispatch = event.name->value == "repository_dispatch";
  for (const Entry& each : values.Section(event.name->value, node, Empty::kAllowed, Case::kExact)) {
    const bool known = std::find(std::begin(kFilters), std::end(kFilters), each.id) != std::end(kFilters);
    if (dispatch && each.id != "types") {
      values.Unexpected(each, event.name->value, {"types"});
    } else if (!known) {
      values.Unexpected(each, event.name->value,
                        {"types", "branches", "branches-ignore", "tags", "tags-ignore", "paths", "paths-ignore", "workflows"});
    } else {
      event.filters[each.id] = {each.key, values.StringOrStrings(each.id, *each.value, Empty::kRefused, Empty::kRefused)};
    }
  }
}

EventDefinition CheckEvent(const Node& name, const Node& config, Values& values) {
  EventDefinition event{.name = &name};
  if (name.value == "workflow_dispatch") {
    CheckDispatch(config, values, event);
  } else if (name.value == "workflow_call") {
    CheckCall(config, values, event);
  } else if (name.value == "schedule") {
    CheckSchedule(config, values, event);
  } else if (name.value == "image_version") {
    CheckImageVersion(config, values);
  } else {
    CheckFilters(config, values, event);
  }
  return event;
}

// An event that stands alone, as a word.
void AddWord(const Node& node, Values& values, std::vector<EventDefinition>& events) {
  const Node* name = values.String(node, Empty::kRefused);
  if (name == nullptr) return;
  if (name->value == "schedule") {
    values.Error(node, "The event \"schedule\" needs its times: write it as a mapping.");
  } else {
    events.push_back({.name = name});
  }
}

}  // namespace

std::vector<EventDefinition> CheckEvents(const Node& node, Values& values) {
  std::vector<EventDefinition> events;
  if (node.IsScalar()) {
    AddWord(node, values, events);
  } else if (node.IsSequence()) {
    if (!values.Sequence("on", node, Empty::kRefused)) return events;
    for (const Node* item : node.items) AddWord(*item, values, events);
  } else {
    for (const Entry& each : values.Section("on", node, Empty::kRefused, Case::kExact)) {
      events.push_back(CheckEvent(*each.key, *each.value, values));
    }
  }
  return events;
}

}  // namespace tuesday::workflow::lint
