// SPDX-License-Identifier: Apache-2.0
// replay_case RULES FOLDER: plays attempts under the one group of a PrometheusRule and writes for each a unit test of
// promtool, `<name>.test.json`, and `rules.yaml` beside them. Prints the alerts' phases, a letter a tick. Exit 1 when an
// attempt did not do what its plot says: it would show nothing.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "attempt.h"
#include "case_text.h"

namespace tuesday::replay {
namespace {

const Plot kPlots[] = {
    {.name = "healthy", .fires = {}},
    {.name = "errors", .error_share = 0.02, .bad_from = 0, .bad_until = 480, .fires = {"CanaryHighErrorRate"}},
    {.name = "latency", .latency_factor = 1.5, .bad_from = 100, .bad_until = 600, .fires = {"CanaryHighLatency"}},
    {.name = "restarts", .restarts_at = {22, 44, 75, 260}, .fires = {"CanaryPodRestarts"}},
    {.name = "short-of-the-minute", .error_share = 0.33, .bad_from = 190, .bad_until = 195, .fires = {}},
    {.name = "daemon-away",
     .error_share = 0.03,
     .bad_from = 200,
     .bad_until = 900,
     .away_from = 330,
     .away_until = 395,
     .fires = {"CanaryHighErrorRate"}},
};

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

bool DidAsItsPlotSays(const Plot& plot, const Played& played) {
  return std::ranges::all_of(played.phases, [&](const auto& item) {
    const bool fired = item.second.contains('F');
    return fired == (std::ranges::find(plot.fires, item.first) != plot.fires.end());
  });
}

int Run(const std::string& rules_path, const std::string& folder) {
  const std::string rules = ReadAll(rules_path);
  std::ofstream(folder + "/rules.yaml") << RuleFileText(rules);
  bool good = true;
  for (const Plot& plot : kPlots) {
    const Played played = PlayAttempt(plot, rules);
    for (const auto& [alert, phases] : played.phases)
      std::printf("%-20s %-20s %s\n", plot.name.c_str(), alert.c_str(), phases.c_str());
    std::ofstream file(folder + "/" + plot.name + ".test.json");
    file << TestFileText(plot, played, "rules.yaml") << '\n';
    if (!file.flush()) return 2;
    if (DidAsItsPlotSays(plot, played)) continue;
    std::fprintf(stderr, "%s: other alerts fired than its plot says\n", plot.name.c_str());
    good = false;
  }
  return good ? 0 : 1;
}

}  // namespace
}  // namespace tuesday::replay

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: replay_case RULES FOLDER\n");
    return 2;
  }
  return tuesday::replay::Run(argv[1], argv[2]);
}
