// SPDX-License-Identifier: Apache-2.0
// Every key of the file. docs/operate/configuration.md is made from this table.
#include <fmt/format.h>

#include <charconv>

#include "app/config/config.h"
#include "core/workflow/oidc/issuer.h"

namespace tuesday::config {
namespace {

using Set = std::function<std::string(Config&, const YamlNode&)>;

constexpr std::int64_t kKiB = 1 << 10;
constexpr std::int64_t kMiB = 1 << 20;
constexpr std::int64_t kGiB = 1 << 30;
constexpr int kPortMax = 65535;

bool IsHostPort(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  int port = -1;
  const auto read = std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() && port >= 0 && port <= kPortMax;
}

Set Address(std::string Config::* member) {
  return [member](Config& config, const YamlNode& node) -> std::string {
    if (!node.text.empty() && !IsHostPort(node.text)) return "is not HOST:PORT, for example 127.0.0.1:7443";
    config.*member = node.text;
    return "";
  };
}

Set Path(std::string Config::* member) {
  return [member](Config& config, const YamlNode& node) -> std::string {
    if (!node.text.starts_with('/')) return "is not an absolute path";
    config.*member = node.text;
    return "";
  };
}

// "4MiB", "512KiB", "1GiB" or a number of bytes.
Set Bytes(std::int64_t Config::* member, std::int64_t least, std::int64_t most) {
  return [=](Config& config, const YamlNode& node) -> std::string {
    std::string_view text = node.text;
    std::int64_t unit = 1;
    for (const auto& [suffix, bytes] : {std::pair<std::string_view, std::int64_t>{"KiB", kKiB}, {"MiB", kMiB}, {"GiB", kGiB}}) {
      if (!text.ends_with(suffix)) continue;
      unit = bytes;
      text.remove_suffix(suffix.size());
      break;
    }
    std::int64_t count = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), count);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return "is no size, for example 4MiB";
    if (count < 0 || count > most / unit || count * unit < least)
      return fmt::format("is not between {} and {} bytes", least, most);
    config.*member = count * unit;
    return "";
  };
}

Set Number(std::int64_t Config::* member, std::int64_t least, std::int64_t most) {
  return [=](Config& config, const YamlNode& node) -> std::string {
    const std::optional<std::int64_t> value = node.AsInt();
    if (!value.has_value() || *value < least || *value > most) return fmt::format("is not a number from {} to {}", least, most);
    config.*member = *value;
    return "";
  };
}

Set Time(Duration Config::* member, Duration least, Duration most) {
  return [=](Config& config, const YamlNode& node) -> std::string {
    const Result<Duration> value = ParsePromDuration(node.text);
    if (!value.has_value() || *value < least || *value > most)
      return fmt::format("is not a time from {} to {}, for example {}", DurationText(least), DurationText(most),
                         DurationText(most));
    config.*member = *value;
    return "";
  };
}

template <typename T>
Set OneOf(T Config::* member, std::vector<std::pair<std::string_view, T>> words) {
  return [member, words](Config& config, const YamlNode& node) -> std::string {
    std::string known;
    for (const auto& [word, value] : words) {
      known += (known.empty() ? "" : ", ") + std::string(word);
      if (node.text != word) continue;
      config.*member = value;
      return "";
    }
    return "is none of " + known;
  };
}

std::string SetUrl(Config& config, const YamlNode& node) {
  const bool is_url = node.text.starts_with("https://") || node.text.starts_with("http://");
  if (!is_url || node.text.find_first_of(" \"<>\\") != std::string::npos || node.text.ends_with('/'))
    return "is not an address like https://deploy.example.com, without a slash at its end";
  config.external_url = node.text;
  return "";
}

std::string SetIssuer(Config& config, const YamlNode& node) {
  if (!workflow::CheckIssuer(node.text).has_value())
    return "is not an address like https://ci.example.com, without a slash at its end";
  config.oidc_issuer = node.text;
  return "";
}

