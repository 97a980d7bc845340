// SPDX-License-Identifier: Apache-2.0
// The daemon's settings as a value, read from one YAML file: all findings at once, and nothing of a file that has an error.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/source.h"
#include "base/time.h"
#include "base/yaml.h"
#include "core/access/policy.h"
#include "core/access/throttle.h"

namespace tuesday::config {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
enum class LogFormat { kText, kJson };

// "" stands for: not there, or nowhere.
struct Config {
  std::string external_url;
  access::Role group_role = access::Role::kViewer;
  std::string api_listen;
  std::string api_certificate;
  std::string api_key;
  std::string metrics_listen;
  std::string public_listen;
  std::string oidc_issuer;
  std::string edge_listen = "127.0.0.1:8080";
  std::string edge_tls_listen = "127.0.0.1:8443";
  std::string containers_socket;
  std::string containers_logins;
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kText;
  std::int64_t body_bytes_max = 4 << 20;
  std::int64_t header_bytes_max = 16 << 10;
  std::int64_t connections_max = 512;
  Duration idle_time_max = std::chrono::seconds(60);
  Duration request_time_max = std::chrono::seconds(10);
  std::int64_t failed_logins_max = access::kFailedLoginsDefault;
  std::int64_t jobs_at_once_max = 0;  // 0: as the processors are.
  Duration metrics_retention = std::chrono::hours(6);
  Duration journal_retention = std::chrono::hours(24 * 365 * 10);  // Who is audited keeps seven years; who is not sets less.
  std::int64_t metrics_bytes_max = 256 << 20;
  Duration artifacts_retention = std::chrono::hours(24 * 30);
  friend bool operator==(const Config&, const Config&) = default;
};

// One key of the file. `set` says what is wrong with a value, or nothing.
struct Key {
  std::string_view path;  // "listeners.api.listen"
  std::string_view type;
  std::string_view unset;  // What holds without it, as it would be written.
  std::string_view meaning;
  enum class Takes { kAtOnce, kAtStart } takes = Takes::kAtOnce;  // Whether SIGHUP is enough.
  std::function<std::string(Config&, const YamlNode&)> set;
};
const std::vector<Key>& Keys();

// Reads the text of a file. kInvalid with every finding, a line each.
Result<Config> ReadConfig(std::string_view text, std::string_view file);

// Keys of the start that differ: a daemon that runs cannot take them.
std::vector<std::string> NeedsRestart(const Config& before, const Config& after);

}  // namespace tuesday::config
