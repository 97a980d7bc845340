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

// Words of `Metric::address`; empty means the embedded store at one instant, `kStoreWord` (analysis.h) over a range. A range
// has words of its own so that an older tuesday fails to read it instead of judging by one instant.
inline constexpr std::string_view kPrometheusWord = "prometheus";
inline constexpr std::string_view kPrometheusRangeWord = "prometheus-range";
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

// A name and a password (RFC 7617).
struct BasicAuth {
  std::string username;
  std::string password;
  friend bool operator==(const BasicAuth&, const BasicAuth&) = default;
};

// What every outbound request has.
struct RequestSettings {
  std::vector<std::pair<std::string, std::string>> headers;
  Duration timeout{};
  bool insecure = false;  // Any certificate is taken.
  std::optional<SignIn> sign_in;
  std::optional<BasicAuth> basic_auth;
  friend bool operator==(const RequestSettings&, const RequestSettings&) = default;
};

// The range that a question covers, as expressions of core/condition/moment.h: they are computed when it is asked.
struct TimeRange {
  std::string start;
  std::string end;
  Duration step{};
  friend bool operator==(const TimeRange&, const TimeRange&) = default;
};

struct PrometheusQuestion {
  std::string address;  // "https://prometheus.example.com"
  std::string query;
  RequestSettings settings;
  std::optional<TimeRange> range = {};  // Unset: at the instant of asking.
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

// The embedded store over a range.
struct StoreQuestion {
  std::string query;
  TimeRange range;
  friend bool operator==(const StoreQuestion&, const StoreQuestion&) = default;
};

using Question = std::variant<PrometheusQuestion, WebQuestion, JobQuestion, StoreQuestion>;

// A range at one instant of asking, in milliseconds since 1970 UTC.
struct RangeMs {
  std::int64_t start = 0;
  std::int64_t end = 0;
  std::int64_t step = 0;
  friend bool operator==(const RangeMs&, const RangeMs&) = default;
};

// kInvalid names the field; kLimit when it has more than kRangePointsMax points.
Result<RangeMs> RangeAt(const TimeRange& range, std::int64_t now_ms);

inline constexpr std::int64_t kRangePointsMax = 11'000;  // Of one series, as in Prometheus.
inline constexpr std::size_t kRangeValuesMax = 11'000;   // Of all series of an answer: conditions are evaluated on the loop.

// The word of `Metric::address` for it.
std::string_view WordOf(const Question& question);

// The text of `Metric::query` for it, and back. kCorrupt when it is none.
std::string WriteQuestion(const Question& question);
Result<Question> ReadQuestion(std::string_view word, std::string_view text);

// Host and port of a URL, "example.com:443": who is asked. kInvalid unless it is http or https with a host.
Result<std::string> HostOf(std::string_view url);

}  // namespace tuesday::analysis
