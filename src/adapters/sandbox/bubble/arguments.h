// SPDX-License-Identifier: Apache-2.0
// What a sandbox sees, and bubblewrap's arguments for it. Named parts only: nothing of the machine is there that is not named
// here or in the place's order.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "ports/job_places.h"

namespace tuesday::sandbox {

// Where our program and the steps' files are within.
constexpr std::string_view kInsideFolder = "/run/tuesday";
constexpr std::string_view kInsideProgram = "/run/tuesday/tuesday";
constexpr std::string_view kInsideSteps = "/run/tuesday/steps";
constexpr int kFilterDescriptor = 4;
constexpr std::uint64_t kShmBytesMax = 256ULL << 20;

// `source` is a path as bubblewrap sees it.
struct Bind {
  std::string source;
  std::string inside;
  Mount::Access access = Mount::Access::kRead;
};

// Parts of the machine that every place sees, as far as the machine has them.
std::vector<Bind> MachineBinds();

// `command` runs within, after all binds in their order.
std::vector<std::string> BubbleArguments(const std::string& program, const std::vector<Bind>& binds,
                                         const std::vector<std::string>& command);

// Whether `path` is absolute and plain (no `..`, no `.`, nothing twice), and not one that would cover what the sandbox needs.
Result<void> CheckInsidePath(const std::string& path);

}  // namespace tuesday::sandbox
