// SPDX-License-Identifier: Apache-2.0
#include "analyses.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "control/analyses/resolve.h"
#include "core/manifest/check.h"
#include "objects.h"

namespace tuesday::scenarios {
namespace {

constexpr Duration kJobStart = std::chrono::seconds(1);  // From a job's creation to its first instruction.
constexpr Duration kWebAnswer = std::chrono::milliseconds(100);

struct Answer {
  Result<Json> value;
  std::optional<Duration> after;  // None: never.
};

// The value of one label of `metric{label="value",...}`.
std::string LabelOf(const std::string& query, const std::string& label) {
  const std::string mark = label + "=\"";
  const std::size_t begin = query.find(mark);
  if (begin == std::string::npos) return {};
  const std::size_t end = query.find('"', begin + mark.size());
  return query.substr(begin + mark.size(), end - begin - mark.size());
}

int NumberAfter(const std::string& text, const std::string& word, int fallback) {
  const std::size_t at = text.find(word);
  return at == std::string::npos ? fallback : std::atoi(text.c_str() + at + word.size());
}

// "sleep 5 && exit 1", within its deadline.
Answer AnswerOfJob(const std::string& query) {
  const std::string command = LabelOf(query, "command");
  if (LabelOf(query, "image").find("nonexistent") != std::string::npos) return {Json::Array{}, std::nullopt};
  const std::chrono::seconds sleep(NumberAfter(command, "sleep ", 0));
  const std::chrono::seconds deadline(std::atoi(LabelOf(query, "deadline").c_str()));
  const bool killed = deadline.count() > 0 && sleep > deadline;
  const int exit_code = killed ? 1 : NumberAfter(command, "exit ", 0);
  return {Json(Json::Array{Json(exit_code)}), kJobStart + (killed ? deadline : sleep)};
}

// What the addresses of upstream's tests answered when they were written.
Answer AnswerOfWeb(const std::string& query) {
  struct Known {
    const char* host;
    const char* body;
  };
  constexpr std::array kKnown = {Known{"kubernetes.default.svc", R"({"major":"1","minor":"31"})"},
                                 Known{"dns.google", R"({"Status":0})"},
                                 Known{"gist.githubusercontent.com", R"({"message":"It worked!"})"}};
  const std::string url = LabelOf(query, "url");
  const auto known = std::ranges::find_if(kKnown, [&](const Known& one) { return url.find(one.host) != std::string::npos; });
  Result<Json> body = ParseJson(known == kKnown.end() ? "{}" : known->body);
  std::string path = LabelOf(query, "path");
  if (!body.has_value() || path.size() < 5) return {std::move(body), kWebAnswer};
  path = path.substr(3, path.size() - 4);  // {$.message}
  return {Json(body->At(path)), kWebAnswer};
}

rollout::AnalysisPhase PhaseOf(analysis::Phase phase) {
  switch (phase) {
    case analysis::Phase::kPending: return rollout::AnalysisPhase::kPending;
    case analysis::Phase::kRunning:
    case analysis::Phase::kNoEvidence: return rollout::AnalysisPhase::kRunning;
    case analysis::Phase::kSuccessful: return rollout::AnalysisPhase::kSuccessful;
    case analysis::Phase::kFailed: return rollout::AnalysisPhase::kFailed;
    case analysis::Phase::kError: return rollout::AnalysisPhase::kError;
    case analysis::Phase::kInconclusive: return rollout::AnalysisPhase::kInconclusive;
  }
  return rollout::AnalysisPhase::kError;
}

}  // namespace

ScriptedAnalyses::Run* ScriptedAnalyses::Find(const rollout::AnalysisRunKey& key) const {
  const auto found = std::ranges::find_if(runs_, [&](const auto& run) { return run->key == key; });
  return found == runs_.end() ? nullptr : found->get();
}

Result<analysis::Spec> ScriptedAnalyses::SpecOf(const control::JudgedRollout& rollout, int index) const {
  manifest::CheckContext context;
  context.ns = rollout.name.ns;
  const manifest::Object* object = manifest::FindObject("Rollout", rollout.name.name, rollout.name.ns, objects_, context);
  if (object == nullptr) return Fail(ErrorCode::kNotFound, "The rollout's own object is not known.");
  control::ArgumentSource source;
  source.fields["metadata.name"] = rollout.name.name;
  for (const auto& [key, value] : object->metadata.labels) source.fields["metadata.labels['" + key + "']"] = value;
  TRY(std::vector<analysis::Spec> specs, control::ResolveAnalyses(*object, objects_, context, source));
  if (index < 0 || index >= static_cast<int>(specs.size())) return Fail(ErrorCode::kNotFound, "There is no such analysis.");
  return std::move(specs[static_cast<std::size_t>(index)]);
}

void ScriptedAnalyses::Target(const control::JudgedRollout& rollout, const rollout::AnalysisTarget& target) {
  Run* run = Find(target.key);
  if (run == nullptr && target.running) {
    auto made = std::make_unique<Run>();
    made->key = target.key;
    run = runs_.emplace_back(std::move(made)).get();
    Result<analysis::Spec> spec = SpecOf(rollout, target.key.analysis);
    if (spec.has_value()) {
      run->spec = *std::move(spec);
      Step(rollout.name, run, analysis::Tick());
    } else {
      run->status.phase = analysis::Phase::kError;
      run->status.message = ErrorText(spec.error());
      changed_(rollout.name, {{"analysis.ended", run->status.message, {}}});
    }
  } else if (run != nullptr && !target.running && !std::exchange(run->ending, true)) {
    Step(rollout.name, run, analysis::End());
  }
}

void ScriptedAnalyses::Step(const RolloutName& name, Run* run, const analysis::Event& event) {
  if (analysis::IsDone(run->status.phase)) return;
  analysis::Outcome outcome = analysis::Step(run->spec, run->status, event, clock_.Now());
  run->status = std::move(outcome.status);
  for (const analysis::Measure& command : outcome.commands) Measure(name, run, command);
  if (outcome.wake_at.has_value()) executor_.At(*outcome.wake_at, [this, name, run] { Step(name, run, analysis::Tick()); });
  if (!outcome.entries.empty()) changed_(name, std::move(outcome.entries));
}

void ScriptedAnalyses::Measure(const RolloutName& name, Run* run, const analysis::Measure& command) {
  const std::string& query = run->spec.metrics[static_cast<std::size_t>(command.metric)].query;
  Answer answer = query.starts_with(kJobMetric) ? AnswerOfJob(query) : AnswerOfWeb(query);
  if (!answer.after.has_value()) return;
  executor_.At(clock_.Now() + *answer.after, [this, name, run, command, value = std::move(answer.value)] {
    Step(name, run, analysis::Answer{command.metric, command.ordinal, value});
  });
}

std::vector<rollout::AnalysisSeen> ScriptedAnalyses::Seen(const RolloutName&) const {
  std::vector<rollout::AnalysisSeen> seen;
  for (const auto& run : runs_) seen.push_back({run->key, PhaseOf(run->status.phase), run->status.message, 0});
  std::ranges::sort(seen, {}, &rollout::AnalysisSeen::key);
  return seen;
}

}  // namespace tuesday::scenarios
