// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>
#include <vector>

#include "adapters/supervise/run_program.h"
#include "app/actions/cache/packages.h"
#include "app/actions/native.h"
#include "app/actions/toolkit.h"

namespace tuesday::actions {
namespace {

namespace fs = std::filesystem;
using Version = std::array<int, 3>;

// "20", "20.1", "v20.1.2": as many numbers as are there.
std::vector<int> NumbersOf(std::string_view text) {
  std::vector<int> numbers;
  if (text.starts_with('v')) text.remove_prefix(1);
  while (!text.empty() && numbers.size() < 3) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) break;
    numbers.push_back(number);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.starts_with('.')) break;
    text.remove_prefix(1);
  }
  return numbers;
}

// Whether a version is one of those that were asked for: a prefix of numbers, `x` for any, `^`, `~`, `>=`, `lts/*`, `latest`.
bool Satisfies(const Version& version, std::string_view wanted) {
  if (wanted.empty() || wanted == "*" || wanted == "latest" || wanted == "current" || wanted == "node") return true;
  if (wanted.starts_with("lts")) return version[0] % 2 == 0;
  const bool at_least = wanted.starts_with(">=");
  const bool caret = wanted.starts_with('^');
  const bool tilde = wanted.starts_with('~');
  const std::vector<int> numbers = NumbersOf(wanted.substr(at_least ? 2 : caret || tilde ? 1 : 0));
  if (numbers.empty()) return false;
  Version lowest{};
  std::copy(numbers.begin(), numbers.end(), lowest.begin());
  if (at_least) return version >= lowest;
  const std::size_t fixed = caret ? 1 : tilde ? std::min<std::size_t>(2, numbers.size()) : numbers.size();
  return std::equal(lowest.begin(), lowest.begin() + static_cast<std::ptrdiff_t>(fixed), version.begin()) && version >= lowest;
}

std::optional<Version> VersionOf(const std::string& text) {
  const std::vector<int> numbers = NumbersOf(text);
  if (numbers.size() != 3) return std::nullopt;
  return Version{numbers[0], numbers[1], numbers[2]};
}

struct Found {
  Version version{};
  std::string bin;
};

// Versions that were unpacked for this machine beforehand, as the runner lays them out.
std::optional<Found> InToolCache(std::string_view wanted) {
  std::optional<Found> best;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(Environment("RUNNER_TOOL_CACHE") + "/node", error)) {
    const auto version = VersionOf(entry.path().filename().string());
    if (!version || !Satisfies(*version, wanted) || !fs::exists(entry.path() / "x64.complete", error)) continue;
    if (!best || *version > best->version) best = Found{*version, (entry.path() / "x64/bin").string()};
  }
  return best;
}

// What the machine itself has on the PATH.
std::optional<Found> OnPath(std::string_view wanted) {
  std::istringstream path(Environment("PATH"));
  for (std::string folder; std::getline(path, folder, ':');) {
    if (::access((folder + "/node").c_str(), X_OK) != 0) continue;
    const auto printed = supervise::RunProgram({folder + "/node", "--version"});
    const auto version = printed.has_value() ? VersionOf(printed->output) : std::nullopt;
    if (version && Satisfies(*version, wanted)) return Found{*version, folder};
  }
  return std::nullopt;
}

Result<std::string> WantedVersion() {
  if (const std::string given = Input("node-version"); !given.empty()) return given;
  const std::string name = Input("node-version-file");
  if (name.empty()) return std::string();
  std::ifstream file(Environment("GITHUB_WORKSPACE") + "/" + name);
  std::string version;
  if (!(file >> version))
    return Fail(ErrorCode::kNotFound, fmt::format("The specified node version file at: {} does not exist.", name));
  return version;
}

}  // namespace

int SetupNode(const std::string& stage) {
  if (stage == "post") {
    SavePackages();
    return 0;
  }
  const auto wanted = WantedVersion();
  if (!wanted) return FailStep(wanted.error());
  auto found = InToolCache(*wanted);
  if (!found) found = OnPath(*wanted);
  if (!found) {
    return FailStep(Error{ErrorCode::kNotFound, fmt::format("This machine has no Node.js {}.", *wanted),
                          "Unpack it to the tool cache (node/X.Y.Z/x64 and x64.complete), or install it."});
  }
  const std::string version = fmt::format("v{}.{}.{}", found->version[0], found->version[1], found->version[2]);
  std::cout << "Found in cache @ " << found->bin << "\nnode: " << version << std::endl;
  AddPath(found->bin);
  SetOutput("node-version", version);
  const Result<void> restored = RestorePackages(found->bin);
  return restored ? 0 : FailStep(restored.error());
}

}  // namespace tuesday::actions
