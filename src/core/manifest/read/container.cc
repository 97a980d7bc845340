// SPDX-License-Identifier: Apache-2.0
// The parts of a container: probes, environment, resources (Kubernetes 1.30, core/v1).
#include <fmt/format.h>

#include <array>

#include "core/manifest/quantity.h"
#include "core/manifest/read/readers.h"

namespace tuesday::manifest {
namespace {

using enum KeyUse;

constexpr auto kProbeKeys = std::to_array<Key>({
    {"exec"},
    {"failureThreshold"},
    {"grpc", kRefused},
    {"httpGet"},
    {"initialDelaySeconds"},
    {"periodSeconds"},
    {"successThreshold"},
    {"tcpSocket"},
    {"terminationGracePeriodSeconds", kNoEffect},
    {"timeoutSeconds"},
});
constexpr auto kHttpKeys = std::to_array<Key>({{"host", kNoEffect}, {"httpHeaders"}, {"path"}, {"port"}, {"scheme"}});
constexpr auto kHeaderKeys = std::to_array<Key>({{"name"}, {"value"}});
constexpr auto kTcpKeys = std::to_array<Key>({{"host", kNoEffect}, {"port"}});
constexpr auto kExecKeys = std::to_array<Key>({{"command"}});
constexpr auto kEnvKeys = std::to_array<Key>({{"name"}, {"value"}, {"valueFrom"}});
constexpr auto kValueFromKeys =
    std::to_array<Key>({{"configMapKeyRef"}, {"fieldRef"}, {"resourceFieldRef", kRefused}, {"secretKeyRef"}});
constexpr auto kKeyRefKeys = std::to_array<Key>({{"key"}, {"name"}, {"optional"}});
constexpr auto kFieldRefKeys = std::to_array<Key>({{"apiVersion", kSilent}, {"fieldPath"}});
constexpr auto kEnvFromKeys = std::to_array<Key>({{"configMapRef"}, {"prefix"}, {"secretRef"}});
constexpr auto kObjectRefKeys = std::to_array<Key>({{"name"}, {"optional"}});
constexpr auto kResourcesKeys = std::to_array<Key>({{"claims", kNoEffect}, {"limits"}, {"requests"}});

void ReadPort(Fields& fields, std::string& out) {
  if (fields.Require("port") == nullptr || !fields.ReadIntOrText("port", out)) return;
  const std::optional<std::int64_t> number = fields.Find("port")->AsInt();
  if (number && (*number < 1 || *number > 65535)) {
    fields.notes().Error(*fields.Find("port"), "out-of-range", fmt::format("`{}` is {}.", fields.PathOf("port"), *number),
                         "It must be between 1 and 65535.");
  }
}

HttpGet ReadHttpGet(Notes& notes, const YamlNode& node, const std::string& path) {
  Fields fields(notes, node, path, kHttpKeys);
  HttpGet out;
  fields.Read("path", out.path);
  ReadPort(fields, out.port);
  if (fields.Read("scheme", out.scheme) && out.scheme != "HTTP" && out.scheme != "HTTPS") {
    notes.Error(*fields.Find("scheme"), "unknown-value", fmt::format("`{}` is \"{}\".", fields.PathOf("scheme"), out.scheme),
                "It must be HTTP or HTTPS.");
  }
  fields.Each("httpHeaders", [&](const YamlNode& item, const std::string& item_path) {
    Fields header(notes, item, item_path, kHeaderKeys);
    std::string name;
    std::string value;
    if (header.Require("name") != nullptr) header.Read("name", name);
    header.Read("value", value);
    out.headers[name] = value;
  });
  return out;
}

// The one source that a variable or a probe may name.
void CheckOne(Fields& fields, int count, std::string_view choices) {
  if (count == 1) return;
  const std::string_view problem = count == 0 ? "names none of" : "names several of";
  fields.notes().Error(fields.node(), "exactly-one", fmt::format("`{}` {} {}.", fields.path(), problem, choices),
                       "Give exactly one.");
}

std::optional<std::pair<std::string, std::string>> ReadKeyRef(Fields& from, std::string_view key, bool& optional) {
  const YamlNode* node = from.FindMapping(key);
  if (node == nullptr) return std::nullopt;
  Fields fields(from.notes(), *node, from.PathOf(key), kKeyRefKeys);
  std::pair<std::string, std::string> out;
  if (fields.Require("name") != nullptr) fields.Read("name", out.first);
  if (fields.Require("key") != nullptr) fields.Read("key", out.second);
  fields.Read("optional", optional);
  return out;
}

EnvVar ReadVariable(Notes& notes, const YamlNode& node, const std::string& path) {
  Fields fields(notes, node, path, kEnvKeys);
  EnvVar out;
  if (fields.Require("name") != nullptr) fields.Read("name", out.name);
  const YamlNode* from_node = fields.FindMapping("valueFrom");
  std::string value;
  if (fields.Read("value", value) || from_node == nullptr) out.value = value;
  if (from_node == nullptr) return out;
  if (out.value)
    notes.Error(node, "exactly-one", fmt::format("`{}` has both `value` and `valueFrom`.", path), "Give exactly one.");
  Fields from(notes, *from_node, fields.PathOf("valueFrom"), kValueFromKeys);
  out.config_map_key = ReadKeyRef(from, "configMapKeyRef", out.optional);
  out.secret_key = ReadKeyRef(from, "secretKeyRef", out.optional);
  if (const YamlNode* field = from.FindMapping("fieldRef")) {
    Fields reference(notes, *field, from.PathOf("fieldRef"), kFieldRefKeys);
    std::string field_path;
    if (reference.Require("fieldPath") != nullptr && reference.Read("fieldPath", field_path)) out.field_path = field_path;
  }
  const int sources = static_cast<int>(out.config_map_key.has_value()) + static_cast<int>(out.secret_key.has_value()) +
                      static_cast<int>(from.Find("fieldRef") != nullptr) +
                      static_cast<int>(from.Find("resourceFieldRef") != nullptr);
  CheckOne(from, sources, "configMapKeyRef, secretKeyRef and fieldRef");
  return out;
}

// A request without effect on one machine may be wrong with a warning; a limit that cannot be read would be no limit.
std::int64_t ReadQuantity(Fields& fields, std::string_view key, Result<std::int64_t> (*parse)(std::string_view),
                          Severity severity) {
  const YamlNode* node = fields.Find(key);
  if (node == nullptr) return 0;
  const Result<std::int64_t> read = parse(node->text);
  if (node->IsScalar() && read.has_value()) return *read;
  const std::string message = fmt::format("`{}` is {}, not a quantity.", fields.PathOf(key), NodeText(*node));
  fields.notes().Add({fields.notes().At(*node), severity, "quantity", message, "Write something like 250m, 0.5, 256Mi or 1G."});
  return 0;
}

void CheckResourceKeys(Notes& notes, const YamlNode& node, const std::string& path) {
  for (const auto& [key, value] : node.members) {
    if (key.text == "cpu" || key.text == "memory") continue;
    const bool known =
        key.text == "ephemeral-storage" || key.text.starts_with("hugepages-") || key.text.find('/') != std::string::npos;
    if (known) {
      notes.Warn(key, "no-effect", fmt::format("`{}.{}` has no effect on one machine.", path, key.text));
    } else {
      const std::string nearest = NearestWord(key.text, {"cpu", "memory", "ephemeral-storage"});
      notes.Error(key, "unknown-key", fmt::format("`{}` is not a key of `{}`.", key.text, path),
                  nearest.empty() ? "Remove it." : fmt::format("Did you mean `{}`?", nearest));
    }
  }
}

}  // namespace

Probe ReadProbe(Notes& notes, const YamlNode& node, const std::string& path) {
  Fields fields(notes, node, path, kProbeKeys);
  Probe out;
  int actions = static_cast<int>(fields.Find("grpc") != nullptr);
  if (const YamlNode* http = fields.FindMapping("httpGet")) {
    out.action = ReadHttpGet(notes, *http, fields.PathOf("httpGet"));
    ++actions;
  }
  if (const YamlNode* tcp = fields.FindMapping("tcpSocket")) {
    Fields socket(notes, *tcp, fields.PathOf("tcpSocket"), kTcpKeys);
    TcpSocket action;
    ReadPort(socket, action.port);
    out.action = std::move(action);
    ++actions;
  }
  if (const YamlNode* exec = fields.FindMapping("exec")) {
    Fields command(notes, *exec, fields.PathOf("exec"), kExecKeys);
    ExecCommand action;
    if (command.Require("command") != nullptr) command.Read("command", action.command);
    out.action = std::move(action);
    ++actions;
  }
  CheckOne(fields, actions, "httpGet, tcpSocket and exec");
  fields.ReadSeconds("initialDelaySeconds", out.initial_delay);
  fields.ReadSeconds("periodSeconds", out.period, {.low = 1});
  fields.ReadSeconds("timeoutSeconds", out.timeout, {.low = 1});
  fields.Read("successThreshold", out.success_threshold, {.low = 1});
  fields.Read("failureThreshold", out.failure_threshold, {.low = 1});
  return out;
}

Resources ReadResources(Notes& notes, const YamlNode& node, const std::string& path) {
  Fields fields(notes, node, path, kResourcesKeys);
  Resources out;
  // Their keys are open in Kubernetes (extended resources), so they are checked apart.
  static constexpr auto kOpen = std::to_array<Key>({{"cpu"}, {"memory"}});
  const auto read = [&](std::string_view key, std::int64_t& cpu, std::int64_t& memory, Severity severity) {
    const YamlNode* mapping = fields.FindMapping(key);
    if (mapping == nullptr) return;
    CheckResourceKeys(notes, *mapping, fields.PathOf(key));
    YamlNode known = *mapping;
    std::erase_if(known.members,
                  [](const auto& member) { return member.first.text != "cpu" && member.first.text != "memory"; });
    Fields quantities(notes, known, fields.PathOf(key), kOpen);
    cpu = ReadQuantity(quantities, "cpu", &ParseMilli, severity);
    memory = ReadQuantity(quantities, "memory", &ParseBytes, severity);
  };
  read("requests", out.cpu_request_milli, out.memory_request_bytes, Severity::kWarning);
  read("limits", out.cpu_limit_milli, out.memory_limit_bytes, Severity::kError);
  return out;
}

void ReadEnv(Fields& container, Container& out) {
  Notes& notes = container.notes();
  container.Each("env",
                 [&](const YamlNode& node, const std::string& path) { out.env.push_back(ReadVariable(notes, node, path)); });
  container.Each("envFrom", [&](const YamlNode& node, const std::string& path) {
    Fields fields(notes, node, path, kEnvFromKeys);
    EnvFrom from;
    fields.Read("prefix", from.prefix);
    const auto read = [&](std::string_view key, std::string& name) {
      const YamlNode* reference = fields.FindMapping(key);
      if (reference == nullptr) return 0;
      Fields object(notes, *reference, fields.PathOf(key), kObjectRefKeys);
      if (object.Require("name") != nullptr) object.Read("name", name);
      object.Read("optional", from.optional);
      return 1;
    };
    const int sources = read("configMapRef", from.config_map) + read("secretRef", from.secret);
    CheckOne(fields, sources, "configMapRef and secretRef");
    out.env_from.push_back(std::move(from));
  });
}

}  // namespace tuesday::manifest
