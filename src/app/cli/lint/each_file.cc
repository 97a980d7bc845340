// SPDX-License-Identifier: Apache-2.0
#include "app/cli/lint/each_file.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace tuesday::cli {

void ForEachFile(std::size_t count, const std::function<void(std::size_t)>& work) {
  const std::size_t cores = std::max<std::size_t>(1, std::thread::hardware_concurrency());
  const std::size_t threads = std::min({cores, kThreadsMax, count / kFilesOfAThread + 1});
  std::atomic<std::size_t> next = 0;
  const auto run = [&] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::jthread> others;
  for (std::size_t i = 1; i < threads; ++i) others.emplace_back(run);
  run();
}

}  // namespace tuesday::cli
