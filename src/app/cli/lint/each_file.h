// SPDX-License-Identifier: Apache-2.0
// Files that say nothing about each other, on as many cores as the machine has. What each gives is put where its number is, so
// that the order of the work is seen in nothing.
#pragma once

#include <cstddef>
#include <functional>

namespace tuesday::cli {

inline constexpr std::size_t kFilesOfAThread = 8;  // Fewer are done before another thread has begun.
inline constexpr std::size_t kThreadsMax = 16;

// Calls `work` once with every number below `count`, several at a time; back when all are done. `work` touches nothing shared
// but what is the number's own.
void ForEachFile(std::size_t count, const std::function<void(std::size_t)>& work);

}  // namespace tuesday::cli
