// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <exception>
#include <string_view>

#include "app/cli/command_line.h"
#include "app/cli/commands.h"

int main(int argc, char** argv) {
  try {
    // What is run in a container is no line of options of ours.
    const bool enters = argc > 3 && std::string_view(argv[1]) == "supervise" && std::string_view(argv[2]) == "enter";
    if (enters) return tuesday::cli::RunSupervise(argv[2], argv[3], {argv + 4, argv + argc});
    return tuesday::cli::RunCommandLine(argc, argv);
  } catch (const std::exception& error) {
    // Only a lack of memory or a bug in a library ends here: nothing of ours throws.
    std::fprintf(stderr, "tuesday: %s\n", error.what());
    return 70;
  }
}
