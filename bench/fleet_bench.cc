// SPDX-License-Identifier: Apache-2.0
// Many rollouts in flight at once: 10,000 in the simulated daemon, whose machine is real and whose invariants are checked, and
// 1,000 in the daemon's own control loops on virtual time. The simulated outside lives in the process and is counted with it.
#include "testing/fleet_bench.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>
#include <vector>

#include "base/check.h"
#include "bench/line.h"
#include "core/rollout/bench_world.h"
#include "testing/sim/daemon.h"

namespace tuesday::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int kSimulated = 10'000;
constexpr int kControlled = 1'000;
constexpr Duration kObserveLatency = std::chrono::milliseconds(500);
constexpr Duration kSettle = seconds(30);
constexpr Duration kWatched = minutes(2);

double ResidentMebibytes() {
  std::ifstream file("/proc/self/statm");
  double total = 0;
  double resident = 0;
  file >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

double Seconds(SteadyClock::time_point since) { return std::chrono::duration<double>(SteadyClock::now() - since).count(); }

// The second pause is longer than they are watched: none of them ends.
void BenchSimulated() {
  sim::Random random(1);
  sim::Daemon daemon({}, sim::Random(random.Next()), sim::Show::kNothing);
  for (int i = 0; i < kSimulated; ++i) {
    rollout::Spec spec = rollout::SixReplicas({rollout::SetWeight{Weight::Percent(10)}, rollout::Pause{minutes(1)},
                                               rollout::SetWeight{Weight::Percent(50)}, rollout::Pause{minutes(20)}});
    spec.name.name = "r" + std::to_string(i);
    spec.uid = Uid("u" + std::to_string(i));
    daemon.Add(std::move(spec), sim::Random(random.Next()), sim::Quality::kHealthy);
  }
  Instant now;
  const auto run = [&](Duration time) {
    for (const Instant until = now + time; now < until; now += seconds(1)) daemon.RunUntil(now);
  };
  run(kWatched);
  daemon.ReleaseAll(now);
  run(kSettle);
  CHECK(daemon.InFlight() == kSimulated, "all rollouts are in flight");
  Say("fleet_10000_rss", ResidentMebibytes(), "MiB with the simulated outside");
  const std::uint64_t before = daemon.Report().decisions;
  const auto begin = SteadyClock::now();
  run(kWatched);
  const double took = Seconds(begin);
  const sim::LifeReport report = daemon.Report();
  CHECK(daemon.InFlight() == kSimulated, "all rollouts are still in flight");
  CHECK(report.violations.empty(), report.violations.front());
  const auto decisions = static_cast<double>(report.decisions - before);
  Say("fleet_10000_decision_time", took * 1e6 / decisions,
      "µs with the simulated outside and the checks, each decision made twice");
  Say("fleet_10000_speed", std::chrono::duration<double>(kWatched).count() / took, "times real time");
}

std::string NameOf(int index) { return "svc" + std::to_string(index); }

void ApplyAll(testing::FleetBench& bench, const std::string& version) {
  std::string manifests;
  for (int i = 0; i < kControlled; ++i) manifests += "---\n" + testing::FleetBench::Manifest(version, NameOf(i));
  const Result<control::ApplyReport> report = bench.Apply(manifests);
  CHECK(report.has_value(), report.error().message);
}

bool AllHave(const testing::FleetBench& bench, int permille) {
  for (int i = 0; i < kControlled; ++i) {
    if (bench.CanaryPermille(NameOf(i)) != permille) return false;
  }
  return true;
}

// What each decision took on the loop's thread, of all that were made while the clock went on for `time`. A step of the
// executor is what the loop does in one go; where it decides about several rollouts each has an equal share.
struct Decided {
  std::vector<double> seconds;  // Ascending.
  double held_seconds_max = 0;  // The longest that the loop was held, by whatever.
  double Quantile(double share) const {
    return seconds[std::min(seconds.size() - 1, static_cast<std::size_t>(share * static_cast<double>(seconds.size())))];
  }
};

Decided Watch(testing::FleetBench& bench, Duration time) {
  Decided decided;
  const Instant until = bench.clock().Now() + time;
  std::uint64_t known = bench.fleet().GetHealth().decisions;
  for (;;) {
    const auto begin = SteadyClock::now();
    if (!bench.executor().Step(until)) break;
    const double took = Seconds(begin);
    const std::uint64_t now = bench.fleet().GetHealth().decisions;
    // Steps without a decision are mostly the fakes' own work, which has threads of its own in earnest.
    if (now == known) continue;
    decided.held_seconds_max = std::max(decided.held_seconds_max, took);
    decided.seconds.insert(decided.seconds.end(), now - known, took / static_cast<double>(now - known));
    known = now;
  }
  std::ranges::sort(decided.seconds);
  return decided;
}

void BenchControlled() {
  const double empty = ResidentMebibytes();
  testing::FleetBench bench;
  for (int i = 0; i < kControlled; ++i) {
    for (const char* version : {"v1", "v2"}) bench.artifacts().SetContent("dir:/" + NameOf(i) + "/" + version, 1);
  }
  // As long as a real edge and real supervisors need; questions that come in the meantime are asked once.
  bench.executor().SetLatency("observe edge", kObserveLatency);
  bench.executor().SetLatency("observe workloads", kObserveLatency);
  bench.Start();
  ApplyAll(bench, "v1");
  bench.executor().RunFor(kSettle);
  ApplyAll(bench, "v2");
  bench.executor().RunFor(kSettle);
  CHECK(AllHave(bench, 100), "all canaries have 10 %");
  Say("rollouts_1000_rss", ResidentMebibytes() - empty, "MiB: control loops, objects and journal, with the fakes; no samples");
  const Decided decided = Watch(bench, kWatched);
  CHECK(bench.fleet().GetHealth().commits_failed == 0, "every commit was done");
  CHECK(decided.seconds.size() > kControlled, "each was decided about");
  Say("rollouts_1000_decision_p99", decided.Quantile(0.99) * 1e6,
      "µs of the loop, of " + std::to_string(decided.seconds.size()) + " decisions");
  Say("rollouts_1000_decision_p50", decided.Quantile(0.5) * 1e6, "µs of the loop");
  Say("rollouts_1000_loop_held_max", decided.held_seconds_max * 1e3, "ms in one go, all rollouts of one answer together");
}

}  // namespace
}  // namespace tuesday::bench

int main() {
  tuesday::bench::BenchControlled();
  tuesday::bench::BenchSimulated();
}
