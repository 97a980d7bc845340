// SPDX-License-Identifier: Apache-2.0
// The parts of a pod template that have an effect on one machine. Everything else of a pod is kept in the raw object and
// warned about by name.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"

namespace tuesday::manifest {

struct HttpGet {
  std::string path = "/";
  std::string port;  // Number or name of a containerPort.
  std::string scheme = "HTTP";
  std::map<std::string, std::string> headers;
  friend bool operator==(const HttpGet&, const HttpGet&) = default;
};
struct TcpSocket {
  std::string port;
  friend bool operator==(const TcpSocket&, const TcpSocket&) = default;
};
struct ExecCommand {
  std::vector<std::string> command;
  friend bool operator==(const ExecCommand&, const ExecCommand&) = default;
};

struct Probe {
  std::variant<HttpGet, TcpSocket, ExecCommand> action;
  Duration initial_delay{};
  Duration period = std::chrono::seconds(10);
  Duration timeout = std::chrono::seconds(1);
  int success_threshold = 1;
  int failure_threshold = 3;
  friend bool operator==(const Probe&, const Probe&) = default;
};

struct ContainerPort {
  std::string name;
  std::uint16_t port = 0;
  friend bool operator==(const ContainerPort&, const ContainerPort&) = default;
};

// One variable and where its value comes from; exactly one source is set.
struct EnvVar {
  std::string name;
  std::optional<std::string> value;
  std::optional<std::pair<std::string, std::string>> config_map_key;  // (object, key)
  std::optional<std::pair<std::string, std::string>> secret_key;      // (object, key)
  std::optional<std::string> field_path;                              // "metadata.name"
  bool optional = false;
  friend bool operator==(const EnvVar&, const EnvVar&) = default;
};
struct EnvFrom {
  std::string config_map;  // Either this ...
  std::string secret;      // ... or this.
  std::string prefix;
  bool optional = false;
  friend bool operator==(const EnvFrom&, const EnvFrom&) = default;
};

// 0: not set.
struct Resources {
  std::int64_t cpu_request_milli = 0;
  std::int64_t cpu_limit_milli = 0;
  std::int64_t memory_request_bytes = 0;
  std::int64_t memory_limit_bytes = 0;
  friend bool operator==(const Resources&, const Resources&) = default;
};

struct Container {
  std::string name;
  std::string image;
  std::vector<std::string> command;
  std::vector<std::string> args;
  std::string working_dir;
  std::vector<ContainerPort> ports;
  std::vector<EnvVar> env;
  std::vector<EnvFrom> env_from;
  Resources resources;
  std::optional<Probe> readiness;
  std::optional<Probe> liveness;
  std::optional<Probe> startup;
  friend bool operator==(const Container&, const Container&) = default;
};

struct PodSpec {
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
  std::vector<Container> containers;            // One machine runs exactly one; more are refused by name.
  std::vector<std::string> image_pull_secrets;  // Secrets of type kubernetes.io/dockerconfigjson.
  Duration termination_grace = std::chrono::seconds(30);
  friend bool operator==(const PodSpec&, const PodSpec&) = default;
};

}  // namespace tuesday::manifest
