// SPDX-License-Identifier: Apache-2.0
#include "control/ask/live_asker.h"

#include <fmt/format.h>

#include <utility>

#include "control/apply/resolve.h"
#include "control/ask/exchange.h"
#include "core/analysis/ask/answer.h"

namespace tuesday::control {
namespace {

constexpr std::string_view kJobsLane = "jobs";

std::string UrlOf(const analysis::Question& question) {
  if (const auto* prometheus = std::get_if<analysis::PrometheusQuestion>(&question)) return prometheus->address;
  return std::get<analysis::WebQuestion>(question).url;
}

Duration TimeoutOf(const analysis::Question& question) {
  if (const auto* prometheus = std::get_if<analysis::PrometheusQuestion>(&question)) return prometheus->settings.timeout;
  return std::get<analysis::WebQuestion>(question).settings.timeout;
}

// Gives one answer and forgets the rest: the request's own, or that it took too long.
Asker::Answer Once(Asker::Answer answer) {
  return [answer = std::make_shared<Asker::Answer>(std::move(answer))](Result<Json> value) {
    if (const Asker::Answer first = std::exchange(*answer, nullptr)) first(std::move(value));
  };
}

Result<Json> ValueOf(const JobState& state) {
  if (state.phase == JobPhase::kSucceeded) return analysis::ValueOfJob(0, state.tries, state.last_line);
  return analysis::ValueOfJob(state.exit_code == 0 ? 1 : state.exit_code, state.tries,
                              state.last_line.empty() ? state.message : state.message + " " + state.last_line);
}

Result<std::string> FieldOf(const std::string& path, const Asked& asked) {
  if (path == "metadata.name") return asked.id.str();
  if (path == "metadata.namespace") return asked.rollout.ns.str();
  return Fail(ErrorCode::kUnsupported, fmt::format("The field {} has no value for a job.", path),
              "Known are metadata.name and metadata.namespace.");
}

}  // namespace

void LiveAsker::SetObjects(const std::vector<manifest::Object>& objects) {
  objects_.clear();
  for (const manifest::Object& object : objects) {
    if (object.kind == "Secret" || object.kind == "ConfigMap") objects_.emplace(FullName(object, Namespace()), object);
  }
}

analysis::SecretLookup LiveAsker::LookupIn(const Namespace& ns) const {
  return [this, ns](const std::string& secret, const std::string& key) -> Result<std::string> {
    const auto* found = FindBody<manifest::Secret>(objects_, {ns, "Secret", secret});
    if (found == nullptr) {
      return Fail(ErrorCode::kNotFound, fmt::format("There is no Secret {} in {}.", secret, ns.str()),
                  fmt::format("Set it: tuesday secret set {} {}=VALUE -n {}", secret, key, ns.str()));
    }
    const auto value = found->data.find(key);
    if (value == found->data.end())
      return Fail(ErrorCode::kNotFound, fmt::format("The Secret {} in {} has no key {}.", secret, ns.str(), key));
    return value->second;
  };
}

void LiveAsker::AnswerLater(Answer answer, Error error) {
  parts_.executor.At(parts_.clock.Now(),
                     [answer = std::move(answer), error = std::move(error)] { answer(std::unexpected(error)); });
}

void LiveAsker::Ask(const Asked& asked, Answer answer) {
  Result<analysis::Question> question = analysis::ReadQuestion(asked.metric.address, asked.metric.query);
  if (!question.has_value()) return AnswerLater(std::move(answer), question.error());
  if (const auto* job = std::get_if<analysis::JobQuestion>(&*question)) return AskJob(asked, *job, std::move(answer));
  AskAddress(asked, *std::move(question), std::move(answer));
}

void LiveAsker::AskAddress(const Asked& asked, analysis::Question question, Answer answer) {
  const Result<std::string> host = analysis::HostOf(UrlOf(question));
  if (!host.has_value()) return AnswerLater(std::move(answer), host.error());
  const Duration timeout = TimeoutOf(question);
  Result<Exchange> exchange = MakeExchange(std::move(question), LookupIn(asked.rollout.ns));
  if (!exchange.has_value()) return AnswerLater(std::move(answer), exchange.error());
  const std::int64_t time_ms = parts_.wall(parts_.clock.Now()).time_since_epoch().count();
  Answer once = Once(std::move(answer));
  parts_.executor.At(parts_.clock.Now() + 2 * timeout + kAskPatience, [once, host = *host] {
    once(Fail(ErrorCode::kUnavailable,
              fmt::format("{} could not be asked in time: earlier questions to it take too long.", host)));
  });
  auto value = std::make_shared<Result<Json>>(Json());
  parts_.executor.Run(
      std::string(kAskLanePrefix) + *host,
      [value, &web = parts_.web, exchange = std::make_shared<Exchange>(*std::move(exchange)), time_ms] {
        *value = RunExchange(web, std::move(*exchange), time_ms);
      },
      [value, once] { once(std::move(*value)); });
}

Result<JobSpec> LiveAsker::SpecOf(const Asked& asked, const analysis::JobQuestion& question,
                                  analysis::SecretFiller& secrets) const {
  const manifest::Container& container = question.container;
  JobSpec spec;
  spec.id = asked.id;
  spec.rollout = asked.rollout;
  spec.artifact = question.artifact;
  spec.command = container.command;
  spec.args = container.args;
  spec.working_dir = container.working_dir;
  spec.resources = container.resources;
  spec.grace = question.grace;
  spec.backoff_limit = question.backoff_limit;
  spec.deadline = question.deadline;
  TRY(const Environment environment, ResolveEnvironment(asked.rollout.ns, container, objects_));
  spec.environment = environment.values;
  for (const std::string& name : environment.secret) secrets.Remember(environment.values.at(name));
  for (const manifest::EnvVar& variable : container.env) {
    if (variable.value) {
      TRY(spec.environment[variable.name], secrets.Fill(*variable.value));
    } else if (variable.field_path) {
      TRY(spec.environment[variable.name], FieldOf(*variable.field_path, asked));
    }
  }
  return spec;
}

void LiveAsker::AskJob(const Asked& asked, const analysis::JobQuestion& question, Answer answer) {
  analysis::SecretFiller secrets(LookupIn(asked.rollout.ns));
  Result<JobSpec> spec = SpecOf(asked, question, secrets);
  if (!spec.has_value()) return AnswerLater(std::move(answer), secrets.Mask(spec.error()));
  waiting_.insert_or_assign(asked.id, Waiting{std::move(answer), std::move(secrets)});
  auto started = std::make_shared<Result<void>>();
  parts_.executor.Run(
      std::string(kJobsLane), [started, &jobs = parts_.jobs, spec = *std::move(spec)] { *started = jobs.Start(spec); },
      [self = self_, id = asked.id, started] {
        if (*self == nullptr) return;
        if (started->has_value()) return (*self)->LookAtJobs();
        auto node = (*self)->waiting_.extract(id);
        if (!node.empty()) node.mapped().answer(std::unexpected(node.mapped().secrets.Mask(started->error())));
      });
}

void LiveAsker::LookAtJobs() {
  if (is_looking_ || waiting_.empty()) return;
  is_looking_ = true;
  auto seen = std::make_shared<Result<std::vector<JobState>>>();
  parts_.executor.Run(
      std::string(kJobsLane), [seen, &jobs = parts_.jobs] { *seen = jobs.Observe(); },
      [self = self_, seen] {
        if (*self == nullptr) return;
        if (seen->has_value()) (*self)->TakeJobs(**seen);
        (*self)->parts_.executor.At((*self)->parts_.clock.Now() + kJobsPeriod, [self] {
          if (*self == nullptr) return;
          (*self)->is_looking_ = false;
          (*self)->LookAtJobs();
        });
      });
}

void LiveAsker::TakeJobs(const std::vector<JobState>& states) {
  for (const JobState& state : states) {
    if (state.phase == JobPhase::kRunning) continue;
    auto node = waiting_.extract(state.id);
    if (node.empty()) continue;
    const Waiting& waiting = node.mapped();
    const Result<Json> value = ValueOf(state);
    waiting.answer(waiting.secrets.Mask(*value));
  }
}

void LiveAsker::Keep(const JobsTarget& target) {
  std::erase_if(waiting_, [&target](const auto& one) {
    return target.kept.contains(one.first) || (!target.spares_others && !target.running.contains(one.first));
  });
  if (kept_ == target) return;
  kept_ = target;
  auto done = std::make_shared<Result<void>>();
  parts_.executor.Run(
      std::string(kJobsLane), [done, &jobs = parts_.jobs, target] { *done = jobs.Keep(target); },
      [self = self_, done] {
        // Said again with the next change.
        if (*self != nullptr && !done->has_value()) (*self)->kept_.reset();
      });
}

}  // namespace tuesday::control
