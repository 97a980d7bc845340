// SPDX-License-Identifier: Apache-2.0
#include "app/cli/workflow/local/run_numbers.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <vector>

#include "adapters/files/files.h"
#include "adapters/sqlite/sqlite_store.h"

namespace tuesday::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "run-";

std::vector<int> Numbers(const std::string& folder) {
  std::vector<int> numbers;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    int number = 0;
    if (!name.starts_with(kPrefix)) continue;
    const auto [end, wrong] = std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), number);
    if (wrong == std::errc() && end == name.data() + name.size()) numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

// One that still runs holds the lock of its store.
void RemoveOld(const std::string& folder, std::vector<int> numbers) {
  while (numbers.size() > kLocalRunsKept) {
    const std::string old = folder + "/" + std::string(kPrefix) + std::to_string(numbers.front());
    numbers.erase(numbers.begin());
    if (!sqlite::SqliteStore::Open(old).has_value()) continue;
    static_cast<void>(files::RemoveTree(old));
  }
}

}  // namespace

Result<RunNumber> TakeRunNumber(const std::string& runs_folder) {
  TRY_OK(files::MakeFolders(runs_folder, 0700));
  const std::vector<int> numbers = Numbers(runs_folder);
  RunNumber taken;
  taken.number = numbers.empty() ? 1 : numbers.back() + 1;
  while (true) {
    taken.id = std::string(kPrefix) + std::to_string(taken.number);
    taken.folder = runs_folder + "/" + taken.id;
    if (::mkdir(taken.folder.c_str(), 0700) == 0) break;
    if (errno != EEXIST) return std::unexpected(files::SystemError("cannot make", taken.folder, errno));
    ++taken.number;
  }
  RemoveOld(runs_folder, numbers);
  return taken;
}

std::vector<RunNumber> KnownRuns(const std::string& runs_folder) {
  std::vector<RunNumber> runs;
  for (const int number : Numbers(runs_folder)) {
    const std::string id = std::string(kPrefix) + std::to_string(number);
    runs.insert(runs.begin(), {.number = number, .id = id, .folder = runs_folder + "/" + id});
  }
  return runs;
}

}  // namespace tuesday::cli
