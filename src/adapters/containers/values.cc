// SPDX-License-Identifier: Apache-2.0
#include "adapters/containers/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace tuesday::containers {
namespace {

constexpr std::size_t kFrameHeadBytes = 8;

Json Strings(const std::vector<std::string>& strings) {
  Json::Array array;
  for (const std::string& one : strings) array.emplace_back(one);
  return array;
}

Json StringMap(const std::map<std::string, std::string>& map) {
  Json::Object object;
  for (const auto& [name, value] : map) object.emplace(name, value);
  return object;
}

std::map<std::string, std::string> MapOf(const Json& json) {
  std::map<std::string, std::string> map;
  if (const Json::Object* object = json.as_object(); object != nullptr) {
    for (const auto& [name, value] : *object) map.emplace(name, value.StringOr(""));
  }
  return map;
}

std::vector<std::string> StringsOf(const Json& json) {
  std::vector<std::string> strings;
  if (const Json::Array* array = json.as_array(); array != nullptr) {
    for (const Json& one : *array) strings.push_back(one.StringOr(""));
  }
  return strings;
}

Json HealthBody(const HealthCheck& health) {
  Json::Object body;
  if (health.none) {
    body["Test"] = Json::Array{"NONE"};
    return body;
  }
  if (!health.shell_command.empty()) body["Test"] = Json::Array{"CMD-SHELL", health.shell_command};
  const auto add = [&body](const char* name, Duration duration) {
    if (duration != Duration::zero()) body[name] = static_cast<std::int64_t>(duration.count());
  };
  add("Interval", health.interval);
  add("Timeout", health.timeout);
  add("StartPeriod", health.start_period);
  if (health.retries != 0) body["Retries"] = health.retries;
  return body;
}

std::string PortName(std::uint16_t port) { return fmt::format("{}/tcp", port); }

Json PortBindings(const std::vector<PublishedPort>& ports) {
  Json::Object bindings;
  for (const PublishedPort& port : ports) {
    const std::string outside = port.outside == 0 ? "" : std::to_string(port.outside);
    bindings[PortName(port.inside)] = Json::Array{Json::Object{{"HostIp", "127.0.0.1"}, {"HostPort", outside}}};
  }
  return bindings;
}

std::map<std::uint16_t, std::uint16_t> PortsOf(const Json& published) {
  std::map<std::uint16_t, std::uint16_t> ports;
  if (const Json::Object* object = published.as_object(); object != nullptr) {
    for (const auto& [name, places] : *object) {
      const Json::Array* array = places.as_array();
      if (array == nullptr || array->empty()) continue;
      ports[static_cast<std::uint16_t>(std::atoi(name.c_str()))] =
          static_cast<std::uint16_t>(std::atoi(array->front().At("HostPort").StringOr("0").c_str()));
    }
  }
  return ports;
}

Json::Object HostBody(const ContainerSpec& spec) {
  Json::Object host{{"NetworkMode", spec.network_mode.empty() ? "none" : spec.network_mode}};
  Json::Array binds;
  for (const Bind& bind : spec.binds)
    binds.emplace_back(fmt::format("{}:{}{}", bind.source, bind.inside, bind.read_only ? ":ro" : ""));
  host["Binds"] = std::move(binds);
  host["Tmpfs"] = StringMap(spec.memory_folders);
  host["CapDrop"] = Strings(spec.capabilities_dropped);
  Json::Array limits;
  for (const UserLimit& limit : spec.limits)
    limits.emplace_back(Json::Object{{"Name", limit.name}, {"Soft", limit.soft}, {"Hard", limit.hard}});
  host["Ulimits"] = std::move(limits);
  if (spec.memory_bytes != 0) host["Memory"] = spec.memory_bytes;
  if (spec.cpu_nanos != 0) host["NanoCpus"] = spec.cpu_nanos;
  if (spec.cpu_shares != 0) host["CpuShares"] = spec.cpu_shares;
  if (!spec.ports.empty()) host["PortBindings"] = PortBindings(spec.ports);
  if (spec.processes_max != 0) host["PidsLimit"] = spec.processes_max;
  if (spec.shared_memory_bytes != 0) host["ShmSize"] = spec.shared_memory_bytes;
  if (!spec.new_privileges) host["SecurityOpt"] = Json::Array{"no-new-privileges"};
  if (!spec.log_driver.empty()) {
    host["LogConfig"] =
        Json::Object{{"Type", spec.log_driver}, {"Config", Json::Object{{"max-size", std::to_string(spec.log_bytes_max)}}}};
  }
  host["ReadonlyRootfs"] = spec.read_only_root;
  host["AutoRemove"] = spec.removed_at_end;
  return host;
}

Health HealthOf(const std::string& word) {
  if (word == "starting") return Health::kStarting;
  if (word == "healthy") return Health::kHealthy;
  return word == "unhealthy" ? Health::kUnhealthy : Health::kNone;
}

std::string Base64Url(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) text += k <= count ? kDigits[group >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

}  // namespace

Json CreateBody(const ContainerSpec& spec) {
  Json::Object body{{"Image", spec.image}, {"Labels", StringMap(spec.labels)}, {"HostConfig", HostBody(spec)}};
  if (spec.entrypoint) body["Entrypoint"] = Strings(*spec.entrypoint);
  if (spec.command) body["Cmd"] = Strings(*spec.command);
  Json::Array environment;
  for (const auto& [name, value] : spec.environment) environment.emplace_back(name + "=" + value);
  body["Env"] = std::move(environment);
  if (!spec.user.empty()) body["User"] = spec.user;
  if (!spec.working_folder.empty()) body["WorkingDir"] = spec.working_folder;
  if (!spec.host_name.empty()) body["Hostname"] = spec.host_name;
  if (spec.health) body["Healthcheck"] = HealthBody(*spec.health);
  if (!spec.ports.empty()) {
    Json::Object ports;
    for (const PublishedPort& port : spec.ports) ports.emplace(PortName(port.inside), Json::Object());
    body["ExposedPorts"] = std::move(ports);
  }
  if (!spec.anonymous_volumes.empty()) {
    Json::Object volumes;
    for (const std::string& path : spec.anonymous_volumes) volumes.emplace(path, Json::Object());
    body["Volumes"] = std::move(volumes);
  }
  return body;
}

ContainerFacts FactsOfInspect(const Json& json) {
  const Json& state = json.At("State");
  ContainerFacts facts;
  facts.id = json.At("Id").StringOr("");
  facts.name = json.At("Name").StringOr("");
  if (facts.name.starts_with('/')) facts.name.erase(0, 1);
  facts.status = state.At("Status").StringOr("");
  facts.running = state.At("Running").BoolOr(false);
  facts.exit_code = static_cast<int>(state.At("ExitCode").IntOr(0));
  facts.pid = state.At("Pid").IntOr(0);
  facts.health = HealthOf(state.At("Health").At("Status").StringOr(""));
  facts.out_of_memory = state.At("OOMKilled").BoolOr(false);
  facts.image = json.At("Config").At("Image").StringOr("");
  facts.labels = MapOf(json.At("Config").At("Labels"));
  facts.ports = PortsOf(json.At("NetworkSettings").At("Ports"));
  return facts;
}

ContainerFacts FactsOfListed(const Json& json) {
  ContainerFacts facts;
  facts.id = json.At("Id").StringOr("");
  const std::vector<std::string> names = StringsOf(json.At("Names"));
  if (!names.empty()) facts.name = names.front().starts_with('/') ? names.front().substr(1) : names.front();
  facts.status = json.At("State").StringOr("");
  facts.running = facts.status == "running";
  facts.image = json.At("Image").StringOr("");
  facts.labels = MapOf(json.At("Labels"));
  return facts;
}

ImageFacts FactsOfImage(const Json& json) {
  const Json& config = json.At("Config");
  ImageFacts facts;
  facts.id = json.At("Id").StringOr("");
  facts.digests = StringsOf(json.At("RepoDigests"));
  facts.entrypoint = StringsOf(config.At("Entrypoint"));
  facts.command = StringsOf(config.At("Cmd"));
  for (const std::string& variable : StringsOf(config.At("Env"))) {
    const std::size_t equals = variable.find('=');
    if (equals != std::string::npos) facts.environment[variable.substr(0, equals)] = variable.substr(equals + 1);
  }
  facts.user = config.At("User").StringOr("");
  facts.working_folder = config.At("WorkingDir").StringOr("");
  if (const Json::Object* ports = config.At("ExposedPorts").as_object(); ports != nullptr) {
    for (const auto& [port, nothing] : *ports) facts.ports.push_back(port);
  }
  // Podman writes the image's check beside its configuration.
  const Json& check = config.At("Healthcheck").is_null() ? json.At("HealthCheck") : config.At("Healthcheck");
  const std::vector<std::string> test = StringsOf(check.At("Test"));
  facts.has_health_check = !test.empty() && test.front() != "NONE";
  return facts;
}

std::string RegistryAuth(const RegistryLogin& login) {
  return Base64Url(
      CanonicalJson(Json::Object{{"username", login.user}, {"password", login.password}, {"serveraddress", login.server}}));
}

std::string RegistryOf(std::string_view image) {
  const std::size_t slash = image.find('/');
  const std::string_view first = image.substr(0, slash);
  const bool is_name =
      slash != std::string_view::npos && (first.find_first_of(".:") != std::string_view::npos || first == "localhost");
  return std::string(is_name ? first : "docker.io");
}

std::string FullReference(std::string_view image) {
  const std::size_t slash = image.rfind('/');
  const std::string_view last = slash == std::string_view::npos ? image : image.substr(slash + 1);
  return std::string(image) + (last.find_first_of(":@") == std::string_view::npos ? ":latest" : "");
}

std::string QueryText(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    encoded += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

std::string LabelFilter(const std::map<std::string, std::string>& labels) {
  Json::Array wanted;
  for (const auto& [name, value] : labels) wanted.emplace_back(name + "=" + value);
  return CanonicalJson(Json::Object{{"label", std::move(wanted)}});
}

Result<std::string> LogFrames::Feed(std::string_view bytes) {
  std::string text;
  while (!bytes.empty()) {
    if (left_ == 0) {
      const std::size_t taken = std::min(kFrameHeadBytes - head_.size(), bytes.size());
      head_ += bytes.substr(0, taken);
      bytes.remove_prefix(taken);
      if (head_.size() < kFrameHeadBytes) break;
      if (head_[0] > 2 || head_[0] < 0 || head_[1] != 0 || head_[2] != 0 || head_[3] != 0)
        return Fail(ErrorCode::kCorrupt, "The log of a container has a part without a head.");
      for (std::size_t i = 4; i < kFrameHeadBytes; ++i) left_ = left_ << 8 | static_cast<unsigned char>(head_[i]);
      head_.clear();
      continue;
    }
    const std::size_t taken = std::min<std::size_t>(left_, bytes.size());
    text += bytes.substr(0, taken);
    bytes.remove_prefix(taken);
    left_ -= static_cast<std::uint32_t>(taken);
  }
  return text;
}

std::vector<std::string> LineCutter::Feed(std::string_view bytes) {
  rest_ += bytes;
  std::vector<std::string> lines;
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = rest_.find('\n', begin)) != std::string::npos; begin = end + 1) {
    std::string line = rest_.substr(begin, end - begin);
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) lines.push_back(std::move(line));
  }
  rest_.erase(0, begin);
  return lines;
}

}  // namespace tuesday::containers
