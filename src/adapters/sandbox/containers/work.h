// SPDX-License-Identifier: Apache-2.0
// What is done with containers for one step, in a process of its own beside the place's supervisor: its output is the step's.
// Outputs of the step are written as any step writes them.
#pragma once

#include <string>

#include "adapters/sandbox/containers/terms.h"

namespace tuesday::sandbox {

struct ContainerWork {
  ContainerTerms terms;
  StepOrder order;
  std::string output_file;  // GITHUB_OUTPUT of the step, as a path of the machine.
  int alive = -1;           // Closed by the other side when the place ends.
};

// Never returns: ends with the step's exit code. SIGINT and SIGTERM are handed on to what runs, SIGQUIT kills it.
[[noreturn]] void RunContainerWork(const ContainerWork& work);

// Removes every container and volume of the place. False when the engine does not answer, or something stays: try again.
bool RemoveContainersOf(const PlaceFolder& folder);

// Of all places that a test for "is it open" denies. For a cold start.
void RemoveLeftContainers(const std::string& places_folder);

}  // namespace tuesday::sandbox
