// SPDX-License-Identifier: Apache-2.0
// Reads the files, plays their rollouts, prints: the daemon is not asked. Exit 0 promoted, 1 aborted or rolled back, 3
// without evidence or without an end.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "app/cli/commands.h"
#include "app/cli/manifests/manifest_files.h"
#include "app/cli/simulate/play.h"
#include "app/cli/simulate/render.h"

namespace tuesday::cli {
namespace {

using simulate::Ended;
using simulate::Play;
using simulate::PlayedRollout;
using simulate::PlayInput;
using simulate::Script;

Result<PlayInput> ReadInputs(const SimulateOptions& options, const Globals& globals) {
  TRY(const std::vector<ManifestFile> files, ReadManifestFiles(options.paths));
  std::vector<simulate::SourceText> sources;
  for (const ManifestFile& file : files) sources.push_back({file.path, file.text});
  return simulate::ReadPlayInput(sources, Namespace(globals.ns));
}

Result<Script> ReadScript(const SimulateOptions& options) {
  simulate::Conditions base;
  base.requests_per_second = options.rps;
  base.canary = {options.canary_errors_percent, options.canary_latency_factor};
  base.stable.errors_percent = options.stable_errors_percent;
  if (options.scenario.empty()) {
    Script script;
    script.changes = {base};
    return script;
  }
  TRY(const std::string text, ReadInput(options.scenario, kManifestBytesMax));
  return simulate::ReadScenario(text, options.scenario, base);
}

int ExitOf(Ended ended) {
  switch (ended) {
    case Ended::kPromoted: return kExitPass;
    case Ended::kAborted:
    case Ended::kRolledBack: return kExitFail;
    case Ended::kNoEvidence:
    case Ended::kUnderWay: break;
  }
  return kExitNoEvidence;
}

// A simulation asks nobody, and makes up no answer: what is not said would be an error in the play's middle.
Result<void> CheckAnswers(const PlayInput& input, const Script& script) {
  std::string missing;
  for (const PlayInput::AskedMetric& metric : input.asked) {
    if (script.answers.contains(metric.name)) continue;
    missing += fmt::format("{}The metric {} asks {}, and the scenario says no answer for it.", missing.empty() ? "" : "\n",
                           metric.name, metric.provider == "job" ? "a job" : "an address of others");
  }
  if (missing.empty()) return {};
  return Fail(ErrorCode::kInvalid, missing,
              "Say it with --scenario FILE: `answers: {METRIC: [VALUE]}`; of a job, its exit code.");
}

// A failure outweighs silence, and silence a promotion.
int WorseExit(int a, int b) {
  if (a == kExitFail || b == kExitFail) return kExitFail;
  return std::max(a, b);
}

// How quick it was: on standard error, because it differs from run to run.
void PrintSpeed(Duration played, Duration took) {
  const double seconds = std::chrono::duration<double>(took).count();
  const double factor = seconds > 0 ? std::chrono::duration<double>(played).count() / seconds : 0;
  std::fprintf(stderr, "%s\n",
               fmt::format("{} played in {:.1f} ms: {:.0f} times real time.",
                           DurationText(std::chrono::floor<std::chrono::seconds>(played)), seconds * 1000, factor)
                   .c_str());
}

}  // namespace

int RunSimulate(const Globals& globals, const SimulateOptions& options) {
  const Result<PlayInput> input = ReadInputs(options, globals);
  if (!input.has_value()) return ReportError(input.error(), globals);
  const Result<Script> script = ReadScript(options);
  if (!script.has_value()) return ReportError(script.error(), globals);
  if (const Result<void> complete = CheckAnswers(*input, *script); !complete.has_value())
    return ReportError(complete.error(), globals);
  if (!globals.json) {
    for (const std::string& note : input->notes) std::fprintf(stderr, "Note: %s\n", note.c_str());
  }
  int exit_code = kExitPass;
  Duration played{};
  Json::Array results;
  const auto begin = std::chrono::steady_clock::now();
  for (const PlayedRollout& rollout : input->rollouts) {
    std::vector<Play> plays;
    for (int run = 0; run < options.runs; ++run) {
      Play play = simulate::PlayRollout(*input, rollout, *script, options.seed + static_cast<std::uint64_t>(run));
      exit_code = WorseExit(exit_code, ExitOf(play.ended));
      played += play.took;
      if (options.runs > 1) play.timeline = {};
      plays.push_back(std::move(play));
    }
    const bool is_single = options.runs == 1;
    if (globals.json) {
      results.push_back(is_single ? simulate::PlayJson(plays.front()) : simulate::SharesJson(rollout.spec.name, plays));
    } else {
      std::fputs(
          (is_single ? simulate::PlayText(rollout, plays.front()) : simulate::SharesText(rollout.spec.name, plays)).c_str(),
          stdout);
    }
  }
  if (!globals.json) {
    std::fflush(stdout);
    PrintSpeed(played, std::chrono::steady_clock::now() - begin);
  } else {
    PrintJson(results.size() == 1 ? std::move(results.front()) : Json(Json::Object{{"rollouts", std::move(results)}}));
  }
  return exit_code;
}

}  // namespace tuesday::cli