std::vector<Key> MakeKeys() {
  using access::Role;
  const auto start = Key::Takes::kAtStart;
  const auto once = Key::Takes::kAtOnce;
  const auto second = std::chrono::seconds(1);
  return {
      {"external_url", "address", "", "Where people and other programs reach the API; its host stands in the certificate.",
       once, SetUrl},
      {"listeners.admin.group_role", "role", "viewer",
       "What the socket's group may do; root and the daemon's own user are admins.", once,
       OneOf(
           &Config::group_role,
           {{"viewer", Role::kViewer}, {"deployer", Role::kDeployer}, {"approver", Role::kApprover}, {"admin", Role::kAdmin}})},
      {"listeners.api.listen", "HOST:PORT", "", "Where the API is served in TLS to those with a token; without it nowhere.",
       once, Address(&Config::api_listen)},
      {"listeners.api.certificate", "path", "",
       "PEM, the certificate first; without it one is made and signed by itself (`tls/api.crt` in the state folder).", once,
       Path(&Config::api_certificate)},
      {"listeners.api.key", "path", "", "PEM, without a passphrase; belongs to the certificate.", once, Path(&Config::api_key)},
      {"listeners.metrics.listen", "HOST:PORT", "", "Where /metrics, /healthz and /readyz are served to everybody.", once,
       Address(&Config::metrics_listen)},
      {"listeners.public.listen", "HOST:PORT", "",
       "Where everybody may ask how tokens for clouds are verified, in TLS with the certificate of listeners.api.", once,
       Address(&Config::public_listen)},
      {"oidc.issuer", "address", "",
       "The address at which clouds reach listeners.public: the issuer of tokens for jobs. Without it no job gets one.", once,
       SetIssuer},
      {"listeners.edge.listen", "HOST:PORT", "127.0.0.1:8080", "Where the edge takes HTTP.", start,
       Address(&Config::edge_listen)},
      {"listeners.edge.tls_listen", "HOST:PORT", "127.0.0.1:8443", "Where the edge takes TLS; empty: nowhere.", start,
       Address(&Config::edge_tls_listen)},
      {"containers.socket", "path", "",
       "The container engine's socket. Images that nobody bound run as containers only where it is set; jobs find one without "
       "it: "
       "DOCKER_HOST's, podman's or docker's, in this order.",
       start, Path(&Config::containers_socket)},
      {"containers.logins", "path", "",
       "A file of logins for registries, as `podman login --authfile` writes it; used after the Secrets that a pod names.",
       start, Path(&Config::containers_logins)},
      {"log.level", "word", "info", "The least that is logged: debug, info, warning or error.", once,
       OneOf(&Config::log_level, {{"debug", LogLevel::kDebug},
                                  {"info", LogLevel::kInfo},
                                  {"warning", LogLevel::kWarning},
                                  {"error", LogLevel::kError}})},
      {"log.format", "word", "text", "text, or json: one object a line.", once,
       OneOf(&Config::log_format, {{"text", LogFormat::kText}, {"json", LogFormat::kJson}})},
      {"limits.body_bytes_max", "size", "4MiB", "The largest body of a request.", once,
       Bytes(&Config::body_bytes_max, 64 * kKiB, 64 * kMiB)},
      {"limits.header_bytes_max", "size", "16KiB", "The largest header of a request.", once,
       Bytes(&Config::header_bytes_max, 4 * kKiB, kMiB)},
      {"limits.connections_max", "number", "512", "Open connections of each listener.", once,
       Number(&Config::connections_max, 4, 10'000)},
      {"limits.idle_time_max", "time", "1m", "How long a connection may rest between requests.", once,
       Time(&Config::idle_time_max, second, std::chrono::hours(1))},
      {"limits.request_time_max", "time", "10s", "From a request's first byte to its last; also for the TLS handshake.", once,
       Time(&Config::request_time_max, second, std::chrono::minutes(10))},
      {"limits.failed_logins_max", "number", "10", "Wrong tokens of one address in a minute; then it waits.", once,
       Number(&Config::failed_logins_max, 1, 1'000'000)},
      {"limits.jobs_at_once_max", "number", "0",
       "Jobs of workflows that run at once, over all repositories; others wait. 0: two for each processor, at least 4.", once,
       Number(&Config::jobs_at_once_max, 0, 64)},
      {"retention.metrics", "time", "6h", "How long samples are kept.", once,
       Time(&Config::metrics_retention, std::chrono::minutes(30), std::chrono::hours(24 * 7))},
      {"retention.journal", "time", "10y",
       "How long entries of the journal are kept, with the samples that they name; those of versions that are still kept stay.",
       once, Time(&Config::journal_retention, std::chrono::hours(24), std::chrono::hours(24 * 365 * 100))},
      {"retention.metrics_bytes_max", "size", "256MiB", "What the samples may take on the disk; the oldest go first.", once,
       Bytes(&Config::metrics_bytes_max, 32 * kMiB, 64 * kGiB)},
      {"retention.artifacts", "time", "30d",
       "How long artifacts and image bindings are kept that nothing needs: no version that a rollout can go back to, no "
       "object.",
       once, Time(&Config::artifacts_retention, second, std::chrono::hours(24 * 365 * 100))},
  };
}

}  // namespace

const std::vector<Key>& Keys() {
  static const std::vector<Key> kKeys = MakeKeys();
  return kKeys;
}

}  // namespace tuesday::config
