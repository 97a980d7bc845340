// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "core/expression/value/text.h"
#include "core/workflow/reader/convert.h"

namespace tuesday::workflow {
namespace {

// What is still waited for while the graph is gone through.
struct Waiting {
  const Job* job = nullptr;
  std::vector<const Token*> needs;
};

class JobReader {
 public:
  explicit JobReader(ReadState& state) : state_(state) {}

  Result<void> Read(const Token& id, Token& definition, Job& job) {
    if (const std::optional<std::string> problem = IdBuilder().AddKnown(id.text)) state_.Add(id.at, *problem);
    job.id = id;
    job.name = id;
    const Token* condition = nullptr;
    for (Member& member : definition.members) {
      TRY_OK(Expect(member.key, TokenKind::kString, "job property name"));
      if (member.key.text == "if") {
        TRY(job.condition, ConvertCondition(&member.value, ConditionOf::kJob, state_));
        condition = &member.value;
        continue;
      }
      TRY_OK(ReadProperty(member.key.text, member.value, job));
    }
    if (condition == nullptr) {
      TRY(job.condition, ConvertCondition(nullptr, ConditionOf::kJob, state_));
    }
    return {};
  }

 private:
  Result<void> ReadProperty(std::string_view key, Token& value, Job& job) {
    if (key == "needs") return ReadNeeds(value, job);
    if (key == "name") {
      if (!value.Is(TokenKind::kString) || !value.text.empty()) job.name = value;
      return ExpectOrExpression(value, TokenKind::kString, "job name");
    }
    if (key == "runs-on") {
      job.runs_on = value;
      return CheckRunsOn(value, state_);
    }
    if (key == "strategy") {
      job.strategy = value;
      return CheckStrategy(value, state_);
    }
    if (key == "steps") {
      TRY(job.steps, ConvertSteps(std::move(value), state_));
      return {};
    }
    if (key == "permissions") {
      TRY(job.permissions, ConvertPermissions(value, state_));
      return {};
    }
    if (key == "uses" || key == "with" || key == "secrets") return ReadCall(key, value, job);
    return ReadSetting(key, value, job);
  }

  Result<void> ReadSetting(std::string_view key, const Token& value, Job& job) {
    if (key == "continue-on-error") {
      job.continue_on_error = value;
      return ExpectOrExpression(value, TokenKind::kBoolean, "job continue-on-error");
    }
    if (key == "timeout-minutes") {
      job.timeout_minutes = value;
      return ExpectOrExpression(value, TokenKind::kNumber, "job timeout-minutes");
    }
    if (key == "cancel-timeout-minutes") {
      job.cancel_timeout_minutes = value;
      return ExpectOrExpression(value, TokenKind::kNumber, "job cancel-timeout-minutes");
    }
    if (key == "concurrency") {
      job.concurrency = value;
      return CheckConcurrency(value, state_);
    }
    if (key == "environment") {
      job.environment = value;
      return CheckEnvironment(value);
    }
    if (key == "container") {
      job.container = value;
      return CheckContainer(value, ContainerRole::kJob, state_);
    }
    if (key == "services") {
      job.services = value;
      return CheckServices(value, state_);
    }
    if (key == "snapshot") {
      job.snapshot = value;
      return CheckSnapshot(value, state_);
    }
    if (key == "env") job.env = value;
    if (key == "defaults") job.defaults = value;
    if (key == "outputs") job.outputs = value;
    return {};
  }

  static Result<void> ReadNeeds(const Token& value, Job& job) {
    if (value.Is(TokenKind::kString)) {
      job.needs.push_back(value);
      return {};
    }
    TRY_OK(Expect(value, TokenKind::kSequence, "job needs"));
    for (const Token& item : value.items) {
      TRY_OK(Expect(item, TokenKind::kString, "job needs item"));
      job.needs.push_back(item);
    }
    return {};
  }

  static Result<void> ReadCall(std::string_view key, const Token& value, Job& job) {
    if (!job.call.has_value()) job.call.emplace();
    if (key == "uses") {
      TRY_OK(Expect(value, TokenKind::kString, "job uses value"));
      job.call->ref = value;
    } else if (key == "with") {
      TRY_OK(Expect(value, TokenKind::kMapping, "uses-with value"));
      job.call->input_values = value;
    } else if (value.Is(TokenKind::kString) && value.text == "inherit") {
      job.call->inherits_secrets = true;
    } else {
      TRY_OK(Expect(value, TokenKind::kMapping, "uses-secrets value"));
      job.call->secret_values = value;
    }
    return {};
  }

  ReadState& state_;
};

// Takes away job by job what can run, and tells what never can.
void CheckNeeds(const Token& jobs_token, const std::vector<Job>& jobs, ReadState& state) {
  std::deque<std::string> ready;
  std::map<std::string, std::vector<std::size_t>> waiting_for;  // Upper case id -> places in `waiting`.
  std::vector<Waiting> waiting;
  std::set<std::string> known;
  for (const Job& job : jobs) {
    known.insert(expression::UpperCase(job.id.text));
    if (job.needs.empty()) {
      ready.push_back(expression::UpperCase(job.id.text));
      continue;
    }
    Waiting one{&job, {}};
    for (const Token& need : job.needs) {
      one.needs.push_back(&need);
      waiting_for[expression::UpperCase(need.text)].push_back(waiting.size());
    }
    waiting.push_back(std::move(one));
  }
  if (ready.empty()) {
    state.Add(jobs_token.at, "The workflow must contain at least one job with no dependencies.");
    return;
  }
  while (!ready.empty()) {
    const std::string current = std::move(ready.front());
    ready.pop_front();
    for (const std::size_t place : waiting_for[current]) {
      Waiting& one = waiting[place];
      if (one.needs.empty()) continue;
      std::erase_if(one.needs, [&](const Token* need) { return expression::UpperCase(need->text) == current; });
      if (one.needs.empty()) ready.push_back(expression::UpperCase(one.job->id.text));
    }
  }
  for (const Waiting& one : waiting) {
    for (const Token* need : one.needs) {
      const bool is_known = known.contains(expression::UpperCase(need->text));
      state.Add(need->at, is_known ? fmt::format("Job '{}' depends on job '{}' which creates a cycle in the dependency graph.",
                                                 one.job->id.text, need->text)
                                   : fmt::format("Job '{}' depends on unknown job '{}'.", one.job->id.text, need->text));
    }
  }
}

}  // namespace

Result<std::vector<Job>> ConvertJobs(Token jobs, ReadState& state) {
  TRY_OK(Expect(jobs, TokenKind::kMapping, "jobs"));
  std::vector<Job> result;
  result.reserve(jobs.members.size());
  for (Member& member : jobs.members) {
    TRY_OK(Expect(member.key, TokenKind::kString, "jobs key"));
    TRY_OK(state.CountJob());
    TRY_OK(Expect(member.value, TokenKind::kMapping, "jobs value"));
    TRY_OK(JobReader(state).Read(member.key, member.value, result.emplace_back()));
  }
  if (!state.HasProblems()) CheckNeeds(jobs, result, state);
  return result;
}

}  // namespace tuesday::workflow
