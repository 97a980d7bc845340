// SPDX-License-Identifier: Apache-2.0
// Containers as a job asks for them, with every value evaluated, and what is to be done with them. Plain values; they hold
// credentials, and are stored nowhere.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tuesday::workflow {

// One container. `id` is the service's; empty for the job's own and for an action's. `options` are those of `docker create`.
struct ContainerPlan {
  std::string id;
  std::string image;
  std::string user;  // Of the registry; empty: nobody logs in.
  std::string password;
  std::map<std::string, std::string> environment;
  std::vector<std::string> ports;    // "5433:5432", "5432", "5432/udp"
  std::vector<std::string> volumes;  // "name:/path", "/path"
  std::string options;
  std::string entrypoint;                           // Empty: the image's.
  std::optional<std::vector<std::string>> command;  // Nothing: the image's.
  // Of an action with a Dockerfile: the folder as the job sees it, and the file within. The image is built of it.
  std::string build_folder;
  std::string dockerfile;
};

// kBegin makes the job's own container and its services, kEnd shows the services' logs and removes them, kRun runs one
// container to its end as a step.
enum class ContainerTask { kBegin, kEnd, kRun };

struct ContainerOrder {
  ContainerTask task = ContainerTask::kRun;
  std::vector<ContainerPlan> containers;
};

// What kBegin leaves as outputs of its step.
inline constexpr const char* kContainerOutput = "container";  // The id of the job's own container.
inline constexpr const char* kNetworkOutput = "network";      // What the containers' network is called.
inline constexpr const char* kServicesOutput = "services";    // JSON: id → {id, network, ports: {inner: outer}}.

}  // namespace tuesday::workflow
