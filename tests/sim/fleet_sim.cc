// SPDX-License-Identifier: Apache-2.0
// Lives through many seeds: fleet_sim --seed N --count M [--trace]. Each seed twice, traces compared. Prints one summary line;
// on a violation the command that replays it.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string>

#include "testing/sim/life.h"

namespace tuesday::sim {
namespace {

// With fewer seeds than this, a branch that was not reached says nothing.
constexpr std::uint64_t kSeedsForCoverage = 2000;
constexpr int kFailuresShownMax = 10;

struct Row {
  std::uint64_t seed = 1;
  std::uint64_t count = 1;
  Show show = Show::kNothing;
};

bool ReportSeed(std::uint64_t seed, const LifeReport& report, const LifeReport& again, const char* program) {
  const bool same = report.trace_hash == again.trace_hash && report.violations == again.violations;
  if (same && report.violations.empty()) return true;
  if (!same) std::printf("seed %llu: two lives differ\n", static_cast<unsigned long long>(seed));
  for (const std::string& violation : report.violations) {
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), violation.c_str());
    if (&violation == &report.violations[std::min<std::size_t>(4, report.violations.size() - 1)]) break;
  }
  std::printf("replay: %s --seed %llu --count 1 --trace\n", program, static_cast<unsigned long long>(seed));
  return false;
}

int Run(const Row& row, const char* program) {
  const auto begun = std::chrono::steady_clock::now();
  std::set<std::string> reached;
  std::uint64_t decisions = 0;
  double hours = 0;
  int failed = 0;
  for (std::uint64_t seed = row.seed; seed < row.seed + row.count; ++seed) {
    const LifeReport report = Live(seed, row.show);
    const LifeReport again = Live(seed);
    reached.insert(report.reached.begin(), report.reached.end());
    decisions += report.decisions;
    hours += report.simulated_hours;
    if (ReportSeed(seed, report, again, program)) continue;
    if (++failed >= kFailuresShownMax) break;
  }
  int unreached = 0;
  for (const std::string& branch : BranchesExpected()) {
    if (reached.contains(branch)) continue;
    if (row.count >= kSeedsForCoverage) ++unreached;
    if (row.count >= kSeedsForCoverage) std::printf("never reached: %s\n", branch.c_str());
  }
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  std::printf(
      "fleet_sim: %llu seeds from %llu, each twice: %d failed, %llu decisions, %.0f simulated hours in %.1f s, %zu/%zu "
      "branches\n",
      static_cast<unsigned long long>(row.count), static_cast<unsigned long long>(row.seed), failed,
      static_cast<unsigned long long>(decisions), hours, took, reached.size(), BranchesExpected().size());
  return failed == 0 && unreached == 0 ? 0 : 1;
}

}  // namespace
}  // namespace tuesday::sim

int main(int argc, char** argv) {
  tuesday::sim::Row row;
  for (int i = 1; i < argc; ++i) {
    const bool has_value = i + 1 < argc;
    if (std::strcmp(argv[i], "--trace") == 0) {
      row.show = tuesday::sim::Show::kTrace;
    } else if (std::strcmp(argv[i], "--seed") == 0 && has_value) {
      row.seed = std::strtoull(argv[++i], nullptr, 10);
    } else if (std::strcmp(argv[i], "--count") == 0 && has_value) {
      row.count = std::strtoull(argv[++i], nullptr, 10);
    } else {
      std::fprintf(stderr, "usage: fleet_sim --seed N --count M [--trace]\n");
      return 2;
    }
  }
  return tuesday::sim::Run(row, argv[0]);
}
