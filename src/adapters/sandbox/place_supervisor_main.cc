// SPDX-License-Identifier: Apache-2.0
// The supervisor and the runner within as a program of their own, for tests: they are what `tuesday supervise` runs.
#include <cstdio>
#include <string>
#include <vector>

#include "adapters/sandbox/inside/runner.h"
#include "adapters/sandbox/supervisor/place_supervisor.h"

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.empty()) return 2;
  const bool is_inside = words.front() == "inside";
  const auto done = is_inside ? tuesday::sandbox::RunInside({words.begin() + 1, words.end()})
                              : tuesday::sandbox::RunPlaceSupervisor(words.front(), {.words = {"inside"}});
  if (done.has_value()) return 0;
  std::fprintf(stderr, "%s\n", tuesday::ErrorText(done.error()).c_str());
  return 1;
}
