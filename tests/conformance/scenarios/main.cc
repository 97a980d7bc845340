// SPDX-License-Identifier: Apache-2.0
// Plays upstream's end-to-end scenarios against tuesday's own fleet on virtual time:
//   conformance_scenarios SUITE FOLDER [FAILED_FILE] [ID]
// FOLDER has scenarios.jsonl and manifests/. A scenario passes when every wait is reached and every expectation holds.
// Those with checks that were code are played without them and counted apart as well. It knows formats and calls, never names.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include "play.h"

namespace tuesday::scenarios {
namespace {

namespace fs = std::filesystem;

// Files of upstream's tests about another router or about things that tuesday has not: where a scenario of one has checks that
// were code, these look into what we have not got, so that the rest of it shows nothing.
constexpr std::array kForeignFiles = {"apisix_test",       "appmesh_test",     "aws_test",          "experiment_test",
                                      "header_route_test", "istio_test",       "mirror_route_test", "smi_ingress_test",
                                      "smi_test",          "step-plugin_test", "step_plugin_test"};

bool LooksIntoOthers(const Scenario& scenario) {
  return !scenario.complete && std::ranges::find(kForeignFiles, scenario.file) != kForeignFiles.end();
}

Result<std::string> ReadSupport(const fs::path& manifests) {
  std::string support;
  std::vector<fs::path> paths;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(manifests)) paths.push_back(entry.path());
  std::ranges::sort(paths);
  for (const fs::path& path : paths) {
    const std::string name = path.filename().string();
    if (!name.starts_with("analysistemplate-") || path.extension() != ".yaml") continue;
    TRY(const std::string text, ReadText(path.string()));
    support += text + "\n---\n";
  }
  return support;
}

struct Tally {
  int passed = 0;
  int total = 0;
};

int Run(const std::string& suite, const fs::path& folder, const std::string& failed_file, const std::string& only) {
  const Result<std::vector<Scenario>> scenarios = ReadScenarios((folder / "scenarios.jsonl").string());
  const Result<std::string> support = ReadSupport(folder / "manifests");
  if (!scenarios.has_value() || !support.has_value()) {
    fmt::print(stderr, "{}\n", ErrorText(scenarios.has_value() ? support.error() : scenarios.error()));
    return 2;
  }
  const Corpus corpus{(folder / "manifests").string(), *support};
  std::ofstream failed;
  if (!failed_file.empty()) failed.open(failed_file);
  Tally complete;
  Tally partial;
  for (const Scenario& scenario : *scenarios) {
    if (!only.empty() && scenario.id != only) continue;
    std::vector<std::string> story;
    Tally& tally = scenario.complete ? complete : partial;
    ++tally.total;
    const Result<void> played = LooksIntoOthers(scenario)
                                    ? Fail(ErrorCode::kUnsupported, "its checks look into " + scenario.file)
                                    : Play(scenario, corpus, only.empty() ? nullptr : &story);
    for (const std::string& line : story) fmt::print("{}\n", line);
    if (played.has_value()) {
      ++tally.passed;
      continue;
    }
    std::string why = played.error().message;
    std::ranges::replace(why, '\n', ' ');
    if (failed) failed << scenario.id << ": " << why << "\n";
    if (!only.empty()) fmt::print("{}: {}\n", scenario.id, why);
  }
  fmt::print("conformance {} {}/{}\n", suite, complete.passed + partial.passed, complete.total + partial.total);
  fmt::print("  complete {}/{}, without checks that were code {}/{}\n", complete.passed, complete.total, partial.passed,
             partial.total);
  return complete.passed == complete.total && partial.passed == partial.total ? 0 : 1;
}

}  // namespace
}  // namespace tuesday::scenarios

int main(int argc, char** argv) {
  if (argc < 3 || argc > 5) {
    fmt::print(stderr, "usage: conformance_scenarios SUITE FOLDER [FAILED_FILE] [ID]\n");
    return 2;
  }
  return tuesday::scenarios::Run(argv[1], argv[2], argc > 3 ? argv[3] : "", argc > 4 ? argv[4] : "");
}
