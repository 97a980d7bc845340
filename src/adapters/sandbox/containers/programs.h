// SPDX-License-Identifier: Apache-2.0
// Programs of this machine that run in an image which may have no libraries, or others: with our loader and our libraries, all
// bound read-only under paths of our own.
#pragma once

#include <string>
#include <vector>

#include "adapters/containers/values.h"
#include "base/result.h"

namespace tuesday::sandbox {

struct CarriedProgram {
  std::vector<std::string> argv;  // Within: the loader, where its libraries are, the program.
  std::vector<containers::Bind> binds;
};

// `program` is a path of this machine; within, it is `folder`/`name` with its libraries beside it. kUnsupported when no loader
// of this machine can say what the program needs.
Result<CarriedProgram> CarryProgram(const std::string& program, const std::string& folder, const std::string& name);

// The path of a program in our PATH; empty when it has none of that name.
std::string FindInPath(const std::string& name);

}  // namespace tuesday::sandbox
