// SPDX-License-Identifier: Apache-2.0
// Runs the suites `rollouts-manifests` and `rollouts-examples` over a folder of Argo Rollouts' own files, which it is given.
//   conformance_rollouts SUITE FOLDER [FAILED_FILE]
// A file passes when it is accepted, or when each of its errors refuses by name something of UnsupportedNames(). Files under
// a folder `expectedfailures` may also be refused otherwise, unless a scenario of FOLDER/scenarios.jsonl wants them healthy.
// Placeholders (`$$name$$`) are filled in. Templates in other files of the folder count as known. It knows formats, never the
// names of cases.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "base/json.h"
#include "core/manifest/check.h"
#include "core/manifest/object.h"
#include "core/manifest/unsupported.h"

namespace tuesday::manifest {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExpectedFailures = "expectedfailures";

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// Upstream's tests fill in `$$name$$` before they apply a file; any name will do here.
std::string Filled(std::string text) {
  constexpr std::string_view kMark = "$$";
  for (std::size_t begin = text.find(kMark); begin != std::string::npos; begin = text.find(kMark, begin)) {
    const std::size_t end = text.find(kMark, begin + kMark.size());
    if (end == std::string::npos || text.substr(begin, end - begin).find('\n') != std::string::npos) return text;
    text.replace(begin, end + kMark.size() - begin, "x");
  }
  return text;
}

// All YAML files below `folder`, by their paths relative to it.
std::map<std::string, std::string> ReadFolder(const fs::path& folder) {
  std::map<std::string, std::string> files;
  if (!fs::is_directory(folder)) return files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    const std::string extension = entry.path().extension().string();
    if (entry.is_regular_file() && (extension == ".yaml" || extension == ".yml")) {
      files[fs::relative(entry.path(), folder).string()] = Filled(ReadFile(entry.path()));
    }
  }
  return files;
}

// The manifests ("expectedfailures/x.yaml") that some scenario begins with as a healthy rollout.
std::set<std::string> WantedHealthy(const fs::path& scenarios) {
  std::set<std::string> wanted;
  std::istringstream lines(ReadFile(scenarios));
  for (std::string line; std::getline(lines, line);) {
    const Result<Json> scenario = ParseJson(line);
    if (!scenario.has_value() || scenario->At("steps").as_array() == nullptr) continue;
    for (const Json& step : *scenario->At("steps").as_array()) {
      const Json::Array* args = step.At("args").as_array();
      if (step.At("call").StringOr("") != "HealthyRollout" || args == nullptr || args->empty()) continue;
      const std::string file = args->front().StringOr("");
      if (file.starts_with('@')) wanted.insert(file.substr(1));
    }
  }
  return wanted;
}

// Why the file fails, or empty.
std::string Judge(const std::vector<Finding>& findings, bool may_be_refused) {
  for (const Finding& finding : findings) {
    if (finding.severity != Severity::kError || may_be_refused) continue;
    if (RefusedName(finding).empty()) return finding.Text();
  }
  return {};
}

int Run(const std::string& suite, const fs::path& folder, const std::string& failed_file) {
  const std::string prefix = "rollouts-";
  const fs::path files_folder = folder / (suite.starts_with(prefix) ? suite.substr(prefix.size()) : suite);
  const std::map<std::string, std::string> files = ReadFolder(files_folder);
  if (files.empty()) {
    fmt::print("conformance {} skipped: no files in {}\n", suite, files_folder.string());
    return 0;
  }
  const std::set<std::string> healthy = WantedHealthy(folder / "scenarios.jsonl");
  std::vector<Object> all;
  std::map<std::string, ReadResult> read;
  for (const auto& [name, text] : files) {
    const auto entry = read.emplace(name, ReadManifests(text, name)).first;
    all.insert(all.end(), entry->second.objects.begin(), entry->second.objects.end());
  }
  CheckContext context;
  context.known = all;
  std::ofstream failed;
  if (!failed_file.empty()) failed.open(failed_file);
  std::size_t passed = 0;
  for (auto& [name, result] : read) {
    const std::vector<Finding> more = CheckObjects(result.objects, context);
    result.findings.insert(result.findings.end(), more.begin(), more.end());
    const bool may_be_refused = name.find(kExpectedFailures) != std::string::npos && !healthy.contains(name);
    const std::string why = Judge(result.findings, may_be_refused);
    if (why.empty()) {
      ++passed;
      continue;
    }
    fmt::print(stderr, "{}\n", why);
    if (failed) failed << name << "\n";
  }
  fmt::print("conformance {} {}/{}\n", suite, passed, files.size());
  return passed == files.size() ? 0 : 1;
}

}  // namespace
}  // namespace tuesday::manifest

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) {
    fmt::print(stderr, "usage: conformance_rollouts rollouts-manifests|rollouts-examples FOLDER [FAILED_FILE]\n");
    return 2;
  }
  return tuesday::manifest::Run(argv[1], argv[2], argc == 4 ? argv[3] : "");
}
