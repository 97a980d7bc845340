// SPDX-License-Identifier: Apache-2.0
// `tuesday supervise job` as a program of its own, for tests of the jobs without the command line.
#include <cstdio>

#include "adapters/process/jobs/job_supervisor.h"

int main(int argc, char** argv) {
  if (argc != 2) return 64;
  const auto ended = tuesday::process::RunJobSupervisor(argv[1]);
  if (ended.has_value()) return 0;
  std::fprintf(stderr, "%s\n", tuesday::ErrorText(ended.error()).c_str());
  return 1;
}
