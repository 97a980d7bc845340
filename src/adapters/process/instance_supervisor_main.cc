// SPDX-License-Identifier: Apache-2.0
// `tuesday supervise instance` and `enter` as a program of its own, for tests of the runtime without the command line.
#include <cstdio>
#include <string_view>

#include "adapters/process/containers/enter.h"
#include "adapters/process/supervisor/supervisor.h"

int main(int argc, char** argv) {
  if (argc > 5 && std::string_view(argv[2]) == "enter") {
    const auto code = tuesday::process::RunEnter({argv + 3, argv + argc});
    return code.value_or(126);
  }
  if (argc != 2) return 64;
  const auto ended = tuesday::process::RunInstanceSupervisor(argv[1]);
  if (ended.has_value()) return 0;
  std::fprintf(stderr, "%s\n", tuesday::ErrorText(ended.error()).c_str());
  return 1;
}
