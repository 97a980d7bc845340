// SPDX-License-Identifier: Apache-2.0
// What a metric asks of somebody else than the embedded store: an external Prometheus, a web address, a job. Arguments are
// filled in; a Secret's value stands in texts as `{{secrets.NAME/KEY}}` until the moment of asking, so that neither state,
// journal nor evidence ever hold it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "core/manifest/pod.h"

namespace tuesday::analysis {

// Words of `Metric::address`; empty means the embedded store.
inline constexpr std::string_view kPrometheusWord = "prometheus";
inline constexpr std::string_view kWebWord = "web";
inline constexpr std::string_view kJobWord = "job";

// Client credentials (RFC 6749 4.4): a token is fetched before each request.
struct SignIn {
  std::string token_url;
  std::string client_id;
  std::string client_secret;
  std::vector<std::string> scopes;
  friend bool operator==(const SignIn&, const SignIn&) = default;
};

// What every outbound request has.
struct RequestSettings {
  std::vector<std::pair<std::string, std::string>> headers;
  Duration timeout{};
  bool insecure = false;  // Any certificate is taken.
  std::optional<SignIn> sign_in;
  friend bool operator==(const RequestSettings&, const RequestSettings&) = default;
};

struct PrometheusQuestion {
  std::string address;  // "https://prometheus.example.com"
  std::string query;
  RequestSettings settings;
  friend bool operator==(const PrometheusQuestion&, const PrometheusQuestion&) = default;
};

struct WebQuestion {
  std::string method = "GET";
  std::string url;
  std::string body;
  bool is_json_body = false;
  std::string json_path;  // Empty: the whole answer.
  RequestSettings settings;
  friend bool operator==(const WebQuestion&, const WebQuestion&) = default;
};

// A command that ends; its exit code decides. Variables of ConfigMaps and Secrets are read when it starts.
struct JobQuestion {
  manifest::Container container;  // Command, arguments, variables, working directory, resources.
  std::string artifact;           // Digest of its image; empty: a command of this machine.
  Duration grace = std::chrono::seconds(30);
  int backoff_limit = 6;  // Further tries after the first.
  std::optional<Duration> deadline;
  friend bool operator==(const JobQuestion&, const JobQuestion&) = default;
};

using Question = std::variant<PrometheusQuestion, WebQuestion, JobQuestion>;

// The word of `Metric::address` for it.
std::string_view WordOf(const Question& question);

// The text of `Metric::query` for it, and back. kCorrupt when it is none.
std::string WriteQuestion(const Question& question);
Result<Question> ReadQuestion(std::string_view word, std::string_view text);

// Host and port of a URL, "example.com:443": who is asked. kInvalid unless it is http or https with a host.
Result<std::string> HostOf(std::string_view url);

}  // namespace tuesday::analysis
