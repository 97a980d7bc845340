// SPDX-License-Identifier: Apache-2.0
// What one decision of the canary machine costs, and how quick the playbook's own rollout is played: core_bench PLAYBOOK.
#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "app/cli/simulate/play.h"
#include "base/check.h"
#include "bench/line.h"
#include "core/rollout/bench_world.h"

namespace tuesday::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kReconciles = 20'000;
constexpr int kRounds = 9;
constexpr int kPlays = 5;

double Seconds(SteadyClock::time_point since) { return std::chrono::duration<double>(SteadyClock::now() - since).count(); }

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// At rest in the middle of a canary of six replicas with a pass from its gate: the decision that is made most often.
void BenchReconcile() {
  rollout::Bench world(
      rollout::SixReplicas({rollout::SetWeight{Weight::Percent(10)}, rollout::Pause{std::chrono::minutes(5)},
                            rollout::SetWeight{Weight::Percent(50)}, rollout::Pause{std::chrono::minutes(5)}}));
  world.StartSecond();
  world.Gate(gate::Verdict::kPass);
  CHECK(world.Weight() == 100, "the canary has its first weight");
  std::vector<double> rounds;
  for (int round = 0; round < kRounds; ++round) {
    const auto begin = SteadyClock::now();
    for (int i = 0; i < kReconciles; ++i) {
      rollout::Outcome outcome = rollout::Reconcile(world.spec, world.status, world.world, world.now);
      CHECK(outcome.entries.empty(), "nothing new is decided");
    }
    rounds.push_back(Seconds(begin) / kReconciles);
  }
  Say("reconcile_time", Median(rounds) * 1e6, "µs");
}

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

double SpeedOf(const cli::simulate::PlayInput& input, const cli::simulate::Script& script, cli::simulate::Ended ended) {
  std::vector<double> speeds;
  for (int round = 0; round < kRounds; ++round) {
    Duration played{};
    const auto begin = SteadyClock::now();
    for (int i = 0; i < kPlays; ++i) {
      const cli::simulate::Play play =
          cli::simulate::PlayRollout(input, input.rollouts.front(), script, static_cast<std::uint64_t>(i + 1));
      CHECK(play.ended == ended, "it ends as its script says: " + play.reason);
      played += play.took;
    }
    speeds.push_back(std::chrono::duration<double>(played).count() / Seconds(begin));
  }
  return Median(speeds);
}

void BenchSimulate(const std::string& playbook) {
  std::vector<cli::simulate::SourceText> sources;
  for (const char* name : {"prometheus-rule.yaml", "rollout.yaml"}) sources.push_back({name, ReadAll(playbook + "/" + name)});
  const Result<cli::simulate::PlayInput> input = cli::simulate::ReadPlayInput(sources, Namespace("default"));
  CHECK(input.has_value(), input.error().message);
  Say("simulate_speed", SpeedOf(*input, {}, cli::simulate::Ended::kPromoted),
      "times real time, healthy, rules and analyses on");
  cli::simulate::Script errors;
  errors.changes.front().canary.errors_percent = 2;
  Say("simulate_speed_2pct_errors", SpeedOf(*input, errors, cli::simulate::Ended::kAborted), "times real time");
}

}  // namespace
}  // namespace tuesday::bench

int main(int argc, char** argv) {
  tuesday::bench::BenchReconcile();
  tuesday::bench::BenchSimulate(argc > 1 ? argv[1] : TUESDAY_SOURCE_DIR "/examples/playbook");
}
