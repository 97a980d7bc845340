// SPDX-License-Identifier: Apache-2.0
// Runs the suite `rollouts-lint`: the verdicts of Argo's own linter over a folder that it is given.
//   conformance_rollouts_lint rollouts-lint FOLDER [FAILED_FILE]
// FOLDER/lint/cases.jsonl has one case a line: file, ok, stdout, stderr. A case passes when the verdict is the same and, for a
// refusal, one of our problems is at the field that stderr names and says the same. Where the first problem is not Argo's byte
// for byte, the case still passes and is shown.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/json.h"
#include "core/lint/argo/argo.h"

namespace tuesday::lint {
namespace {

namespace fs = std::filesystem;

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// "Error: " and the line's end taken away.
std::string_view Told(std::string_view stderr_text) {
  if (stderr_text.starts_with("Error: ")) stderr_text.remove_prefix(7);
  while (stderr_text.ends_with('\n')) stderr_text.remove_suffix(1);
  return stderr_text;
}

// Why the case fails, or empty.
std::string Judge(const std::vector<ArgoProblem>& problems, bool ok, std::string_view told) {
  if (ok) return problems.empty() ? "" : fmt::format("accepted there, here: {}", problems.front().Line());
  if (problems.empty()) return fmt::format("accepted here, there: {}", told);
  const bool same = std::any_of(problems.begin(), problems.end(), [&](const ArgoProblem& p) { return p.Line() == told; });
  return same ? "" : fmt::format("there: {}; here: {}", told, problems.front().Line());
}

int Run(const std::string& suite, const fs::path& folder, const std::string& failed_file) {
  std::istringstream lines(ReadFile(folder / "lint/cases.jsonl"));
  std::ofstream failed;
  if (!failed_file.empty()) failed.open(failed_file);
  int passed = 0;
  int cases = 0;
  for (std::string line; std::getline(lines, line);) {
    const Result<Json> parsed = ParseJson(line);
    if (!parsed.has_value()) continue;
    ++cases;
    const std::string file = parsed->At("file").StringOr("");
    const std::string told = parsed->At("stderr").StringOr("");
    const std::vector<ArgoProblem> problems = ArgoLint(ReadFile(folder / "lint" / file), file);
    const std::string why = Judge(problems, parsed->At("ok").BoolOr(false), Told(told));
    if (why.empty()) {
      ++passed;
      if (!problems.empty() && problems.front().Line() != Told(told)) fmt::print("  not the first: {}\n", file);
      continue;
    }
    fmt::print(stderr, "{}: {}\n", file, why);
    if (failed) failed << file << ": " << why << "\n";
  }
  if (cases == 0) {
    fmt::print("conformance {} skipped: no cases in {}\n", suite, folder.string());
    return 0;
  }
  fmt::print("conformance {} {}/{}\n", suite, passed, cases);
  return passed == cases ? 0 : 1;
}

}  // namespace
}  // namespace tuesday::lint

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) {
    fmt::print(stderr, "usage: conformance_rollouts_lint rollouts-lint FOLDER [FAILED_FILE]\n");
    return 2;
  }
  return tuesday::lint::Run(argv[1], argv[2], argc == 4 ? argv[3] : "");
}
