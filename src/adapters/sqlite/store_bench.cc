// SPDX-License-Identifier: Apache-2.0
// Prints what a commit costs beside what the disk alone costs: store_bench [FOLDER] [COMMITS].
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "adapters/sqlite/sqlite_store.h"

namespace tuesday::sqlite {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kCommits = 2000;
constexpr int kRowBytes = 2000;  // About a rollout's status.

double Seconds(SteadyClock::time_point since) { return std::chrono::duration<double>(SteadyClock::now() - since).count(); }

double Median(std::vector<double>& times) {
  std::ranges::sort(times);
  return times.empty() ? 0 : times[times.size() / 2];
}

// Appends and syncs as many bytes as a commit of that size writes at least.
double MedianFsync(const std::string& path, int count) {
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const std::string bytes(3 * 4096, 'x');
  std::vector<double> times;
  for (int i = 0; i < count && descriptor >= 0; ++i) {
    const auto begin = SteadyClock::now();
    if (write(descriptor, bytes.data(), bytes.size()) < 0 || fdatasync(descriptor) != 0) break;
    times.push_back(Seconds(begin));
  }
  close(descriptor);
  return Median(times);
}

int Run(const std::string& folder, int commits) {
  auto store = SqliteStore::Open(folder);
  if (!store.has_value()) {
    fmt::print(stderr, "{}\n", ErrorText(store.error()));
    return 1;
  }
  NewEntry entry;
  entry.object = {Namespace("default"), "Rollout", "api"};
  entry.entry = {"rollout.stepped", "The weight is 10 %.", {{"weight", 100}}};
  std::vector<double> times;
  const auto begin = SteadyClock::now();
  for (int i = 0; i < commits; ++i) {
    const auto one = SteadyClock::now();
    const Result<void> done =
        (*store)->Commit({.put = {{"rollout", fmt::format("default/r{}", i % 10), std::string(kRowBytes, 'v')}},
                          .entries = {entry},
                          .outbox_put = {{"route default/api", Generation{static_cast<std::uint64_t>(i)}, "{}"}}});
    if (!done.has_value()) {
      fmt::print(stderr, "{}\n", ErrorText(done.error()));
      return 1;
    }
    times.push_back(Seconds(one));
  }
  fmt::print("bench store-commits {:.0f} commits/s\n", commits / Seconds(begin));
  fmt::print("bench store-commit-p50 {:.3f} ms\n", Median(times) * 1000);
  fmt::print("bench store-commit-p99 {:.3f} ms\n", times[times.size() * 99 / 100] * 1000);
  fmt::print("bench store-fsync-p50 {:.3f} ms\n", MedianFsync(folder + "/fsync", commits) * 1000);
  const auto verify = SteadyClock::now();
  if (!(*store)->VerifyJournal().has_value()) return 1;
  fmt::print("bench store-verify {:.0f} entries/s\n", commits / Seconds(verify));
  return 0;
}

}  // namespace
}  // namespace tuesday::sqlite

int main(int argc, char** argv) {
  std::string folder = argc > 1 ? argv[1] : "/tmp/tuesday-store-bench-XXXXXX";
  if (argc < 2 && mkdtemp(folder.data()) == nullptr) return 1;
  return tuesday::sqlite::Run(folder, argc > 2 ? std::atoi(argv[2]) : tuesday::sqlite::kCommits);
}
