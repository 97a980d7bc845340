// SPDX-License-Identifier: Apache-2.0
#include "testing/sim/life.h"

#include <cstdio>
#include <functional>
#include <memory>
#include <queue>

#include "testing/sim/daemon.h"

namespace tuesday::sim {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kTick = seconds(1);
constexpr Duration kFaultTime = minutes(12);
constexpr Duration kRestTimeMax = minutes(180);
constexpr Duration kRestQuiet = minutes(6);
constexpr Duration kRestTickMax = seconds(5);

}  // namespace

LifeReport Live(std::uint64_t seed, Show show) {
  Random random(seed);
  const Faults faults = DrawFaults(random);
  Daemon daemon(faults, Random(random.Next()), show);
  const int rollouts = random.Between(1, 3);
  for (int i = 0; i < rollouts; ++i) daemon.Add(DrawSpec(random, i), Random(random.Next()));

  const Instant start{};
  Instant now = start + kTick;
  for (; now < start + kFaultTime; now += kTick) {
    daemon.RunUntil(now);
    daemon.Perturb(now);
  }
  daemon.Heal(now);
  Instant quiet_since = now;
  const Instant end = now + kRestTimeMax;
  for (; now < end && now < quiet_since + kRestQuiet; now += kTick) {
    daemon.RunUntil(now);
    if (daemon.TakeRestlessness()) quiet_since = now;
    daemon.ActAsPatientOperator(now);
  }
  daemon.CheckRest(now);
  LifeReport report = daemon.Report();
  report.simulated_hours = std::chrono::duration<double, std::ratio<3600>>(now - start).count() * rollouts;
  return report;
}

const std::set<std::string>& BranchesExpected() {
  static const std::set<std::string> kBranches = {
      "promoted",
      "aborted",
      "rolled back in the bake",
      "held for evidence",
      "went back to stable in mid-rollout",
      "decided in the bake without sight of the edge",
      "paused inconclusive",
      "paused for evidence",
      "progress deadline passed",
      "no free slot",
      "retried",
      "withdrew a canary whose instances died",
      "an operator rolled back a bake",
      "crashed between commit and perform of an abort",
      "crashed between decide and commit",
      "commit with unknown outcome",
      "the edge came back with an old route",
      "deleted",
      "deleted in mid-canary",
      "an old route came after the rollout was gone",
      "restarted",
      "restarted in mid-rollout",
      "went back within the rollback window",
      "undid to an older revision",
  };
  return kBranches;
}

}  // namespace tuesday::sim
