// SPDX-License-Identifier: Apache-2.0
// A container engine that speaks the Docker Engine API (podman, docker) over a unix socket. Knows nothing of workflows. Blocks;
// not thread-safe, but as many as you like can speak to one engine. Errors of the engine are told in its own words.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "adapters/containers/engine_http.h"
#include "adapters/containers/values.h"

namespace tuesday::containers {

// The engine's socket: `configured` when that is not empty, else DOCKER_HOST (`docker_host`; unix:// only), else the first of
// podman's and docker's that is there. kUnsupported, with what to install, when there is none.
Result<std::string> FindEngineSocket(const std::string& configured, const std::string& docker_host);

struct EngineVersion {
  std::string name;  // "Podman Engine"
  std::string version;
  bool is_podman = false;
};

// How the commands of a Dockerfile run. Without a network they have the machine's own (podman 4.3, images_build.go).
struct BuildTerms {
  std::string network_path;  // Of a namespace; podman only.
  std::vector<std::string> name_servers;
  std::vector<std::string> capabilities_dropped;  // "CAP_NET_RAW"
};

using OnLine = std::function<void(const std::string&)>;

// The output of a container, as it is written.
class LogStream {
 public:
  explicit LogStream(EngineStream stream) : stream_(std::move(stream)) {}
  int fd() const { return stream_.fd(); }
  bool ended() const { return stream_.ended(); }
  // What has come, without waiting.
  Result<std::string> Read() { return frames_.Feed(stream_.Read()); }
  // What has come; waits for something at most so long.
  Result<std::string> Await(Duration patience);

 private:
  EngineStream stream_;
  LogFrames frames_;
};

class Engine {
 public:
  explicit Engine(std::string socket_path) : http_(std::move(socket_path)) {}

  Result<EngineVersion> Version() const;

  // Nothing: the engine does not have it.
  Result<std::optional<ImageFacts>> FindImage(const std::string& image) const;
  // By tag or digest. kDenied when the registry wants another login, kNotFound when it does not have it.
  Result<void> Pull(const std::string& image, const std::optional<RegistryLogin>& login, const OnLine& on_line) const;
  // Of the folder that `tar` holds; `dockerfile` is a path within it. The image's id.
  Result<std::string> Build(const std::string& tar, const std::string& tag, const std::string& dockerfile,
                            const BuildTerms& terms, const OnLine& on_line) const;
  Result<void> RemoveImage(const std::string& image) const;

  Result<std::string> Create(const ContainerSpec& spec) const;
  Result<void> Start(const std::string& id) const;
  // kNotFound when it is not there.
  Result<ContainerFacts> Inspect(const std::string& id) const;
  // Asks it to end, and kills it after `patience`. One that does not run changes nothing, also for Kill.
  Result<void> Stop(const std::string& id, Duration patience) const;
  Result<void> Kill(const std::string& id, const std::string& signal) const;
  // How it is, after its health check has run once more where the engine leaves that to others.
  Result<Health> CheckHealth(const std::string& id) const;
  // With its unnamed volumes, also when it runs. One that is not there changes nothing.
  Result<void> Remove(const std::string& id) const;
  // All that carry these labels, running or not.
  Result<std::vector<ContainerFacts>> List(const std::map<std::string, std::string>& labels) const;

  enum class Follow { kNo, kYes };
  Result<LogStream> Logs(const std::string& id, Follow follow) const;
  // What it wrote from an instant on, and what it will write. Podman looks for more four times a second.
  Result<LogStream> LogsSince(const std::string& id, WallTime since) const;
  // What it will write, at once. Only for one that was made and not yet started: one that has ended would be made ready to
  // start again (podman 4.3).
  Result<LogStream> Attach(const std::string& id) const;

  // A command inside a container that runs, with the container's user and variables. Its output comes as in a log, or bare
  // with a terminal; what it reads is sent to the stream.
  struct Command {
    std::vector<std::string> words;
    std::vector<std::string> environment;  // "NAME=value", beside the container's own.
    bool has_terminal = false;
    bool has_input = false;
  };
  struct Running {
    std::string id;
    EngineStream stream;
  };
  Result<Running> Exec(const std::string& container, const Command& command) const;
  // Nothing: it has not ended.
  Result<std::optional<int>> ExitOf(const std::string& exec) const;
  // Of its first process on the machine; 0: it has ended.
  Result<std::int64_t> PidOf(const std::string& exec) const;
  Result<void> ResizeTerminal(const std::string& exec, int rows, int columns) const;

  // What happens to containers with these labels from now on, one JSON object a line ("Action": "start", "die",
  // "health_status: healthy").
  Result<EngineStream> Events(const std::map<std::string, std::string>& labels) const;
  // Until it has ended, told by events. kUnavailable after `patience`.
  Result<ContainerFacts> AwaitEnd(const std::string& id, Duration patience) const;

  Result<void> CreateVolume(const std::string& name, const std::map<std::string, std::string>& labels) const;
  Result<std::vector<std::string>> ListVolumes(const std::map<std::string, std::string>& labels) const;
  Result<void> RemoveVolume(const std::string& name) const;

 private:
  Result<Json> Ask(const EngineRequest& request, Duration patience) const;
  Result<LogStream> OpenLog(const EngineRequest& request) const;
  Result<void> Tell(const std::string& method, const std::string& target, Duration patience) const;
  Result<void> Progress(const EngineRequest& request, const std::function<Result<void>(const Json&)>& take) const;

  EngineHttp http_;
};

}  // namespace tuesday::containers
