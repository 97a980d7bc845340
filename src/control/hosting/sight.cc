// SPDX-License-Identifier: Apache-2.0
#include "control/hosting/sight.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/workflow/event/context.h"
#include "core/workflow/event/inputs.h"
#include "core/workflow/repository/events.h"

namespace tuesday::control {
namespace {

using workflow::EventFacts;
using workflow::RefUpdate;

constexpr std::string_view kSkipWords[] = {"[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[actions skip]"};

bool SaysSkip(const std::string& message) {
  return std::ranges::any_of(kSkipWords, [&](std::string_view word) { return message.find(word) != std::string::npos; });
}

// What is seen of one update: nothing, when it begins no run.
struct Seen {
  EventFacts facts;
  std::vector<std::string> paths;
  std::string subject;
  bool needs_approval = false;
};

EventFacts FactsOf(const runs::RepositoryRecord& record, const std::string& event, const std::string& ref,
                   const GitCommit& commit, const std::string& by) {
  EventFacts facts;
  facts.event = event;
  facts.repository = record.ns + "/" + record.name;
  facts.default_branch = record.default_branch;
  facts.actor = by.empty() ? commit.author : by;
  facts.ref = ref;
  facts.sha = commit.sha;
  facts.message = commit.message;
  return facts;
}

Result<Seen> SeePush(Repositories& repositories, const runs::RepositoryRecord& record, const RefUpdate& update,
                     const workflow::UpdateEvent& event, const std::string& by) {
  TRY(const GitCommit commit, repositories.ReadCommit(record.name, update.after));
  Seen seen;
  seen.facts = FactsOf(record, event.event, update.ref, commit, by);
  seen.facts.activity = event.activity;
  seen.facts.before = update.before;
  seen.facts.change.base_branch = event.base_branch;
  if (event.event == "merge_group") seen.facts.change.base_sha = update.ref.substr(update.ref.rfind('-') + 1);
  seen.subject = commit.subject;
  if (update.ref.starts_with("refs/heads/")) {
    TRY(seen.paths, repositories.ChangedPaths(record.name, update.before, update.after));
  }
  return seen;
}

// Nothing runs for a change that conflicts, as at GitHub; it is said.
Result<std::optional<Seen>> SeeChange(Repositories& repositories, const runs::RepositoryRecord& record, const RefUpdate& update,
                                      const workflow::UpdateEvent& event, std::vector<std::string>& notices) {
  TRY(const GitChange change, repositories.ReadChange(record.name, event.change));
  TRY(const MergeTry merge, repositories.TryMerge(record.name, change));
  if (!merge.conflicts.empty()) {
    notices.push_back(fmt::format("Change {} conflicts with {} in {}: nothing runs for it.", change.number, change.base_branch,
                                  fmt::join(merge.conflicts, ", ")));
    return std::optional<Seen>();
  }
  TRY(const GitCommit head, repositories.ReadCommit(record.name, update.after));
  Seen seen;
  seen.facts = FactsOf(record, event.event, workflow::MergeRefOf(change.number), head, change.author);
  seen.facts.sha = merge.sha;
  seen.facts.activity = event.activity;
  seen.facts.change = {.number = change.number,
                       .title = change.title,
                       .head_branch = change.topic.empty() ? fmt::format("change-{}", change.number) : change.topic,
                       .head_sha = update.after,
                       .base_branch = change.base_branch,
                       .base_sha = merge.base_sha};
  seen.subject = change.title;
  seen.needs_approval = !change.is_trusted;
  TRY(seen.paths, repositories.ChangedPaths(record.name, merge.base_sha, merge.sha));
  return std::optional(std::move(seen));
}

NewRun RunOf(const runs::RepositoryRecord& record, const HostedWorkflow& workflow, const EventFacts& facts,
             const std::string& subject) {
  NewRun run;
  run.summary.repository = record.name;
  run.summary.ns = record.ns;
  run.summary.file = workflow.file;
  run.summary.title = workflow.title;
  run.summary.event = facts.event;
  run.summary.ref = facts.ref;
  run.summary.sha = facts.sha;
  run.summary.subject = subject;
  run.summary.actor = facts.actor;
  run.summary.change = facts.change.number;
  if (workflow.problems.empty()) {
    run.files = workflow.files;
  } else {
    run.summary.reason = workflow.problems.front();
  }
  run.facts = facts;
  run.payload = workflow::PayloadOf(facts);
  return run;
}

Result<void> AddRuns(const Sources& sources, const runs::RepositoryRecord& record, const Seen& seen, Sight& sight) {
  if (SaysSkip(seen.facts.message)) {
    sight.notices.push_back(fmt::format("The commit {} says that nothing is to run.", seen.facts.sha.substr(0, 10)));
    return {};
  }
  TRY(const std::vector<HostedWorkflow> workflows, WorkflowsAt(sources, record, seen.facts.sha));
  const workflow::Event event = workflow::TriggerEventOf(seen.facts, seen.paths);
  for (const HostedWorkflow& workflow : workflows) {
    const bool fires = std::ranges::any_of(workflow.triggers, [&](const auto& one) { return workflow::Fires(one, event); });
    if (!fires && workflow.problems.empty()) continue;
    sight.notices.insert(sight.notices.end(), workflow.problems.begin(), workflow.problems.end());
    NewRun run = RunOf(record, workflow, seen.facts, seen.subject);
    if (seen.needs_approval && !run.files.empty()) {
      run.summary.status = runs::RunStatus::kApproval;
      run.summary.reason = fmt::format("{} may not begin runs", seen.facts.actor);
    }
    sight.runs.push_back(std::move(run));
  }
  return {};
}

}  // namespace

Result<Sight> LookAt(const Sources& sources, const runs::RepositoryRecord& record, const std::string& by) {
  Repositories& repositories = sources.repositories;
  Sight sight;
  TRY(sight.refs, repositories.ReadRefs(record.name));
  const workflow::Refs known(record.refs.begin(), record.refs.end());
  const std::vector<RefUpdate> updates = workflow::UpdatesBetween(known, sight.refs);
  if (updates.size() > workflow::kUpdatesAtOnceMax) {
    sight.notices.push_back(
        fmt::format("{} refs have moved at once; nothing runs for more than {}.", updates.size(), workflow::kUpdatesAtOnceMax));
    return sight;
  }
  for (const RefUpdate& update : updates) {
    const auto event = workflow::EventOf(update);
    if (!event.has_value()) continue;
    std::optional<Seen> seen;
    if (event->change > 0) {
      TRY(seen, SeeChange(repositories, record, update, *event, sight.notices));
    } else {
      TRY(seen, SeePush(repositories, record, update, *event, by));
    }
    if (seen.has_value()) TRY_OK(AddRuns(sources, record, *seen, sight));
  }
  return sight;
}

Result<NewRun> LookForDispatch(const Sources& sources, const runs::RepositoryRecord& record, const DispatchRequest& request) {
  Repositories& repositories = sources.repositories;
  TRY(const workflow::Refs refs, repositories.ReadRefs(record.name));
  const std::string wanted = request.ref.empty() ? record.default_branch : request.ref;
  const auto complete = workflow::CompleteRef(refs, wanted);
  if (!complete.has_value())
    return Fail(ErrorCode::kNotFound, fmt::format("{} has no branch or tag '{}'.", record.name, wanted));
  const std::string& ref = *complete;
  TRY(const GitCommit commit, repositories.ReadCommit(record.name, refs.at(ref)));
  TRY(const std::vector<HostedWorkflow> workflows, WorkflowsAt(sources, record, commit.sha));
  for (const HostedWorkflow& workflow : workflows) {
    if (workflow.file != request.file && !workflow.file.ends_with("/" + request.file)) continue;
    if (!workflow.problems.empty()) return Fail(ErrorCode::kInvalid, fmt::format("{}", fmt::join(workflow.problems, "\n")));
    const bool can = std::ranges::any_of(workflow.triggers, [](const auto& one) { return one.event == "workflow_dispatch"; });
    if (!can)
      return Fail(ErrorCode::kInvalid, fmt::format("{} is not begun by hand at {}.", workflow.file, ref),
                  "Its `on:` lacks workflow_dispatch.");
    NewRun run = RunOf(record, workflow, FactsOf(record, "workflow_dispatch", ref, commit, request.by), commit.subject);
    TRY(workflow::GivenInputs inputs, workflow::ReadInputs(workflow.triggers, "workflow_dispatch", request.inputs));
    run.payload["inputs"] = Json(std::move(inputs.texts));
    run.inputs = std::move(inputs.typed);
    return run;
  }
  return Fail(ErrorCode::kNotFound, fmt::format("{} has no workflow '{}' at {}.", record.name, request.file, ref));
}

Result<std::vector<ScheduledRun>> LookForSchedules(const Sources& sources, const runs::RepositoryRecord& record) {
  Repositories& repositories = sources.repositories;
  std::vector<ScheduledRun> found;
  const std::string ref = "refs/heads/" + record.default_branch;
  const auto tip = record.refs.find(ref);
  if (tip == record.refs.end()) return found;
  TRY(const GitCommit commit, repositories.ReadCommit(record.name, tip->second));
  TRY(const std::vector<HostedWorkflow> workflows, WorkflowsAt(sources, record, commit.sha));
  for (const HostedWorkflow& workflow : workflows) {
    if (!workflow.problems.empty()) continue;
    for (const workflow::Trigger& trigger : workflow.triggers) {
      for (const workflow::ScheduleEntry& entry : trigger.schedule) {
        EventFacts facts = FactsOf(record, "schedule", ref, commit, "");
        facts.cron = entry.cron;
        found.push_back({entry.cron, entry.timezone, RunOf(record, workflow, facts, commit.subject)});
      }
    }
  }
  return found;
}

}  // namespace tuesday::control
