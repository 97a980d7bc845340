// SPDX-License-Identifier: Apache-2.0
// What one evaluation of a large rule group costs: 100 rules of 50 services whose 10,000 series are all read.
#pragma once

namespace tuesday::bench {

struct RulesTick {
  double mean_ms = 0;
  double worst_ms = 0;
  int series = 0;
  int rules = 0;
};

// Of the whole process; unlike the wall's clock it does not count what others do on the machine.
double CpuMilliseconds();

// Evaluates the group at 40 instants, 30 s apart, while samples go on arriving every 5 s: the time of a snapshot and of the
// evaluation, without the appending, on one core.
RulesTick MeasureRulesTick();

}  // namespace tuesday::bench
