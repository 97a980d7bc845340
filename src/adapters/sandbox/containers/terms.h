// SPDX-License-Identifier: Apache-2.0
// What work with a place's containers knows of the place, and what all of its containers have in common.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "adapters/containers/values.h"
#include "adapters/sandbox/record/place_folder.h"
#include "core/workflow/container/order.h"
#include "core/workflow/output/step_order.h"
#include "ports/job_places.h"

namespace tuesday::sandbox {

// Labels of all that is made for a place, by which it is found again.
inline constexpr const char* kPlaceLabel = "tuesday.place";  // The place's folder.
inline constexpr const char* kJobLabel = "tuesday.job";      // "<run>.<leg>"
inline constexpr const char* kRoleLabel = "tuesday.role";    // "job", "service", "action"

inline constexpr std::string_view kCarriedFolder = "/__tuesday";
inline constexpr std::string_view kCarriedSocketFolder = "/__tuesday/runner";
inline constexpr std::string_view kCarriedNodeFolder = "/__e/node20/bin";
inline constexpr std::string_view kCarriedToolCache = "/__t";
inline constexpr std::string_view kHostToolCache = "/opt/hostedtoolcache";

struct ContainerTerms {
  PlaceFolder folder;
  PlaceSpec spec;
  pid_t network_owner = 0;                // A process in the job's network.
  std::vector<std::string> runner_words;  // Of our program, as the first process of the job's own container.
  std::string program;                    // Ours.
};

std::map<std::string, std::string> PlaceLabels(const PlaceFolder& folder);

// "tuesday-<place>-<what>", the same for the same place.
std::string ContainerName(const PlaceFolder& folder, const std::string& what);

// kInvalid for options that cannot be; they were looked at before the job began.
Result<containers::ContainerSpec> CommonSpec(const ContainerTerms& terms, const workflow::ContainerPlan& plan,
                                             const std::string& role, const std::string& what);

// The job's own container, with our runner as its first process.
Result<containers::ContainerSpec> JobSpec(const ContainerTerms& terms, const workflow::ContainerPlan& plan);

// The container of an action, with the step's environment and files. `commands` is the folder of the machine that holds them.
Result<containers::ContainerSpec> ActionSpec(const ContainerTerms& terms, const workflow::ContainerPlan& plan,
                                             const StepOrder& order);

// What containers of jobs have not, of the engine's own set: what reaches the network's frames, devices or the machine's log.
std::vector<std::string> DroppedCapabilities(const std::string& prefix = "");

// The named volumes that the spec binds: they are made with labels before it is.
std::vector<std::string> NamedVolumes(const containers::ContainerSpec& spec);

// Where something that the job sees under `inside` is on this machine: a path below `root`, which must be opened without
// following links. Nothing for what it does not see.
std::optional<std::string> HostPathOf(const ContainerTerms& terms, const std::string& inside, std::string& root);

}  // namespace tuesday::sandbox
