// SPDX-License-Identifier: Apache-2.0
// What is said to a container engine and what it says, as values, and their JSON (Docker Engine API 1.41). Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"

namespace tuesday::containers {

// A folder or file of the machine, or a named volume, as the container sees it.
struct Bind {
  std::string source;
  std::string inside;
  bool read_only = false;
};

struct UserLimit {
  std::string name;  // "nofile"
  std::int64_t soft = 0;
  std::int64_t hard = 0;
};

// How the engine asks a container whether it is well. `none` switches the image's own off.
struct HealthCheck {
  bool none = false;
  std::string shell_command;  // Empty: the image's.
  Duration interval{};        // Zero: the engine's own, for each of them.
  Duration timeout{};
  Duration start_period{};
  int retries = 0;
};

// A TCP port of the container that is reached at 127.0.0.1 of the machine.
struct PublishedPort {
  std::uint16_t inside = 0;
  std::uint16_t outside = 0;  // 0: the engine chooses.
};

// A container to be made. Empty lists and texts are the image's or the engine's own.
struct ContainerSpec {
  std::string name;
  std::string image;
  std::optional<std::vector<std::string>> entrypoint;
  std::optional<std::vector<std::string>> command;
  std::map<std::string, std::string> environment;
  std::map<std::string, std::string> labels;
  std::string user;
  std::string working_folder;
  std::string host_name;
  std::string network_mode;  // "none", "ns:/proc/12/ns/net", "container:ID", the name of a network.
  std::vector<PublishedPort> ports;
  std::vector<Bind> binds;
  std::vector<std::string> anonymous_volumes;
  std::map<std::string, std::string> memory_folders;  // Path → options of tmpfs.
  std::vector<std::string> capabilities_dropped;
  std::vector<UserLimit> limits;
  std::optional<HealthCheck> health;
  std::uint64_t memory_bytes = 0;
  std::int64_t cpu_nanos = 0;  // Of one second.
  std::int64_t cpu_shares = 0;
  int processes_max = 0;
  std::uint64_t shared_memory_bytes = 0;
  std::string log_driver;  // Empty: the engine's own.
  std::uint64_t log_bytes_max = 0;
  bool read_only_root = false;
  bool new_privileges = true;
  bool removed_at_end = false;  // By the engine, as soon as it has ended.
};

Json CreateBody(const ContainerSpec& spec);

enum class Health { kNone, kStarting, kHealthy, kUnhealthy };

struct ContainerFacts {
  std::string id;
  std::string name;
  std::string status;  // "created", "running", "exited", …
  bool running = false;
  int exit_code = 0;
  std::int64_t pid = 0;  // Of the first process on the machine; 0 when it does not run.
  Health health = Health::kNone;
  bool out_of_memory = false;
  std::string image;
  std::map<std::string, std::string> labels;
  std::map<std::uint16_t, std::uint16_t> ports;  // Inside -> at 127.0.0.1; only of one that was inspected.
};

ContainerFacts FactsOfInspect(const Json& json);
// One of a list of containers, which says less.
ContainerFacts FactsOfListed(const Json& json);

struct ImageFacts {
  std::string id;
  std::vector<std::string> digests;  // "repository@sha256:…"
  std::vector<std::string> entrypoint;
  std::vector<std::string> command;
  std::map<std::string, std::string> environment;
  std::string user;
  std::string working_folder;
  std::vector<std::string> ports;  // "5432/tcp"
  bool has_health_check = false;
};

ImageFacts FactsOfImage(const Json& json);

// Who we are to a registry. `server` is empty or the registry's name.
struct RegistryLogin {
  std::string server;
  std::string user;
  std::string password;
};

// The value of X-Registry-Auth.
std::string RegistryAuth(const RegistryLogin& login);

// The registry that a reference names ("ghcr.io/a/b:1" → "ghcr.io"); "docker.io" when it names none.
std::string RegistryOf(std::string_view image);

// The reference as a pull wants it: with `:latest` when neither a tag nor a digest is said.
std::string FullReference(std::string_view image);

// For a query: everything but letters, digits and "-._~" as %XX.
std::string QueryText(std::string_view text);

// {"label":["a=b","c=d"]}
std::string LabelFilter(const std::map<std::string, std::string>& labels);

// Takes a stream of several outputs apart (Docker Engine API, "Stream format"): eight bytes of head before each part.
class LogFrames {
 public:
  // The bytes of both outputs, in the order in which they come. kCorrupt for a head that is none.
  Result<std::string> Feed(std::string_view bytes);

 private:
  std::string head_;
  std::uint32_t left_ = 0;  // Of the part that has begun.
};

// Cuts what comes into whole lines.
class LineCutter {
 public:
  std::vector<std::string> Feed(std::string_view bytes);

 private:
  std::string rest_;
};

}  // namespace tuesday::containers
