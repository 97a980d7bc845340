// SPDX-License-Identifier: Apache-2.0
// What can happen to a run. Legs are named by their keys. An event that no longer fits changes nothing.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "core/workflow/run/state.h"

namespace tuesday::workflow {

struct RunBegun {};

struct PlaceOpened {
  std::string leg;
};

// The place could not be opened, or it is gone while steps were to run.
struct PlaceLost {
  std::string leg;
  std::string message;
};

struct PlaceClosed {
  std::string leg;
};

struct ActionLoaded {
  std::string leg;
  std::string uses;
  LoadedAction action;
};

struct FilesHashed {
  std::string leg;
  std::vector<std::string> patterns;
  std::string digest;
};

struct StepEnded {
  std::string leg;
  StepReport report;
};

// Of the whole run, or of one leg.
struct CancelAsked {
  std::string leg;  // Empty: all.
  std::string reason;
};

// A concurrency group lets its holder go on, or takes the place away. The holder is a leg, or empty for the run.
struct GroupGranted {
  std::string holder;
};
struct GroupLost {
  std::string holder;
  std::string reason;
};

// A leg is let into its environment, or loses its turn for the reason.
struct EnvironmentGranted {
  std::string leg;
};
struct EnvironmentLost {
  std::string leg;
  RunResult result = RunResult::kFailure;
  std::string reason;
};

// The instant that the last outcome named has come.
struct Woken {};

using RunEvent = std::variant<RunBegun, PlaceOpened, PlaceLost, PlaceClosed, ActionLoaded, FilesHashed, StepEnded, CancelAsked,
                              GroupGranted, GroupLost, EnvironmentGranted, EnvironmentLost, Woken>;

}  // namespace tuesday::workflow
