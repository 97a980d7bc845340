// SPDX-License-Identifier: Apache-2.0
// git, run by arguments and never through a shell. Nothing of the user's own configuration is changed.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"

namespace tuesday::git {

struct GitOptions {
  std::string folder;                              // Where it runs; empty: here.
  std::map<std::string, std::string> environment;  // Beside our own.
};

// What `git ARGUMENTS...` prints. kNotFound when git is not there; kInvalid with its complaint when it ends with
// another code than 0; kLimit when it prints too much.
Result<std::string> RunGit(const std::vector<std::string>& arguments, const GitOptions& options = {});

// The same without the end of the last line.
Result<std::string> GitLine(const std::vector<std::string>& arguments, const GitOptions& options = {});

}  // namespace tuesday::git
