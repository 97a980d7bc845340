// SPDX-License-Identifier: Apache-2.0
// What goes wrong in one simulated life, drawn from its seed (swarm testing): every fault is off in some seeds, all are off in
// a tenth of them. Chances are in thousandths of the occasions.
#pragma once

#include "core/rollout/spec.h"
#include "testing/sim/random.h"

namespace tuesday::sim {

struct Faults {
  int route_lost = 0;        // A route never reaches the edge.
  int route_late = 0;        // It arrives up to 20 s later, after newer ones.
  int route_doubled = 0;     // It arrives twice.
  int edge_restart_old = 0;  // The edge comes back with the route before its last one.
  int sight_lost = 0;        // An observation of the edge is missing.
  int sight_late = 0;        // The daemon decides on a world of some seconds ago.
  int count_lost = 0;        // A count never reaches the workloads.
  int count_doubled = 0;
  int instance_crash = 0;  // On each tick of an instance.
  int instance_slow = 0;   // It takes up to 2 min to become ready.
  int ready_flap = 0;
  int gate_silent = 0;      // The metrics are missing, late or NaN: no evidence.
  int gate_dark = 0;        // They stay missing for up to 10 min.
  int gate_false_fail = 0;  // A healthy canary fails its gate.
  int analysis_error = 0;
  int analysis_inconclusive = 0;
  int store_fails = 0;    // A commit fails and nothing is written.
  int store_unknown = 0;  // A commit is written, and its answer is lost.
  int crash = 0;          // The daemon dies between two of read, decide, commit, perform, record.
  int stall = 0;          // The daemon stands still for up to 30 s.
  int operator_acts = 0;
  int spec_changes = 0;
};

Faults DrawFaults(Random& random);

// A strategy and its numbers, drawn.
rollout::Spec DrawSpec(Random& random, int index);

}  // namespace tuesday::sim
