// SPDX-License-Identifier: Apache-2.0
// Runs a program to its end and takes what it prints: for tools that answer a question. By argv, never through a shell.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"

namespace tuesday::supervise {

inline constexpr std::size_t kPrintedBytesMax = 64 << 20;

struct Printed {
  std::string output;
  std::string errors;
  int exit_code = 0;  // 128 + n for a signal n.
};

// What stands for its streams. Without it standard input is empty, and what it prints is held.
struct ProgramFiles {
  int input = -1;           // A descriptor that is read from where it stands.
  std::string output_path;  // Made, 0600; Printed::output stays empty.
};

// `environment` is added to our own. kNotFound when there is no such program, kLimit when it prints more than
// kPrintedBytesMax.
Result<Printed> RunProgram(std::vector<std::string> argv, const std::map<std::string, std::string>& environment = {},
                           const ProgramFiles& files = {});

}  // namespace tuesday::supervise
