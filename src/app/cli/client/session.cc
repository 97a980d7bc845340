// SPDX-License-Identifier: Apache-2.0
#include "app/cli/client/session.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "adapters/http/client.h"
#include "wire/api/status.h"

namespace tuesday::cli {
namespace {

// Longer than the daemon needs for anything, an image included that is pulled from afar.
constexpr Duration kAnswerTimeMax = std::chrono::minutes(15);
constexpr std::size_t kTokenFileBytesMax = 4096;
// The daemon sends a comment every 15 s.
constexpr Duration kQuietMax = std::chrono::seconds(40);

Result<Json> JsonOf(const http::HttpResponse& response) {
  Result<Json> json = ParseJson(response.body);
  if (response.status >= 200 && response.status < 300) return json;
  if (json.has_value() && json->At("error").as_object() != nullptr) {
    const Json& error = json->At("error");
    return Fail(api::ErrorCodeOf(error.At("code").StringOr("")), error.At("message").StringOr(""),
                error.At("hint").StringOr(""));
  }
  return Fail(ErrorCode::kUnavailable, fmt::format("The daemon answered with status {}.", response.status));
}

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

// The caller's token; empty when he has none.
Result<std::string> OwnToken() {
  const std::string path = Environment("TUESDAY_TOKEN_FILE");
  if (path.empty()) return Environment("TUESDAY_TOKEN");
  struct stat status{};
  if (stat(path.c_str(), &status) == 0 && (status.st_mode & 077) != 0) {
    return Fail(ErrorCode::kDenied, fmt::format("Others may read the token in {}.", path), "Run: chmod 600 " + path);
  }
  TRY(std::string token, ReadInput(path, kTokenFileBytesMax));
  while (token.ends_with('\n') || token.ends_with('\r') || token.ends_with(' ')) token.pop_back();
  return token;
}

Result<http::HttpClient> Connect(const std::string& address, const std::string& ca_file) {
  http::ClientTrust trust{.ca_file = ca_file, .token = {}};
  if (!address.starts_with("unix:")) {
    TRY(trust.token, OwnToken());
  }
  return http::HttpClient::To(address, std::move(trust));
}

}  // namespace

int ExitCodeOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUnavailable: return kExitUnreachable;
    case ErrorCode::kConflict:
    case ErrorCode::kStale:
    case ErrorCode::kDenied:
    case ErrorCode::kCorrupt:
    case ErrorCode::kInternal: return kExitFail;
    case ErrorCode::kInvalid:
    case ErrorCode::kNotFound:
    case ErrorCode::kLimit:
    case ErrorCode::kUnsupported: return kExitInvalid;
  }
  return kExitFail;
}

int ReportError(const Error& error, const Globals& globals) {
  if (globals.json) {
    PrintJson(api::ErrorJson(error));
  } else {
    std::fprintf(stderr, "%s\n", ErrorText(error).c_str());
  }
  return ExitCodeOf(error.code);
}

void PrintJson(const Json& json) {
  std::puts(PrettyJson(json).c_str());
  std::fflush(stdout);
}

std::string DefaultStateDir() {
  if (geteuid() == 0) return "/var/lib/tuesday";
  if (const char* base = std::getenv("XDG_STATE_HOME"); base != nullptr && *base != '\0') return std::string(base) + "/tuesday";
  const char* home = std::getenv("HOME");
  return std::string(home == nullptr ? "" : home) + "/.local/state/tuesday";
}

std::string StateDirOf(const Globals& globals) { return globals.state_dir.empty() ? DefaultStateDir() : globals.state_dir; }

Daemon::Daemon(const Globals& globals)
    : address_(globals.server.empty() ? "unix:" + StateDirOf(globals) + "/sock" : globals.server), ca_file_(globals.ca_file) {}

Result<Json> Daemon::Get(const std::string& path) const {
  TRY(http::HttpClient client, Connect(address_, ca_file_));
  TRY(const http::HttpResponse response,
      client.Send({.method = "GET", .target = path, .headers = {}, .body = {}}, kAnswerTimeMax));
  return JsonOf(response);
}

Result<std::string> Daemon::GetText(const std::string& path) const {
  TRY(http::HttpClient client, Connect(address_, ca_file_));
  TRY(http::HttpResponse response, client.Send({.method = "GET", .target = path, .headers = {}, .body = {}}, kAnswerTimeMax));
  if (response.status == 200) return std::move(response.body);
  const Result<Json> refused = JsonOf(response);
  if (!refused.has_value()) return std::unexpected(refused.error());
  return Fail(ErrorCode::kInternal, "The daemon gave an answer that is no text.");
}

Result<Json> Daemon::Post(const std::string& path, const Json& body) const { return Post(path, body, kAnswerTimeMax); }

Result<Json> Daemon::Post(const std::string& path, const Json& body, Duration answer_time_max) const {
  TRY(http::HttpClient client, Connect(address_, ca_file_));
  TRY(const http::HttpResponse response,
      client.Send(
          {.method = "POST", .target = path, .headers = {{"Content-Type", "application/json"}}, .body = CanonicalJson(body)},
          answer_time_max));
  return JsonOf(response);
}

Result<void> Daemon::Watch(const std::string& path, const std::function<bool(const Json&)>& take) const {
  TRY(http::HttpClient client, Connect(address_, ca_file_));
  std::optional<Error> unreadable;
  const http::ClientRequest request{.method = "GET", .target = path, .headers = {}, .body = {}};
  TRY(const http::HttpResponse response, client.Stream(request, kQuietMax, [&](const http::ServerEvent& event) {
    const Result<Json> json = ParseJson(event.data);
    if (!json.has_value()) {
      unreadable = json.error();
      return http::Reading::kStop;
    }
    return take(*json) ? http::Reading::kGoOn : http::Reading::kStop;
  }));
  if (unreadable.has_value()) return std::unexpected(*unreadable);
  if (response.status == 200) return {};
  const Result<Json> refused = JsonOf(response);
  if (!refused.has_value()) return std::unexpected(refused.error());
  return {};
}

std::string UrlEscape(std::string_view text) { return http::EncodeUrlPart(text); }

std::string RolloutPath(const Globals& globals, std::string_view name, std::string_view tail) {
  return fmt::format("/v1/namespaces/{}/rollouts/{}{}", UrlEscape(globals.ns), UrlEscape(name), tail);
}

Result<std::string> ReadInput(const std::string& path, std::size_t bytes_max) {
  const auto close = [](std::FILE* file) {
    if (file != stdin) std::fclose(file);
  };
  const std::unique_ptr<std::FILE, decltype(close)> file(path == "-" ? stdin : std::fopen(path.c_str(), "rb"), close);
  if (file == nullptr)
    return Fail(ErrorCode::kNotFound, fmt::format("{} cannot be read.", path), "Check the path and its permissions.");
  std::string text;
  char buffer[65536];
  while (const std::size_t read = std::fread(buffer, 1, sizeof(buffer), file.get())) {
    text.append(buffer, read);
    if (text.size() > bytes_max) return Fail(ErrorCode::kLimit, fmt::format("{} has more than {} bytes.", path, bytes_max));
  }
  if (std::ferror(file.get()) != 0)
    return Fail(ErrorCode::kNotFound, fmt::format("{} cannot be read.", path), "Is it a folder?");
  return text;
}

}  // namespace tuesday::cli
