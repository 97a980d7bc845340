// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <exception>

#include "app/cli/command_line.h"

int main(int argc, char** argv) {
  try {
    return tuesday::cli::RunCommandLine(argc, argv);
  } catch (const std::exception& error) {
    // Only a lack of memory or a bug in a library ends here: nothing of ours throws.
    std::fprintf(stderr, "tuesday: %s\n", error.what());
    return 70;
  }
}
