// SPDX-License-Identifier: Apache-2.0
#include "adapters/containers/engine.h"

#include <fmt/format.h>

#include "adapters/files/files.h"
#include "adapters/supervise/poll_loop.h"

namespace tuesday::containers {
namespace {

using supervise::BootNow;

constexpr std::string_view kApi = "/v1.41";
constexpr const char* kSockets[] = {"/run/podman/podman.sock", "/var/run/docker.sock"};
constexpr Duration kCallPatience = std::chrono::seconds(60);
constexpr Duration kQuietMax = std::chrono::minutes(10);  // Of a pull or a build, between two lines.
constexpr Duration kLookAgain = std::chrono::seconds(1);  // Events can be lost while an engine is started anew.

std::string Path(std::string_view what) { return std::string(kApi) + std::string(what); }

ErrorCode CodeOf(int status, const std::string& text) {
  if (status == 404 || text.find("manifest unknown") != std::string::npos) return ErrorCode::kNotFound;
  const bool denied =
      text.find("unauthorized") != std::string::npos || text.find("authentication required") != std::string::npos;
  if (status == 401 || status == 403 || denied) return ErrorCode::kDenied;
  if (status == 409) return ErrorCode::kConflict;
  if (status >= 400 && status < 500) return ErrorCode::kInvalid;
  return ErrorCode::kUnavailable;
}

std::unexpected<Error> Refused(int status, const std::string& body) {
  const Result<Json> json = ParseJson(body);
  std::string text = json.has_value() ? json->At("message").StringOr("") : std::string();
  if (text.empty()) text = json.has_value() ? json->At("cause").StringOr(body) : body;
  while (text.ends_with('\n')) text.pop_back();
  return Fail(CodeOf(status, text), fmt::format("The container engine says: {}", text));
}

bool IsGood(int status) { return status >= 200 && status < 400; }

}  // namespace

Result<std::string> FindEngineSocket(const std::string& configured, const std::string& docker_host) {
  const auto checked = [](std::string path, std::string_view said_by) -> Result<std::string> {
    constexpr std::string_view kScheme = "unix://";
    if (path.starts_with(kScheme)) path.erase(0, kScheme.size());
    if (path.starts_with('/') && files::Exists(path)) return path;
    return Fail(ErrorCode::kUnsupported,
                fmt::format("{} says '{}', and there is no socket of a container engine.", said_by, path),
                "Name the path of a unix socket that is there.");
  };
  if (!configured.empty()) return checked(configured, "containers.socket");
  if (!docker_host.empty()) return checked(docker_host, "DOCKER_HOST");
  for (const char* path : kSockets) {
    if (files::Exists(path)) return std::string(path);
  }
  return Fail(ErrorCode::kUnsupported,
              "No container engine is there: neither /run/podman/podman.sock nor /var/run/docker.sock.",
              "apt-get install podman runc && systemctl enable --now podman.socket, or set DOCKER_HOST.");
}

Result<std::string> LogStream::Await(Duration patience) { return frames_.Feed(stream_.Await(patience)); }

Result<Json> Engine::Ask(const EngineRequest& request, Duration patience) const {
  TRY(const EngineResponse response, http_.Call(request, patience));
  if (!IsGood(response.status)) return Refused(response.status, response.body);
  if (response.body.empty()) return Json();
  return ParseJson(response.body, {.bytes_max = kEngineAnswerBytesMax});
}

Result<void> Engine::Tell(const std::string& method, const std::string& target, Duration patience) const {
  TRY(const EngineResponse response, http_.Call({.method = method, .target = target}, patience));
  if (!IsGood(response.status)) return Refused(response.status, response.body);
  return {};
}

// Lines of JSON while something goes on; an error comes as one of them.
Result<void> Engine::Progress(const EngineRequest& request, const std::function<Result<void>(const Json&)>& take) const {
  TRY(EngineStream stream, http_.Open(request, kQuietMax));
  if (!IsGood(stream.status())) {
    TRY(const std::string body, stream.ReadAll(kCallPatience));
    return Refused(stream.status(), body);
  }
  LineCutter lines;
  while (!stream.ended()) {
    std::string came = stream.Await(kQuietMax);
    if (came.empty() && !stream.ended()) return Fail(ErrorCode::kUnavailable, "The container engine says nothing any more.");
    if (stream.ended()) came += '\n';
    for (const std::string& line : lines.Feed(came)) {
      const Result<Json> json = ParseJson(line);
      if (!json.has_value()) continue;
      if (const std::string error = json->At("error").StringOr(""); !error.empty()) return Refused(500, error);
      TRY_OK(take(*json));
    }
  }
  return {};
}

Result<EngineVersion> Engine::Version() const {
  TRY(const Json json, Ask({.target = "/version"}, kCallPatience));
  EngineVersion version;
  version.version = json.At("Version").StringOr("");
  if (const Json::Array* parts = json.At("Components").as_array(); parts != nullptr && !parts->empty()) {
    version.name = parts->front().At("Name").StringOr("");
  }
  version.is_podman = version.name.starts_with("Podman");
  return version;
}

Result<std::optional<ImageFacts>> Engine::FindImage(const std::string& image) const {
  const Result<Json> json = Ask({.target = Path("/images/" + QueryText(image) + "/json")}, kCallPatience);
  if (!json.has_value() && json.error().code == ErrorCode::kNotFound) return std::optional<ImageFacts>();
  if (!json.has_value()) return std::unexpected(json.error());
  return FactsOfImage(*json);
}

Result<void> Engine::Pull(const std::string& image, const std::optional<RegistryLogin>& login, const OnLine& on_line) const {
  EngineRequest request{.method = "POST", .target = Path("/images/create?fromImage=" + QueryText(FullReference(image)))};
  if (login) request.headers.emplace_back("X-Registry-Auth", RegistryAuth(*login));
  return Progress(request, [&](const Json& line) -> Result<void> {
    std::string text = line.At("status").StringOr("");
    if (const std::string id = line.At("id").StringOr(""); !id.empty()) text = id + ": " + text;
    if (!text.empty()) on_line(text);
    return {};
  });
}

Result<std::string> Engine::Build(const std::string& tar, const std::string& tag, const std::string& dockerfile,
                                  const BuildTerms& terms, const OnLine& on_line) const {
  std::string target = fmt::format("/build?t={}&dockerfile={}&forcerm=1", QueryText(tag), QueryText(dockerfile));
  const auto add = [&target](std::string_view key, Json::Array values) {
    if (!values.empty()) target += fmt::format("&{}={}", key, QueryText(CanonicalJson(std::move(values))));
  };
  if (!terms.network_path.empty())
    add("nsoptions", {Json::Object{{"Name", "network"}, {"Host", false}, {"Path", terms.network_path}}});
  add("dnsservers", {terms.name_servers.begin(), terms.name_servers.end()});
  add("dropcaps", {terms.capabilities_dropped.begin(), terms.capabilities_dropped.end()});
  const EngineRequest request{
      .method = "POST", .target = Path(target), .headers = {{"Content-Type", "application/x-tar"}}, .body = tar};
  TRY_OK(Progress(request, [&](const Json& line) -> Result<void> {
    std::string text = line.At("stream").StringOr("");
    while (text.ends_with('\n')) text.pop_back();
    if (!text.empty()) on_line(text);
    return {};
  }));
  TRY(const std::optional<ImageFacts> built, FindImage(tag));
  if (!built) return Fail(ErrorCode::kUnavailable, "The container engine built '" + tag + "' and does not have it.");
  return built->id;
}

Result<void> Engine::RemoveImage(const std::string& image) const {
  return Tell("DELETE", Path("/images/" + QueryText(image) + "?force=1"), kCallPatience);
}

Result<std::string> Engine::Create(const ContainerSpec& spec) const {
  const std::string name = spec.name.empty() ? "" : "?name=" + QueryText(spec.name);
  TRY(const Json json, Ask({.method = "POST",
                            .target = Path("/containers/create" + name),
                            .headers = {{"Content-Type", "application/json"}},
                            .body = CanonicalJson(CreateBody(spec))},
                           kCallPatience));
  return json.At("Id").StringOr("");
}

Result<void> Engine::Start(const std::string& id) const {
  return Tell("POST", Path("/containers/" + QueryText(id) + "/start"), kCallPatience);
}

Result<ContainerFacts> Engine::Inspect(const std::string& id) const {
  TRY(const Json json, Ask({.target = Path("/containers/" + QueryText(id) + "/json")}, kCallPatience));
  return FactsOfInspect(json);
}

Result<void> Engine::Stop(const std::string& id, Duration patience) const {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(patience).count();
  return Tell("POST", Path(fmt::format("/containers/{}/stop?t={}", QueryText(id), seconds)), kCallPatience + patience);
}

Result<void> Engine::Kill(const std::string& id, const std::string& signal) const {
  Result<void> killed = Tell("POST", Path(fmt::format("/containers/{}/kill?signal={}", QueryText(id), signal)), kCallPatience);
  if (killed.has_value()) return killed;
  const Result<ContainerFacts> facts = Inspect(id);
  return facts.has_value() && !facts->running ? Result<void>() : killed;
}

Result<Health> Engine::CheckHealth(const std::string& id) const {
  // Podman leaves it to timers of systemd, which many machines do not have; asked, it checks. Docker has no such address.
  const Result<EngineResponse> checked =
      http_.Call({.target = fmt::format("/v4.0.0/libpod/containers/{}/healthcheck", QueryText(id))}, kCallPatience);
  if (!checked.has_value()) return std::unexpected(checked.error());
  TRY(const ContainerFacts facts, Inspect(id));
  return facts.health;
}

Result<void> Engine::Remove(const std::string& id) const {
  Result<void> removed = Tell("DELETE", Path("/containers/" + QueryText(id) + "?force=1&v=1"), kCallPatience);
  if (!removed.has_value() && removed.error().code == ErrorCode::kNotFound) return {};
  return removed;
}

Result<std::vector<ContainerFacts>> Engine::List(const std::map<std::string, std::string>& labels) const {
  TRY(const Json json,
      Ask({.target = Path("/containers/json?all=1&filters=" + QueryText(LabelFilter(labels)))}, kCallPatience));
  std::vector<ContainerFacts> found;
  if (const Json::Array* array = json.as_array(); array != nullptr) {
    for (const Json& one : *array) found.push_back(FactsOfListed(one));
  }
  return found;
}

Result<LogStream> Engine::Logs(const std::string& id, Follow follow) const {
  const std::string target =
      Path(fmt::format("/containers/{}/logs?stdout=1&stderr=1&follow={}", QueryText(id), follow == Follow::kYes ? 1 : 0));
  return OpenLog({.target = target});
}

Result<LogStream> Engine::OpenLog(const EngineRequest& request) const {
  TRY(EngineStream stream, http_.Open(request, kCallPatience));
  if (IsGood(stream.status())) return LogStream(std::move(stream));
  TRY(const std::string body, stream.ReadAll(kCallPatience));
  return Refused(stream.status(), body);
}

Result<LogStream> Engine::LogsSince(const std::string& id, WallTime since) const {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(since.time_since_epoch()).count();
  TRY(EngineStream stream,
      http_.Begin({.target = Path(fmt::format("/containers/{}/logs?stdout=1&stderr=1&follow=1&since={}.{:03}", QueryText(id),
                                              ms / 1000, ms % 1000))},
                  kCallPatience));
  return LogStream(std::move(stream));
}

Result<LogStream> Engine::Attach(const std::string& id) const {
  return OpenLog({.method = "POST", .target = Path("/containers/" + QueryText(id) + "/attach?stream=1&stdout=1&stderr=1")});
}

Result<Engine::Running> Engine::Exec(const std::string& container, const Command& command) const {
  const auto texts = [](const std::vector<std::string>& from) { return Json(Json::Array(from.begin(), from.end())); };
  TRY(const Json made, Ask({.method = "POST",
                            .target = Path("/containers/" + QueryText(container) + "/exec"),
                            .headers = {{"Content-Type", "application/json"}},
                            .body = CanonicalJson(Json::Object{{"AttachStdin", command.has_input},
                                                               {"AttachStdout", true},
                                                               {"AttachStderr", true},
                                                               {"Tty", command.has_terminal},
                                                               {"Env", texts(command.environment)},
                                                               {"Cmd", texts(command.words)}})},
                           kCallPatience));
  const std::string id = made.At("Id").StringOr("");
  TRY(EngineStream stream, http_.Open({.method = "POST",
                                       .target = Path("/exec/" + QueryText(id) + "/start"),
                                       .headers = {{"Content-Type", "application/json"}},
                                       .body = CanonicalJson(Json::Object{{"Detach", false}, {"Tty", command.has_terminal}})},
                                      kCallPatience));
  if (IsGood(stream.status()) || stream.status() == 101) return Running{id, std::move(stream)};
  TRY(const std::string body, stream.ReadAll(kCallPatience));
  return Refused(stream.status(), body);
}

Result<std::optional<int>> Engine::ExitOf(const std::string& exec) const {
  TRY(const Json json, Ask({.target = Path("/exec/" + QueryText(exec) + "/json")}, kCallPatience));
  if (json.At("Running").BoolOr(false)) return std::optional<int>();
  return std::optional<int>(static_cast<int>(json.At("ExitCode").IntOr(0)));
}

Result<std::int64_t> Engine::PidOf(const std::string& exec) const {
  TRY(const Json json, Ask({.target = Path("/exec/" + QueryText(exec) + "/json")}, kCallPatience));
  return json.At("Running").BoolOr(false) ? json.At("Pid").IntOr(0) : 0;
}

Result<void> Engine::ResizeTerminal(const std::string& exec, int rows, int columns) const {
  return Tell("POST", Path(fmt::format("/exec/{}/resize?h={}&w={}", QueryText(exec), rows, columns)), kCallPatience);
}

Result<EngineStream> Engine::Events(const std::map<std::string, std::string>& labels) const {
  TRY(EngineStream stream, http_.Open({.target = Path("/events?filters=" + QueryText(LabelFilter(labels)))}, kCallPatience));
  if (IsGood(stream.status())) return stream;
  TRY(const std::string body, stream.ReadAll(kCallPatience));
  return Refused(stream.status(), body);
}

Result<ContainerFacts> Engine::AwaitEnd(const std::string& id, Duration patience) const {
  const Instant deadline = BootNow() + patience;
  TRY(ContainerFacts facts, Inspect(id));
  // The one that tells comes first: what ends in between is seen by looking.
  const std::string filter = CanonicalJson(Json::Object{{"container", Json::Array{facts.id}}});
  TRY(EngineStream events, http_.Open({.target = Path("/events?filters=" + QueryText(filter))}, kCallPatience));
  for (;;) {
    TRY(facts, Inspect(id));
    if (!facts.running && facts.status != "created") return facts;
    if (BootNow() >= deadline) return Fail(ErrorCode::kUnavailable, "The container '" + facts.name + "' does not end in time.");
    static_cast<void>(events.Await(std::min<Duration>(kLookAgain, deadline - BootNow())));
    if (!events.ended()) continue;
    TRY(events, http_.Open({.target = Path("/events?filters=" + QueryText(filter))}, kCallPatience));
  }
}

Result<void> Engine::CreateVolume(const std::string& name, const std::map<std::string, std::string>& labels) const {
  Json::Object with;
  for (const auto& [key, value] : labels) with.emplace(key, value);
  TRY_OK(Ask({.method = "POST",
              .target = Path("/volumes/create"),
              .headers = {{"Content-Type", "application/json"}},
              .body = CanonicalJson(Json::Object{{"Name", name}, {"Labels", std::move(with)}})},
             kCallPatience));
  return {};
}

Result<std::vector<std::string>> Engine::ListVolumes(const std::map<std::string, std::string>& labels) const {
  TRY(const Json json, Ask({.target = Path("/volumes?filters=" + QueryText(LabelFilter(labels)))}, kCallPatience));
  std::vector<std::string> names;
  if (const Json::Array* array = json.At("Volumes").as_array(); array != nullptr) {
    for (const Json& one : *array) names.push_back(one.At("Name").StringOr(""));
  }
  return names;
}

Result<void> Engine::RemoveVolume(const std::string& name) const {
  Result<void> removed = Tell("DELETE", Path("/volumes/" + QueryText(name) + "?force=1"), kCallPatience);
  if (!removed.has_value() && removed.error().code == ErrorCode::kNotFound) return {};
  return removed;
}

}  // namespace tuesday::containers
