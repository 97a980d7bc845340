// SPDX-License-Identifier: Apache-2.0
// The line that every figure of a benchmark is printed as; tools/bench.py collects them.
#pragma once

#include <cstdio>
#include <string>

namespace tuesday::bench {

// `bench <name> <value> <unit>`; the unit may say in more words how the value came about.
inline void Say(const std::string& name, double value, const std::string& unit) {
  std::printf("bench %s %.6g %s\n", name.c_str(), value, unit.c_str());
  std::fflush(stdout);
}

}  // namespace tuesday::bench
