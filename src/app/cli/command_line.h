// SPDX-License-Identifier: Apache-2.0
// The command line: names, flags, help with examples. Everything else is in the commands.
#pragma once

namespace tuesday::cli {

// Runs the program and returns its exit code.
int RunCommandLine(int argc, char** argv);

}  // namespace tuesday::cli
